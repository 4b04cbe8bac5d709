"""Which files may be handed in, told by name and kind before a byte has come."""

from __future__ import annotations

from pipeline.core.errors import ConfigError
from pipeline.core.imagefile import PICTURES
from pipeline.core.privacy import masked_file_name
from pipeline.site.config import Site
from pipeline.site.deliveries import PHOTOS, REFERENCES, ROSTER, reference_kinds
from pipeline.source.found import ARCHIVES, is_junk, suffix

_LONGEST, _DEEPEST = 200, 12  # bytes of a name, folders in folders


def fit_name(name: str, kind: str) -> str:
    """A name as it is kept: no way out of the folder, nothing that a system could not show.

    Raises:
        ConfigError: It is not fit.
    """
    parts = [part for part in name.split("/") if part]
    if kind == ROSTER:
        parts = parts[-1:]
    fit = 0 < len(parts) <= _DEEPEST and not is_junk(parts)
    for part in parts:
        fit = fit and part.isprintable() and "\\" not in part and part.strip() == part
        fit = fit and len(part.encode("utf-8", "replace")) <= _LONGEST
    if not fit:
        raise ConfigError("upload_name", name=shown(name)[:80])
    return "/".join(parts)


def fit_kind(site: Site, cohort: str, kind: str, name: str) -> None:
    """See that a file can be what it is handed in as.

    Raises:
        ConfigError: It cannot.
    """
    ending = suffix(name)
    if kind == ROSTER:
        if ending in PICTURES or ending in ARCHIVES:
            raise ConfigError("upload_no_roster", name=shown(name))
        return
    if kind not in kinds_of(site, cohort):
        raise ConfigError("upload_kind", name=shown(name))
    scan = ending == ".pdf" and kind != PHOTOS
    if ending in ARCHIVES and ending != ".zip":
        raise ConfigError("upload_packed_otherwise", name=shown(name))
    if ending not in PICTURES and ending != ".zip" and not scan:
        raise ConfigError("upload_no_picture", name=shown(name))


def kinds_of(site: Site, cohort: str) -> tuple[str, ...]:
    """What a file may be handed in as: "roster", "photos", "references/KIND"."""
    kinds = (f"{REFERENCES}/{kind}" for kind in reference_kinds(site, cohort))
    return (ROSTER, PHOTOS, *kinds)


def shown(name: str) -> str:
    """A file's name for people; an ID number in it is masked, and what no system shows."""
    return masked_file_name(name.encode("utf-8", "replace").decode())
