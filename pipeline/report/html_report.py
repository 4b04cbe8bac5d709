"""`report.html`: one file that opens offline, in any browser of the last years.

The page streams. Head and summary come from the run. One JSON block a student follows; `report.js`
reads it and draws a card when it comes into view. The charts come last, because their numbers are
counted while the students go by. Pictures sit in blocks of their own, parsed only when drawn.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from pipeline.core.errors import ConfigError
from pipeline.core.moments import local_minute
from pipeline.core.policy import Profile, load_profile
from pipeline.core.privacy import masked_sentence
from pipeline.core.reasons import kind_name
from pipeline.core.scale import LINES
from pipeline.core.types import PHOTO, Case, Decision
from pipeline.core.words import DEFAULT_LANGUAGE, Language, remark_text, value_word, word, words
from pipeline.report import plots, score
from pipeline.report.files import replacing
from pipeline.report.guides import guides_of
from pipeline.report.pictures import Room
from pipeline.report.view import SYMBOLS, card, profile_title
from pipeline.source.balance import MAX_NAMED
from pipeline.store import RunSummary


def write_html(
    run: RunSummary,
    cases: Iterable[Case],
    path: Path,
    lang: Language = DEFAULT_LANGUAGE,
    part: str = "",
) -> None:
    """Write the report of one run.

    Args:
        run: The run's summary.
        cases: Consumed once, in the order of the roster.
        path: Where to put it.
        lang: Language of everything but the registry's category names.
        part: The college whose page it is; such a page lies in a folder beside its index.

    Raises:
        StoreError: If the file cannot be written.
    """
    room = Room.of(run)
    tally = plots.ScoreTally(run.thresholds)
    page = environment().get_template("report.html.jinja")
    stream = page.generate(
        **head_of(run, lang),
        part=part,
        late_facts=_late_facts(run, lang),
        strays=sum(run.counts.strays.values()),
        **_intake(run, lang),
        decisions=_shares(run, lang),
        categories=_named(run.counts.category, "category", lang),
        reasons=_named(run.counts.reasons, "reason", lang),
        remarks=[masked_sentence(remark_text(remark, lang)) for remark in run.remarks],
        omitted=not room.everyone,
        details=_details(run, lang),
        config=_json(_config(run, lang)),
        data=_blocks(cases, tally, room, lang, run),
        # A function: only after the last student are the scores counted.
        score_charts=lambda: _score_charts(tally, run, lang),
        stage_chart=plots.stage_chart(run.stages, lang) if run.stages else "",
        css=inline("report.css"),
        js=_script(),
        js_hash=b64encode(sha256(_script().encode()).digest()).decode(),
    )
    with (
        replacing(path) as temporary,
        # A file name that is not UTF-8 arrives with lone surrogates: JSON spells them so.
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out,
    ):
        out.writelines(stream)


def head_of(run: RunSummary, lang: Language) -> dict[str, Any]:
    """What the head of a page needs, of a run or of a college's part of it."""
    return {
        "html_lang": words("language", lang)["html"],
        "t": words("report", lang),
        "facts": _facts(run, lang),
        "sum": _sum(run, lang),
        "symbols": SYMBOLS,
    }


@cache
def environment() -> Environment:
    """Templates with everything escaped; an unknown name in one is an error."""
    return Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def inline(name: str) -> Markup:
    """A style sheet or script of ours, to be placed as it is."""
    return Markup(files("pipeline.report").joinpath("templates", name).read_text("utf-8"))  # noqa: S704


def _script() -> Markup:
    """The page's only script; its Content-Security-Policy lets no other run."""
    return Markup("").join(map(inline, ("guides.js", "decide.js", "views.js", "report.js")))


def _json(data: object) -> Markup:
    """JSON that no HTML parser can leave: <, >, &, ' and the two line separators escaped."""
    text = htmlsafe_json_dumps(
        data, dumps=partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    )
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _blocks(
    cases: Iterable[Case],
    tally: plots.ScoreTally,
    room: Room,
    lang: Language,
    run: RunSummary,
) -> Iterator[Markup]:
    """The students' data and, for those who get them, pictures; counts the scores in passing."""
    student = Markup('<script type="application/json" class="case">{}</script>\n')
    pictures = Markup('<script type="application/json" id="pictures-{}">{}</script>\n')
    standard = _standard(run)
    for number, case in enumerate(cases):
        tally.add(case.comparisons)
        told = card(score.on_scale(case, run.thresholds), lang)
        shown = room.pictures(case)
        if "scores" in told:
            told["scores"] = [score.placed(s, run.thresholds, lang) for s in told["scores"]]
        if "photo" in shown:
            told["guides"] = guides_of(
                case.measurements, case.assessment.findings, standard
            ).as_json()
        yield student.format(_json(told))
        if shown:
            encoded = {slot: b64encode(jpeg).decode() for slot, jpeg in shown.items()}
            yield pictures.format(number, _json(encoded))


def _standard(run: RunSummary) -> Profile | None:
    """The run's photo standard; None where a school's own file is no longer there."""
    try:
        return load_profile(run.profile)
    except ConfigError:
        return None


def _score_charts(
    tally: plots.ScoreTally, run: RunSummary, lang: Language
) -> list[tuple[str, Markup, str, str]]:
    """Title, chart, what the lines mean and how they came about, for every reference kind."""
    return [
        (
            kind_name(kind, lang),
            plots.score_chart(kind, bars, run.thresholds, run.non_mated.get(kind, ()), lang),
            score.meaning(run, kind, lang),
            score.how(run, kind, lang),
        )
        for kind, bars in sorted(tally.bars.items())
    ]


def _facts(run: RunSummary, lang: Language) -> list[tuple[str, str]]:
    """What the head of the page says about the run."""
    t = words("report", lang)
    return [
        (t["finished"], local_minute(run.finished)),
        (t["profile"], profile_title(_standard(run), run.profile, lang)),
    ]


def _sum(run: RunSummary, lang: Language) -> str:
    """The decisions as a sum that gives all students, and the files that are none."""
    t, strays = words("report", lang), sum(run.counts.strays.values())
    counts = {d.name: run.counts.decision.get(d.value, 0) for d in Decision}
    told = t["sum"].format(students=run.students, **counts)
    return f"{told} {t['sum_strays'].format(strays=strays)}" if strays else told


def _late_facts(run: RunSummary, lang: Language) -> list[tuple[str, str]]:
    """What is told at the end of the page."""
    t = words("report", lang)
    return [
        (t["duration"], _duration(run.seconds, t)),
        (t["speed"], f"{run.students_per_second:.1f} {t['speed_unit']}"),
        (t["workers"], str(run.workers)),
        (t["version"], f"photoproof {run.photoproof}"),
    ]


def _duration(seconds: float, t: Mapping[str, str]) -> str:
    """Hours and minutes, minutes and seconds, or seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} {t['hours']} {left} {t['minutes']}"
    if minutes:
        return f"{minutes} {t['minutes']} {rest} {t['seconds']}"
    return f"{seconds:.1f} {t['seconds']}"


def _shares(run: RunSummary, lang: Language) -> list[tuple[str, str, int, float]]:
    """Decision, its word, count and share in percent; worst first."""
    counts, shares = run.counts.decision, run.counts.shares
    return [
        (d, word("decision", d, lang), counts.get(d, 0), shares.get(d, 0.0))
        for d in reversed(Decision)
    ]


def _intake(run: RunSummary, lang: Language) -> dict[str, Any]:
    """The balance of roster and files, in words; empty for a run that is older than it."""
    told = run.intake
    t, fates = words("intake", lang), words("fate", lang)
    return {
        "intake": told,
        "i": t,
        "fates": list(fates.items()),
        "balance": [
            (t["photo"] if kind == PHOTO else kind_name(kind, lang), counts)
            for kind, counts in told.get("files", {}).items()
        ],
        "left": [
            (fates[fate], [(name, value_word(why, lang), keys) for name, why, keys in files])
            for fate, files in told.get("left", {}).items()
            if files
        ],
        "lacking": told.get("missing_references", ()),
        "most": MAX_NAMED,
    }


def _named(counts: Mapping[str, int], section: str, lang: Language) -> list[tuple[str, str, int]]:
    """Key, word and count of one table of counts; most frequent first."""
    ranked = sorted(counts.items(), key=lambda entry: -entry[1])
    return [(key, word(section, key, lang), count) for key, count in ranked]


def _details(run: RunSummary, lang: Language) -> list[tuple[str, str]]:
    """The foldable rest, for whoever must reproduce the run."""
    t = words("report", lang)
    return [
        (t[key], json.dumps(_without_prose(table), ensure_ascii=False, indent=2))
        for key, table in (
            ("thresholds", run.thresholds),
            ("models", run.models),
            ("policy", run.policy),
            ("versions", run.versions),
        )
        if table
    ]


def _without_prose(table: Any) -> Any:
    """A table for those who reproduce a run, without sentences that are told elsewhere in words."""
    if not isinstance(table, Mapping):
        return table
    return {key: _without_prose(v) for key, v in table.items() if key != "provenance"}


def _config(run: RunSummary, lang: Language) -> dict[str, Any]:
    """What the scripts need besides the students.

    `run` is the identity that decisions made on the page carry, `desk` where links to cases lead;
    runs that have none are shown without.
    """
    return {
        "words": words("report", lang),
        "comma": words("style", lang)["comma"],
        "symbols": SYMBOLS,
        "decisions": words("decision", lang),
        "categories": words("category", lang),
        "reasons": words("reason", lang),
        "verdicts": words("verdict", lang),
        "measures": words("remedy", lang),
        "lines": LINES,
        "run": run.identity,
        "desk": run.review.get("desk", "").rstrip("/"),
    }
