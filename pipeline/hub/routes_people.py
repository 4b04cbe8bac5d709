"""People: who has an account, what they may do, for which colleges; the administrator's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pipeline.core.errors import ConfigError
from pipeline.core.said import worded
from pipeline.desk.accounts import Role
from pipeline.desk.passwords import SHORTEST
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.desk.web.visits import RefusedError, hashing
from pipeline.hub.cohorts import known_colleges
from pipeline.hub.visits import AdministratorVisit, Visit
from pipeline.site import people
from pipeline.store.site_ledger import BY_SCHOOL, Person

router = APIRouter()
_SEVERAL = ("\n", "；", ";", "、", "，", ",")  # between colleges that are written
AskedName = Annotated[str, Query(max_length=100)]


class ScopeForm(BaseModel):
    """What somebody may do, and for whom."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(max_length=100)
    role: Role
    college: list[str] = Field(default_factory=list, max_length=200)
    others: str = Field("", max_length=4000)

    def colleges(self) -> list[str]:
        """Those that were ticked and those that were written."""
        text = self.others
        for between in _SEVERAL:
            text = text.replace(between, "\n")
        return [*self.college, *text.splitlines()]


class NewForm(ScopeForm):
    """A new account."""

    signs_in: str = Field("", max_length=20)
    password: str = Field("", max_length=1000)


@router.get("/people")
def show_people(
    request: Request, visit: AdministratorVisit, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Everybody with an account, and the form for another."""
    return _people(request, visit, done=done)


@router.post("/people")
async def add_person(
    request: Request, visit: AdministratorVisit, form: Annotated[NewForm, Form()]
) -> Response:
    """Make an account."""
    password = None if form.signs_in == BY_SCHOOL else form.password
    name = form.name.strip()

    def work() -> None:
        people.add(visit.ledger, name, form.role, form.colleges(), password, visit.who)

    if fault := await _fault(request, visit, work):
        return _people(request, visit, status=422, fault=fault, form=form)
    return go(request, "/people?done=added")


@router.get("/people/one")
def show_person(
    request: Request,
    visit: AdministratorVisit,
    name: AskedName,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One account."""
    return _one(request, visit, name, done=done)


@router.post("/people/change")
def change_person(
    request: Request, visit: AdministratorVisit, form: Annotated[ScopeForm, Form()]
) -> Response:
    """Give an account another role and scope."""
    try:
        people.change(visit.ledger, form.name, form.role, form.colleges(), visit.who)
    except ConfigError as error:
        return _one(request, visit, form.name, status=422, fault=worded(error.message, visit.lang))
    return go(request, "/people/one?" + urlencode({"name": form.name, "done": "changed"}))


@router.post("/people/password")
async def set_password(
    request: Request,
    visit: AdministratorVisit,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=1000)] = "",
    signs_in: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Give an account another password, or the school's sign-in; its owner is logged out."""
    given = None if signs_in == BY_SCHOOL else password

    def work() -> None:
        people.set_password(visit.ledger, name, given, visit.who)

    if fault := await _fault(request, visit, work):
        return _one(request, visit, name, status=422, fault=fault)
    return go(request, "/people/one?" + urlencode({"name": name, "done": "password"}))


@router.post("/people/remove")
def remove_person(
    request: Request, visit: AdministratorVisit, name: Annotated[str, Form(max_length=100)]
) -> Response:
    """Close an account at once."""
    try:
        people.remove(visit.ledger, name, visit.who)
    except ConfigError as error:
        return _one(request, visit, name, status=422, fault=worded(error.message, visit.lang))
    return go(request, "/people?done=removed")


async def _fault(request: Request, visit: Visit, work: Callable[[], None]) -> str:
    """Do what hashes a password; what was wrong with it, in words."""
    try:
        await hashing(request, work)
    except ConfigError as error:
        return worded(error.message, visit.lang)
    return ""


def _people(
    request: Request,
    visit: Visit,
    *,
    status: int = 200,
    done: str = "",
    fault: str = "",
    form: NewForm | None = None,
) -> Response:
    return page(
        request,
        "people",
        visit.session,
        status=status,
        people=visit.ledger.accounts.people(),
        done=done if done in ("added", "removed") else "",
        fault=fault,
        form=form,
        **_choices(visit),
    )


def _one(
    request: Request,
    visit: Visit,
    name: str,
    *,
    status: int = 200,
    done: str = "",
    fault: str = "",
) -> Response:
    person: Person | None = visit.ledger.accounts.person(name)
    if person is None:
        raise RefusedError(404, "not_found")
    return page(
        request,
        "person",
        visit.session,
        status=status,
        person=person,
        done=done if done in ("changed", "password") else "",
        fault=fault,
        **_choices(visit),
    )


def _choices(visit: Visit) -> dict[str, object]:
    return {
        "roles": list(Role),
        "colleges": known_colleges(visit.site),
        "least": SHORTEST,
        "by_school_offered": visit.site.login.by_school,
    }
