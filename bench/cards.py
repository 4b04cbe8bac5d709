"""How surely ID cards are read: docs/accuracy.md, "Reading cards".

    python bench/cards.py ../shared/data [--cards 1000] [--wrong 200] [--seed 0]
    python bench/cards.py ../shared/data --idle

Half of the cards are mild (a flatbed scan), half hard (a telephone: tilted, blurred, glare, JPEG
40). Each is held against its owner's roster row; half of `--wrong` of each also against a row of
somebody else, who has the same name once in ten, a row with one digit wrong, and one with another
name. `--idle` tells instead what a night pays where no card is to be read.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from drawn_cards import HARD, MILD, Wear, drawn, drawn_people, worn
from simulated_cohort import people, portrait, spotter

from models import manifest
from pipeline.core import measurements as names
from pipeline.core.policy import load_policy
from pipeline.core.types import Portrait, Subject
from pipeline.sample.card import Holder
from pipeline.student.card import CardReader
from pipeline.student.examiner import NetworkEngine

_SLOT = "idcard"


def faces(shared: Path) -> list[Portrait]:
    """One face of every person of the sets, generated ones first."""
    spot = spotter()
    every = people(shared)
    chosen = [files[0] for name, files in sorted(every.items()) if ":" not in name]
    chosen += [
        files[0] for name, files in sorted(every.items()) if name.startswith(("london", "lfw_e"))
    ]
    found = (portrait(spot, path) for path in chosen)
    return [face for face in found if face is not None]


def row_of(who: Holder) -> Subject:
    """The roster's row of a card's holder."""
    return Subject(who.number[-8:], 1, who.name, who.number)


def mistyped(who: Holder, rng: random.Random) -> Subject:
    """The same with one digit of the number wrong."""
    place = rng.randrange(17)
    digit = str((int(who.number[place]) + rng.randrange(1, 10)) % 10)
    return replace(row_of(who), id_number=who.number[:place] + digit + who.number[place + 1 :])


class Tally:
    """What came of the cards of one half."""

    def __init__(self) -> None:
        self.told: dict[str, Counter[str]] = {}
        self.seconds: list[float] = []

    def count(self, what: str, told: str) -> None:
        """One more card."""
        self.told.setdefault(what, Counter())[told] += 1


def measure(half: Wear, cards: Sequence[tuple[Holder, Portrait]], wrong: int, seed: int) -> Tally:
    """Draw, wear and read every card."""
    rng = random.Random(seed)  # noqa: S311 - a simulation
    owners = {who.number: who.number[-8:] for who, _ in cards}
    engine, reader, tally = NetworkEngine(load_policy().input), CardReader(owners), Tally()
    for i, (who, face) in enumerate(cards):
        jpeg = worn(drawn(who, face, rng), half, rng)
        found = engine.locate(
            cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        ).portrait
        if found is None:
            tally.count("own number", "no face")
            continue

        def told(subject: Subject, shown: Portrait = found) -> dict[str, str]:
            return {m.name: str(m.value) for m in reader.measure(shown, _SLOT, subject)}

        clock = time.process_time()
        own = told(row_of(who))
        tally.seconds.append(time.process_time() - clock)
        tally.count("own number", own[names.CARD_NUMBER + _SLOT])
        tally.count("own name", own.get(names.CARD_NAME + _SLOT, "no card"))
        if i < wrong:
            other = cards[(i + 1) % len(cards)][0]
            other = replace(other, name=who.name) if i % 10 == 0 else other
            seen = told(row_of(other))
            owner = seen.get(names.CARD_OWNER + _SLOT) == owners[who.number]
            number = seen[names.CARD_NUMBER + _SLOT]
            tally.count("another's card", f"{number}, owner named" if owner else number)
            tally.count("mistyped", told(mistyped(who, rng))[names.CARD_NUMBER + _SLOT])
            renamed = replace(row_of(who), name=cards[(i + 7) % len(cards)][0].name)
            tally.count("other name", told(renamed).get(names.CARD_NAME + _SLOT, "no card"))
    return tally


def idle(shared: Path) -> None:
    """Processor time of what a night does for cards though it meets none."""

    def spent(work: Callable[[], object], times: int) -> float:
        clock = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - clock) / times

    reader = CardReader({})
    reader.prepare()  # what only the first night does
    picture = next((shared / "synthetic_portraits").glob("*.jpg"))
    face = portrait(spotter(), picture)
    assert face is not None
    subject = Subject("s", 1)
    worker = spent(lambda: CardReader({}).prepare(), 5)
    one = spent(lambda: list(reader.measure(face, _SLOT, subject)), 1000)
    with_ours = [*manifest.DEFAULT_RECOGNISERS, manifest.OCR]
    weights = spent(lambda: manifest.digests(with_ours), 5) - spent(manifest.digests, 5)
    print(f"a worker's start {worker:.3f} s, a portrait {one * 1e6:.0f} µs,", end=" ")
    print(f"the weights' digests {weights:.3f} s")


def main() -> None:
    """Print what each half came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--cards", type=int, default=1000)
    parser.add_argument("--wrong", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--idle", action="store_true")
    arguments = parser.parse_args()
    if arguments.idle:
        idle(arguments.shared)
        return
    shown = faces(arguments.shared)
    print(f"{len(shown)} faces", flush=True)
    for title, half in (("mild", MILD), ("hard", HARD)):
        seed = arguments.seed * 2 + (half is HARD)
        cards = drawn_people(shown, arguments.cards // 2, seed)
        tally = measure(half, cards, arguments.wrong // 2, seed)
        middle, most = np.quantile(tally.seconds, (0.5, 0.95))
        print(f"{title}: {len(cards)} cards, {middle:.3f} s of one core each (median), 95 in 100")
        print(f"  below {most:.3f} s", flush=True)
        for what, told in tally.told.items():
            words = (f"{word} {number}" for word, number in told.most_common())
            print(f"  {what}: {', '.join(words)}", flush=True)


if __name__ == "__main__":
    main()
