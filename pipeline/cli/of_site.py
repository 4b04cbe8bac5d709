"""`--site` of every command: a cohort's name where a run is asked for, and what its site says.

A command's own options go before what the site's file says of them. Without `--site` the file is
found as `photoproof nightly` finds it; where there is none, nothing changes for anybody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from pipeline.core.errors import ConfigError
from pipeline.site.place import site_file

if TYPE_CHECKING:
    from pipeline.site.config import Cohort, Site

_NAMED: ContextVar[Path | None] = ContextVar("site", default=None)  # what `--site` says


def run_folder(text: str) -> Path:
    """The run that is meant: its output folder, or the name of a cohort of the site.

    Where `--site` is given a name means its cohort; where not, a folder that holds a run goes
    before one.

    Raises:
        ConfigError: `--site` has no such cohort, and there is no such folder.
    """
    site = None if _holds_run(text) and _NAMED.get() is None else _site_of(text)
    if site is None:
        return Path(text)
    if text in site.cohorts:
        return site.run_of(text)
    if _NAMED.get() is None or Path(text).is_dir():
        return Path(text)
    raise no_cohort(site, text)


_RUN = typer.Argument(metavar="RUN", parser=run_folder)

RunFolder = Annotated[Path, _RUN]
RunFolders = Annotated[list[Path], typer.Argument(metavar="RUN...", parser=run_folder)]
AnyRunFolders = Annotated[list[Path] | None, typer.Argument(metavar="[RUN]...", parser=run_folder)]
RunOption = Annotated[
    Path,
    typer.Option("--run", parser=run_folder),
]


def this_site() -> Site:
    """The site's file, read.

    Raises:
        ConfigError: There is none, or it has a fault.
    """
    from pipeline.site.config import find_site, load_site

    return load_site(find_site(_NAMED.get()))


def site_if_any() -> Site | None:
    """The same; None where no file is named and none is found.

    Raises:
        ConfigError: The file that is named is not there, or what is found has a fault.
    """
    return None if site_file(_NAMED.get()) is None else this_site()


def runs_of_site() -> list[Path]:
    """The runs of all its cohorts that have had a night; none where there is no site."""
    site = site_if_any()
    found = [site.run_of(name) for name in site.cohorts] if site else []
    return [run for run in found if _holds_run(str(run))]


def no_cohort(site: Site, name: str) -> ConfigError:
    """What is said of a name that is no cohort's."""
    return ConfigError("no_cohort", cohort=name[:60], names=tuple(site.cohorts))


def _options(
    site: Annotated[
        Path | None,
        typer.Option("--site", metavar="FILE"),
    ] = None,
    cohort: Annotated[
        str | None,
        typer.Option("--cohort", metavar="NAME"),
    ] = None,
) -> None:
    """Their only use is to be taken apart: options that `OfSite` gives to commands."""


@cache
def _given_options() -> list[Any]:
    apart = typer.Typer(add_completion=False)
    apart.command()(_options)
    options: list[Any] = [p for p in typer.main.get_command(apart).params if p.name != "help"]
    for option in options:
        option.expose_value = False  # to the command's function
    return options


class OfSite(TyperCommand):
    """A command that knows `--site`, and `--cohort` where a cohort can say more than its run."""

    def __init__(self, name: str | None, *, params: Any = None, **more: Any) -> None:
        own = {param.name for param in params or ()}
        wanted = {"site"} | (
            {"cohort"} if "policy" in own and not _one_run(params or ()) else set()
        )
        added = [p for p in _given_options() if p.name in wanted]
        super().__init__(name, params=[*(params or ()), *added], **more)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what the site says for what is not given, then parse as ever."""
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        named = given.get("site")
        _NAMED.set(Path(named) if named else None)
        if not (given.get("help") or ctx.resilient_parsing):
            ctx.default_map = self._said(given)
        return super().parse_args(ctx, args)

    def _said(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """By parameter's name, what the site says."""
        names = {param.name for param in self.params if param.expose_value}
        run = _one_run(self.params)
        cohort, meant = str(given.get("cohort") or ""), str(given.get(run) or "") if run else ""
        if not (_NAMED.get() or cohort or meant or names & _SITES_OWN):
            return {}
        site = this_site() if cohort else site_if_any()
        if site is None:
            return {}
        if cohort and cohort not in site.cohorts:
            raise no_cohort(site, cohort)
        if meant in site.cohorts and run_folder(meant) == site.run_of(meant):
            cohort = meant
        return dict(_of_site(site, names)) | dict(_of_cohort(site, cohort, names))


_SITES_OWN = {"lang", "workers", "proxies", "extra", "school"}
_DAY = ("when", "where", "by", "contact")
_DESK = ("host", "port", "path", "tls_cert", "tls_key", "proxies", "head_file")


def _of_site(site: Site, names: set[Any]) -> Iterator[tuple[str, Any]]:
    yield "lang", site.lang
    yield "workers", str(site.nightly.workers)
    yield "school", site.name
    for name in _DAY:
        yield name, getattr(site.reshoot, name)
    if "extra" in names:  # of `models pull`
        yield "extra", optional_parts(site)
    if "proxies" in names:  # the desk's own command
        for name in _DESK:
            value = getattr(site.desk, name)
            if name == "head_file":
                value = site.audit.head_file or value
            if isinstance(value, Path):
                value = str(site.path(value))
            yield name, list(value) if isinstance(value, tuple) else value


def _of_cohort(site: Site, name: str, names: set[Any]) -> Iterator[tuple[str, Any]]:
    if not name:
        return
    cohort = site.cohorts[name]
    one = {"policy": cohort.policy}
    many: dict[str, Any] = {"proofs": cohort.proofs}
    if "roster" in names:  # it reads what has come in
        one["columns"] = cohort.columns
        many |= {"roster": cohort.roster, "photos": cohort.photos, "opt_out": cohort.opt_out}
        yield "references", _references(site, cohort)
        yield "out", str(site.run_of(name))
    yield "profile", site.profile_of(name)
    yield "search", cohort.search_owner
    yield from ((key, str(site.path(path))) for key, path in one.items() if path is not None)
    yield from ((key, [str(site.path(p)) for p in paths]) for key, paths in many.items() if paths)


def _references(site: Site, cohort: Cohort) -> list[str]:
    return [
        f"{kind}={site.path(path)}" for kind, paths in cohort.references.items() for path in paths
    ]


def optional_parts(site: Site) -> list[str]:
    """What cohorts compare or read cards by, where its weights only come when asked for."""
    from models import manifest
    from pipeline.core.policy import load_policy
    from pipeline.night.rules import parts_of

    optional = {asset.part for asset in manifest.weights() if asset.optional}
    wanted: set[str] = set()
    for cohort in site.cohorts.values():
        own = None if cohort.policy is None else site.path(cohort.policy)
        wanted.update(parts_of(load_policy(own)))
    return sorted(wanted & optional)


def _one_run(params: Any) -> str | None:
    """The name of the parameter that names the one run of a command."""
    names = [
        str(param.name)
        for param in params
        if param.nargs == 1 and not param.multiple and _parser(param) is run_folder
    ]
    return names[0] if len(names) == 1 else None


def _parser(param: Any) -> Any:
    described = getattr(param, "type_descriptor", None)  # `--help` has none
    return described and described.parameter_info.parser


def _holds_run(text: str) -> bool:
    from pipeline.night.folder import DATABASE

    return (Path(text) / DATABASE).is_file()


def _site_of(text: str) -> Site | None:
    """The site to ask for a cohort of this name; none of a path, unless one is named."""
    looks_like_path = os.sep in text or text in (".", "..")
    return None if looks_like_path and _NAMED.get() is None else site_if_any()
