"""The desk itself: queue, case, pictures, answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from pipeline.desk.accounts import Role
from pipeline.desk.cases import answers, bulk, queue
from pipeline.desk.cases.answers import Given, NotNowError
from pipeline.desk.cases.queue import PAGE, Filters
from pipeline.desk.cases.shown import fitting_files, hidden_from, show, slots_of
from pipeline.desk.cases.verdicts import FEATURES, FeatureAnswer, Remedy, State, Verdict
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.desk.web.visits import AnyVisit, JudgeVisit, RefusedError, Visit
from pipeline.store.items import Item

router = APIRouter()
_MOST_PAGES = 10_000


async def filters(  # not in a thread of its own: it only puts words together
    reason: Annotated[str, Query(max_length=40)] = "",
    college: Annotated[str, Query(max_length=200)] = "",
    class_name: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[Literal["mine", "given", "all"] | State, Query()] = "mine",
    q: Annotated[str, Query(max_length=100)] = "",
) -> Filters:
    """The filters in an address."""
    return Filters(reason, college, class_name, state or "mine", q.strip())


Chosen = Annotated[Filters, Depends(filters)]


class AnswerForm(BaseModel):
    """What the case page's form sends."""

    model_config = ConfigDict(extra="ignore")

    verdict: Verdict

    @model_validator(mode="before")
    @classmethod
    def _with_remedy(cls, form: Any) -> Any:
        """An answer that says what is to be done, "other+reshoot", taken apart."""
        verdict, plus, measure = str(form.get("verdict", "")).partition("+")
        return {**form, "verdict": verdict, "measure": measure} if plus else form

    unsure: bool = False
    measure: Remedy | Literal[""] = ""
    comment: str = Field("", max_length=2000)
    known_good: bool = False
    ears: FeatureAnswer = ""
    moles: FeatureAnswer = ""
    brows: FeatureAnswer = ""
    nose: FeatureAnswer = ""
    chin: FeatureAnswer = ""

    def given(self) -> Given:
        """As the ledger keeps it."""
        told: dict[str, FeatureAnswer] = {name: getattr(self, name) for name in FEATURES}
        return Given(
            self.verdict,
            not self.unsure,
            self.measure or None,
            {name: answer for name, answer in told.items() if answer},
            self.comment.strip(),
            self.known_good,
        )


async def asked_item(visit: JudgeVisit, case: str) -> Item:  # found at once, by its key
    """The case in an address. Raises RefusedError: 404 where there is none."""
    item = visit.desk.item(case)
    if item is None:
        raise RefusedError(404, "not_found")
    return item


AskedItem = Annotated[Item, Depends(asked_item)]


Who = Annotated[str, Query(max_length=100)]  # whom somebody looks for, to give a photo to


@router.get("/")
def show_queue(
    request: Request,
    visit: AnyVisit,
    chosen: Chosen,
    number: Annotated[int, Query(alias="page", ge=1, le=_MOST_PAGES)] = 1,
) -> Response:
    """One page of the queue; who does not judge is led to what they read."""
    if visit.session.role is Role.AUDITOR:
        return go(request, "/audit")
    found, total = queue.page(visit.desk, chosen, visit.asker, number)
    who = visit.session.who
    rows = [
        (item, hidden_from(visit.desk, item, who), fitting_files(visit.desk, item))
        for item in found
    ]
    return page(
        request,
        "queue",
        visit.session,
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // PAGE)),
        chosen=chosen,
        counts={name: queue.counts(visit.desk, chosen, visit.asker, name) for name in queue.FIELDS},
        waiting=queue.waiting(visit.desk, visit.asker),
        together=len(bulk.waiting(visit.desk, visit.asker)),
        intake=None if visit.desk.scoped else visit.desk.run.intake,
        run=visit.desk.run,
        at_work=visit.desk.at_work,
    )


@router.get("/case/{case}")
def show_case(
    request: Request, visit: JudgeVisit, item: AskedItem, chosen: Chosen, who: Who = ""
) -> Response:
    """A case with everything around it."""
    return case_page(request, visit, item, chosen, "case", asked=who)


@router.get("/case/{case}/sheet")
def show_sheet(
    request: Request, visit: JudgeVisit, item: AskedItem, chosen: Chosen, who: Who = ""
) -> Response:
    """A case alone, for the script to put in the place of another."""
    return case_page(request, visit, item, chosen, "sheet", asked=who)


@router.get("/case/{case}/picture/{number}")
def picture(visit: JudgeVisit, item: AskedItem, number: int) -> Response:
    """One picture. Who sees a face is on record, each time."""
    hidden = hidden_from(visit.desk, item, visit.session.who)
    shown = slots_of(visit.desk, item, visit.desk.case(item), hidden)
    if not 0 <= number < len(shown):
        raise RefusedError(404, "not_found")
    slot = shown[number]
    visit.desk.ledger.record(visit.session.who, "face_seen", item.answers_key, picture=slot)
    return Response(visit.desk.picture(item, slot), media_type="image/jpeg")


@router.get("/next")
def follow(
    request: Request,
    visit: JudgeVisit,
    chosen: Chosen,
    after: Annotated[str, Query(max_length=40)] = "",
    backwards: bool = False,
) -> Response:
    """The next case of these filters."""
    previous = visit.desk.item(after) if after else None
    item = queue.following(visit.desk, chosen, visit.asker, previous, backwards)
    scripted = "x-desk" in request.headers
    if item is None:
        return Response(status_code=204) if scripted else go(request, "/")
    if scripted:
        return case_page(request, visit, item, chosen, "sheet")
    return go(request, f"/case/{item.id}?{chosen.query()}")


@router.get("/student/{subject}")
def find(request: Request, visit: JudgeVisit, subject: str) -> Response:
    """The case of a student's number, which is how the report links here."""
    item = visit.desk.student(subject)
    if item is None:
        raise RefusedError(404, "not_found")
    return go(request, f"/case/{item.id}")


@router.post("/case/{case}/answer")
def answer(
    request: Request,
    visit: JudgeVisit,
    item: AskedItem,
    chosen: Chosen,
    form: Annotated[AnswerForm, Form()],
) -> Response:
    """Record an answer; what was hidden is shown now."""
    was_hidden = hidden_from(visit.desk, item, visit.session.who)
    answers.give(visit.desk, item, visit.session.who, visit.session.role, form.given())
    return changed(request, visit, item, chosen, revealed=was_hidden)


@router.post("/case/{case}/step/{kind}")
def step(
    request: Request,
    visit: JudgeVisit,
    item: AskedItem,
    chosen: Chosen,
    kind: Literal["handled", "closed"],
) -> Response:
    """Say that what was to be done has been done."""
    try:
        answers.step(visit.desk, item, visit.session.who, kind)
    except NotNowError as error:
        raise RefusedError(409, "not_now") from error
    return changed(request, visit, item, chosen)


@router.post("/undo")
def undo(request: Request, visit: JudgeVisit, chosen: Chosen) -> Response:
    """Take back one's own last answer."""
    item = answers.undo(visit.desk, visit.session.who)
    if item is None:
        raise RefusedError(409, "nothing_to_undo")
    return changed(request, visit, item, chosen)


def changed(
    request: Request, visit: Visit, item: Item, chosen: Filters, *, revealed: bool = False
) -> Response:
    """The case after something was recorded: its page, or for the script its sheet, if wanted."""
    wanted = request.headers.get("x-desk")
    if wanted is None:
        return go(request, f"/case/{item.id}?{chosen.query()}")
    if wanted == "nothing":
        waiting = queue.waiting(visit.desk, visit.asker)
        return Response(status_code=204, headers={"x-waiting": str(waiting)})
    fresh = visit.desk.item(item.id)
    assert fresh is not None
    return case_page(request, visit, fresh, chosen, "sheet", revealed=revealed)


def case_page(
    request: Request,
    visit: Visit,
    item: Item,
    chosen: Filters,
    name: str,
    *,
    revealed: bool = False,
    asked: str = "",
) -> Response:
    """A case as its page, or as the sheet alone."""
    shown = show(visit.desk, item, visit.session.who, visit.lang, asked.strip())
    extent = "student only" if shown.hidden else "everything"
    visit.desk.ledger.record(visit.session.who, "case_seen", item.answers_key, shown=extent)
    return page(
        request,
        name,
        visit.session,
        shown=shown,
        item=item,
        chosen=chosen,
        revealed=revealed,
        waiting=queue.waiting(visit.desk, visit.asker),
        asked=asked,
        remedies=list(Remedy),
        features=FEATURES,
    )
