"""Drawn cards through the real networks: read, held against the roster, and forgotten."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from models import manifest
from pipeline.core.errors import ModelError
from pipeline.core.geometry import TURNS, turn
from pipeline.core.imagefile import ImageFile
from pipeline.core.policy import Policy, Profile, load_policy
from pipeline.core.types import Cohort, Job, Pixels, Portrait, Reference, Subject, TurnCw
from pipeline.night.nightly import run_night
from pipeline.sample import picture, sources
from pipeline.sample.card import Holder, draw_card
from pipeline.student.card import CardReader
from pipeline.student.examiner import NetworkEngine

pytestmark = pytest.mark.networks

# Of areas that no place has; the check digits are right.
NUMBERS = {
    "obama": "990104199808041237",
    "guido": "990217200101315671",
    "hopper": "990101200212125022",
}
NAMES = {"obama": "赵样甲", "guido": "欧阳样", "hopper": "周样戊"}
SLOT = "idcard"


@pytest.fixture(scope="module", autouse=True)
def _weights() -> None:
    try:
        manifest.digests([manifest.OCR])
    except ModelError as error:
        pytest.skip(f"the weights that read cards are absent: {error.hint}")


@pytest.fixture(scope="module")
def engine(policy: Policy) -> NetworkEngine:
    return NetworkEngine(policy.input)


@pytest.fixture(scope="module")
def reader() -> CardReader:
    return CardReader({number: who for who, number in NUMBERS.items()})


def card(who: str) -> Pixels:
    """The specimen card of one of the sample's people, (631, 1000, 3) BGR."""
    paths, shown = sources.fetch(), sources.pictures()
    cut = picture.portrait(Image.open(paths[who]).convert("RGB"), shown[who], picture.Crop())
    birth = datetime.datetime.strptime(NUMBERS[who][6:14], "%Y%m%d").date()
    holder = Holder(NAMES[who], "男", "汉", birth, "样本省示例市虚构区测试路1号", NUMBERS[who])
    drawn = draw_card(holder, cut, paths[sources.FONT])
    return np.ascontiguousarray(np.asarray(drawn)[..., ::-1])


def tilted(bgr: Pixels) -> Pixels:
    """As by a telephone held askew, on a dark table."""
    height, width = bgr.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    seen = np.array([(70, 60), (1020, 110), (1060, 690), (40, 640)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    return np.asarray(
        cv2.warpPerspective(bgr, matrix, (1120, 760), borderValue=(60, 70, 60)), np.uint8
    )


def copied(bgr: Pixels) -> Pixels:
    """As a grey copy, blurred, JPEG 40, 700 px wide."""
    grey = cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    small = cv2.resize(
        cv2.GaussianBlur(grey, (0, 0), 1.2), (700, 442), interpolation=cv2.INTER_AREA
    )
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def said(engine: NetworkEngine, reader: CardReader, bgr: Pixels, subject: Subject) -> list[str]:
    found = engine.locate(bgr).portrait
    assert found is not None
    return told(reader, found, subject)


def told(reader: CardReader, portrait: Portrait, subject: Subject) -> list[str]:
    return [f"{m.name} {m.value}" for m in reader.measure(portrait, SLOT, subject)]


def row(who: str, name: str = "", id_number: str | None = None) -> Subject:
    """The roster's row, right where nothing else is said."""
    number = NUMBERS[who] if id_number is None else id_number
    return Subject(who, 1, name or NAMES[who], number)


AGREES = ["card.number.idcard equal", "card.name.idcard equal"]


@pytest.mark.parametrize("turn_cw", TURNS)
def test_a_card_is_read_however_it_lies(
    engine: NetworkEngine, reader: CardReader, turn_cw: TurnCw
) -> None:
    for bgr in (card("obama"), tilted(card("guido")), copied(card("hopper"))):
        who = ("obama", "guido", "hopper")[(631, 760, 442).index(bgr.shape[0])]
        assert said(engine, reader, turn(bgr, turn_cw), row(who)) == AGREES


def test_what_differs_is_told_and_whose_card_it_is(
    engine: NetworkEngine, reader: CardReader
) -> None:
    portrait = engine.locate(card("guido")).portrait
    assert portrait is not None
    number, name = "card.number.idcard", "card.name.idcard"
    assert told(reader, portrait, row("obama")) == [
        *(f"{number} other", "card.owner.idcard guido", f"{name} other")
    ]
    assert told(CardReader({}), portrait, row("obama"))[0] == f"{number} other"
    wrong = row("guido", id_number=NUMBERS["guido"][:-1] + "0")
    assert told(reader, portrait, wrong) == [f"{number} near", f"{name} equal"]
    assert told(reader, portrait, row("guido", name="欧阳羊")) == [
        f"{number} equal",
        f"{name} other",
    ]
    assert told(reader, portrait, row("guido", id_number="")) == [f"{number} none", f"{name} equal"]


def test_a_portrait_alone_and_an_unreadable_card_say_nothing(
    engine: NetworkEngine, reader: CardReader
) -> None:
    whole = card("guido")
    cut = whole[60:500, 630:950]
    assert said(engine, reader, np.ascontiguousarray(cut), row("obama")) == [
        "card.number.idcard no_card"
    ]
    whole[510:580] = (230, 232, 228)
    found = said(engine, reader, whole, row("obama"))
    assert "card.number.idcard other" not in found and "card.name.idcard other" not in found
    small = cv2.resize(card("obama"), (230, 145), interpolation=cv2.INTER_AREA)
    found = said(engine, reader, np.asarray(small, np.uint8), row("obama"))
    assert not any(word.endswith("other") for word in found)


@pytest.mark.long
def test_a_night_tells_the_card_of_another_and_keeps_no_number(
    tmp_path: Path, profile: Profile
) -> None:
    files = tmp_path / "in"
    files.mkdir()
    cards = {"obama": "guido", "guido": "guido", "hopper": "hopper"}  # the first has another's
    listed = {who: NUMBERS[who] for who in cards} | {"hopper": ""}
    jobs = []
    for who, shown in cards.items():
        photo, reference = files / f"{who}.jpg", files / f"{who}-card.jpg"
        cv2.imwrite(str(photo), card(who)[84:489, 640:944])
        cv2.imwrite(str(reference), card(shown))
        job = Job(
            row(who, id_number=listed[who]),
            ImageFile(photo),
            (Reference(SLOT, ImageFile(reference)),),
        )
        jobs.append(job)
    policy = load_policy(None, {"card": {"read": True}})
    digests = manifest.expected([*policy.comparison.recognisers, manifest.OCR])
    out = tmp_path / "out"
    outputs = run_night(Cohort(tuple(jobs)), out, policy, profile, digests=digests)
    with outputs.csv.open(encoding="utf-8-sig") as file:
        found = {line["subject_id"]: line for line in csv.DictReader(file)}
    assert "CARD_OF_ANOTHER" in found["obama"]["reasons"]
    assert "guido" in outputs.html.read_text("utf-8")
    for who in ("guido", "hopper"):
        assert "CARD" not in found[who]["reasons"]
    # The roster has no number of this one; so wherever it is, the card gave it away.
    for kept in filter(Path.is_file, out.rglob("*")):
        assert NUMBERS["hopper"].encode() not in kept.read_bytes(), kept


def test_reading_without_its_weights_is_an_error_that_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in manifest.weights_dir().iterdir():
        if file.is_file() and "PP-OCR" not in file.name:
            (tmp_path / "models").mkdir(exist_ok=True)
            (tmp_path / "models" / file.name).symlink_to(file)
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path))
    manifest.expected()
    with pytest.raises(ModelError, match="photoproof models pull --with ocr"):
        manifest.expected(["sface", manifest.OCR])
