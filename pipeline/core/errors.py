"""Errors a user can cause or meet before a run, each with its own exit code.

    PhotoproofError        10
    ├── ConfigError        11  policy, profile or column mapping: file, key, allowed values
    ├── RosterError        12  roster cannot be read or lacks a needed column
    ├── SourceError        13  photo or reference folder / archive cannot be used
    ├── ModelError         14  weights missing, damaged or not loadable
    ├── FetchError         15  weights or sample pictures could not be fetched
    ├── StoreError         16  output folder: locked, foreign, unwritable
    ├── InstallationError  17  the installation, or a package that brings measures, has a fault
    ├── ViolationsFound    18  `photoproof check`: a photo violates the standard
    ├── RegressionError    19  `photoproof regress`: a golden value or a floor is not met
    ├── IntakeStopped      20  the safety catch: what was found is too little or of another cohort
    ├── ManifestError      21  `photoproof manifest verify`: a folder is not what was checked
    └── StillHandedIn      22  `photoproof purge --student`: the inbox still holds the student

A bad *photo* is never an error: it is data, and becomes a finding. See `docs/errors.md`.
"""

from __future__ import annotations

from pipeline.core.catalogue import LOG_LANGUAGE, sentence
from pipeline.core.said import Said


class PhotoproofError(Exception):
    """A problem that stops the command, told in one sentence, with what to do about it.

    `str(error)`, `message` and `hint` are English, for logs and programs; what a person sees is
    `worded(error.message, lang)`.

    Args:
        key: Of the sentence in `[error]`, which names the file, the cell or the key, and of the
            advice in `[advice]`; or a sentence of somebody else's. Never an ID number.
        values: What stands in both.
    """

    exit_code = 10

    def __init__(self, key: str, hint: str = "", /, **values: object) -> None:
        ours = sentence("error", key, LOG_LANGUAGE) is not None
        self.message: str = Said(f"error.{key}", values) if ours else key
        if ours and sentence("advice", key, LOG_LANGUAGE) is not None:
            hint = Said(f"advice.{key}", values)
        self.hint = hint
        super().__init__(self.message)


class ConfigError(PhotoproofError):
    """A policy, profile or mapping file has a wrong key or value."""

    exit_code = 11


class RosterError(PhotoproofError):
    """The roster cannot be read or has no usable key column."""

    exit_code = 12


class SourceError(PhotoproofError):
    """A folder or archive of photos or references cannot be used at all."""

    exit_code = 13


class ModelError(PhotoproofError):
    """Weights are missing, damaged or cannot be loaded."""

    exit_code = 14


class FetchError(PhotoproofError):
    """Weights or sample pictures could not be fetched, or arrived with wrong bytes."""

    exit_code = 15


class StoreError(PhotoproofError):
    """The output folder is locked, belongs to something else, or cannot be written."""

    exit_code = 16


class InstallationError(PhotoproofError):
    """Something is wrong with the installation, or with a package that brings measures."""

    exit_code = 17


class ViolationsFound(PhotoproofError):  # noqa: N818 - an outcome, not a fault
    """`photoproof check` found a photo that violates the standard; the findings are printed."""

    exit_code = 18


class RegressionError(PhotoproofError):
    """`photoproof regress` found values of the golden set changed, beyond what its floors allow."""

    exit_code = 19


class IntakeStopped(PhotoproofError):  # noqa: N818 - a stop, not a fault
    """What was found is too far from what was to be expected; nothing has been written."""

    exit_code = 20


class ManifestError(PhotoproofError):
    """`photoproof manifest verify` found a folder that is not what was checked."""

    exit_code = 21


class StillHandedIn(PhotoproofError):  # noqa: N818 - an outcome, not a fault
    """A student was erased from what is ours, and the owner's files still hold the student."""

    exit_code = 22
