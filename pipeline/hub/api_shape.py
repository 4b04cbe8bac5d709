"""What calls of `/api` look like: their answers and refusals, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.said import said, worded
from pipeline.core.words import Language
from pipeline.hub.handed import PICTURE

_Number = float | str | None


class _InWords(BaseModel):
    """Languages beyond these two come as further keys."""

    model_config = ConfigDict(extra="allow")


class Finding(_InWords):
    """One thing that the photo standard or a reader would object to."""

    code: str
    severity: str = Field(description="advice, review or flag")
    value: _Number
    limit: str
    unit: str
    clause: str
    zh: str
    en: str


class Measured(_InWords):
    """One measured value, or why there is none."""

    value: _Number
    unit: str
    error: str = ""
    component: float | None = Field(None, description="ISO/IEC 29794-5, 0 to 100")


class Answer(BaseModel):
    """What `photoproof check --json` says of a photo."""

    photo: str = Field(description="the file's name, numbers in it masked")
    violated: bool
    turn_cw: int | None = Field(description="clockwise quarter turn that makes it upright")
    findings: list[Finding] = Field(description="worst first")
    measures: dict[str, Measured]


class Refusal(BaseModel):
    """Why a call was not answered."""

    error: str = Field(description="a key that does not change")
    zh: str
    en: str


def told(key: str, lang: Language, **values: object) -> str:
    """A sentence of the interface."""
    return worded(said(f"api.{key}", **values), lang)


_WORDS = {
    "profile": {"type": "string", "maxLength": 200, "description": told("profile", "en")},
    "cohort": {"type": "string", "maxLength": 200, "description": told("cohort", "en")},
}
_PICTURE = {"type": "string", "format": "binary"}
_FORM = {
    "type": "object",
    "properties": {PICTURE: _PICTURE, **_WORDS},
    "required": [PICTURE],
}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _FORM},
        "image/jpeg": {"schema": _PICTURE},
        "application/octet-stream": {"schema": _PICTURE},
    },
}
PARAMETERS: list[dict[str, Any]] = [
    {"name": name, "in": "query", "required": False, "schema": schema}
    for name, schema in _WORDS.items()
]
# Every refusal by its status; the first of each stands in the OpenAPI document.
REFUSED: dict[int, tuple[str, ...]] = {
    400: ("gone",),
    401: ("no_token",),
    408: ("too_slow",),
    413: ("too_large",),
    415: ("wrong_kind",),
    422: ("no_picture", "misunderstood", "no_cohort", "no_profile"),
    429: ("too_often",),
    503: ("busy", "unavailable"),
}


def refusals() -> dict[int | str, dict[str, Any]]:
    """Every refusal by its status, as FastAPI describes responses."""
    return {
        status: {"model": Refusal, "description": told(keys[0], "en", mb="N")}
        for status, keys in REFUSED.items()
    }
