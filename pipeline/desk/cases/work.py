"""The work list: which lines are wanted, and each in words, for page, print and table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from pipeline.core.moments import local_day
from pipeline.core.words import Language, word, words
from pipeline.desk.cases.oversight import Work
from pipeline.desk.cases.verdicts import Need, Verdict
from pipeline.store.items import State

COLUMNS = ("college", "class", "number", "name", "doing", "since", "registry", "staff", "student")
SAID, SILENT = "said", "silent"  # what a filter asks of the registry


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which lines; what is "" excludes none.

    Attributes:
        registry: `said`, `silent`, or one of its own words.
        q: Part of a name or number.
    """

    state: str = ""
    college: str = ""
    class_name: str = ""
    registry: str = ""
    q: str = ""

    def query(self) -> str:
        """As the query of an address."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def of(self, work: Iterable[Work]) -> list[Work]:
        """Those that are wanted, by college and class."""
        wanted = [line for line in work if self._wants(line)]
        return sorted(wanted, key=lambda line: (line.item.college, line.item.class_name))

    def _wants(self, line: Work) -> bool:
        item = line.item
        return (
            self.state in ("", item.state)
            and self.college in ("", item.college)
            and self.class_name in ("", item.class_name)
            and self.registry in ("", line.registry, SAID if line.registry else SILENT)
            and (not self.q or self.q.casefold() in f"{item.name} {item.numbers}".casefold())
        )


def choices(work: Sequence[Work]) -> dict[str, list[tuple[str, int]]]:
    """What can be chosen of a list, each with its count, most of them first."""
    counted: dict[str, dict[str, int]] = {
        name: {} for name in ("state", "college", "class_name", "registry")
    }
    for line in work:
        item = line.item
        for name, value in (
            ("state", item.state.value),
            ("college", item.college),
            ("class_name", item.class_name),
            ("registry", line.registry),
        ):
            if value:
                counted[name][value] = counted[name].get(value, 0) + 1
    return {
        name: sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
        for name, values in counted.items()
    }


def doing(line: Work, lang: Language) -> str:
    """What a case waits for, as a sentence: the state, and whose answer is missing."""
    t = words("work", lang)
    if line.item.state is State.TODO and line.item.need in (Need.SECOND, Need.LEAD):
        return t[f"need_{line.item.need}"]
    return t["student_state" if line.item.state is State.STUDENT else line.item.state]


def row(line: Work, lang: Language) -> list[str]:
    """A line in the order of `COLUMNS`, in words."""
    item = line.item
    return [
        item.college,
        item.class_name,
        item.numbers.split(" ")[0],
        item.name,
        doing(line, lang),
        local_day(line.since) if line.since else "",
        line.registry,
        _verdict(line.staff, lang),
        _verdict(line.student, lang),
    ]


def _verdict(said: str, lang: Language) -> str:
    return word("verdict", said, lang) if said in {v.value for v in Verdict} else said
