"""Files on their way in: cut off, begun again, refused by name, accepted by one rename."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from hand_in_cases import DATA, send
from site_cases import SITE, deliver, site_file

from pipeline.core.errors import ConfigError
from pipeline.hub.parts import OtherOffsetError
from pipeline.hub.sweeping import sweep
from pipeline.hub.uploads import Draft
from pipeline.night.intake import read_intake
from pipeline.site.config import Site, load_site
from pipeline.site.deliveries import deliveries_of
from pipeline.site.sources import sources_of
from pipeline.store.forgetting import Marks

DAY = 24 * 3600


@pytest.fixture
def site(tmp_path: Path) -> Site:
    deliver(tmp_path / "in", {"S1": "turn=0", "S2": "turn=0"})
    return load_site(site_file(tmp_path, "[uploads]\nlargest_mb = 2\nwhole_mb = 3\nfree_mb = 0\n"))


@pytest.fixture
def draft(site: Site) -> Draft:
    return Draft(site, "2026", "an")


def test_an_upload_cut_off_at_random_goes_on_and_nothing_half_remains(draft: Draft) -> None:
    rng, sent = random.Random(3), 0
    while True:
        upload = draft.begin("photos", "一班/照片.zip", len(DATA), 1)
        assert upload.offset == sent
        if upload.whole:
            break
        with draft.part(upload) as part:
            part.at(sent)
            piece = DATA[sent : sent + rng.randint(0, 900)]
            part.write(piece)
            sent += len(piece)
        draft.finish(upload)
    assert (draft.files / "photos/一班/照片.zip").read_bytes() == DATA
    assert not list((draft.folder / "parts").iterdir())
    assert [one.whole for one in draft.uploads()] == [True]


def test_who_sends_on_shuts_out_the_line_that_went_dead(draft: Draft) -> None:
    upload = draft.begin("photos", "S1.jpg", 10, 1)
    with draft.part(upload) as dead:
        dead.write(b"1234")
        with draft.part(upload) as alive:
            with pytest.raises(OtherOffsetError) as refused:
                alive.at(0)
            assert refused.value.offset == 4
            with pytest.raises(OtherOffsetError):
                dead.write(b"xxxx")
            alive.at(4)
            alive.write(b"567890")
    assert draft.finish(upload)
    assert (draft.files / "photos/S1.jpg").read_bytes() == b"1234567890"


def test_a_file_changed_since_takes_the_place_of_the_other(draft: Draft) -> None:
    send(draft, "S1.jpg", b"one")
    half = draft.begin("photos", "S2.jpg", 9, 1)
    draft.begin("photos", "S2.jpg", 8, 2)
    assert draft.upload(half.identity) is None
    send(draft, "S1.jpg", b"second")
    found = {one.name: (one.size, one.whole) for one in draft.uploads()}
    assert found == {"S1.jpg": (6, True), "S2.jpg": (8, False)}


@pytest.mark.parametrize(
    ("kind", "name", "size", "key"),
    [
        ("photos", "S1.jpg", 0, "empty"),
        ("photos", "S1.jpg", 2_000_001, "larger than"),
        ("photos", "名册.xlsx", 1, "neither a picture"),
        ("photos", "S1.pdf", 1, "neither a picture"),
        ("photos", "一班.rar", 1, "such archives"),
        ("roster", "S1.jpg", 1, "no roster"),
        ("references/passport", "S1.jpg", 1, "no such kind"),
        ("references/../roster", "S1.jpg", 1, "no such kind"),
        ("photos", "../S1.jpg", 1, "cannot be used"),
        ("photos", "a/../../S1.jpg", 1, "cannot be used"),
        ("photos", "..\\S1.jpg", 1, "cannot be used"),
        ("photos", ".DS_Store", 1, "cannot be used"),
        ("photos", "x\n.jpg", 1, "cannot be used"),
        ("photos", "学" * 70 + ".jpg", 1, "cannot be used"),
        ("photos", "/", 1, "cannot be used"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(
    draft: Draft, kind: str, name: str, size: int, key: str
) -> None:
    with pytest.raises(ConfigError, match=key) as refused:
        draft.begin(kind, name, size, 1)
    assert name.strip("/")[:20] in refused.value.message
    assert refused.value.hint
    assert not draft.uploads()


def test_an_id_number_in_a_name_is_masked_where_it_is_refused(draft: Draft) -> None:
    with pytest.raises(ConfigError) as refused:
        draft.begin("photos", "110105194912310021.rar", 5, 1)
    assert "110105194912310021" not in refused.value.message


def test_limits_of_the_whole_and_of_the_disk(draft: Draft, site: Site) -> None:
    draft.begin("photos", "a.zip", 1_900_000, 1)
    with pytest.raises(ConfigError, match=r"b\.zip: all files together"):
        draft.begin("photos", "b.zip", 1_900_000, 1)
    few = site.model_copy(update={"uploads": site.uploads.model_copy(update={"most_files": 1})})
    with pytest.raises(ConfigError, match="more than 1 files"):
        Draft(few, "2026", "an").begin("photos", "c.jpg", 1, 1)
    full = site.model_copy(update={"uploads": site.uploads.model_copy(update={"free_mb": 10**12})})
    with pytest.raises(ConfigError, match="free on the server"):
        Draft(full, "2026", "bo").begin("photos", "c.jpg", 1, 1)


def test_accepting_moves_all_of_it_at_once_and_the_later_delivery_counts(
    draft: Draft, site: Site
) -> None:
    send(draft, "S1.jpg", b"turn=9")
    send(draft, "S2.jpg", b"turn=1", "references/idcard")
    send(draft, "补.csv", "学号,姓名\nS3,王\n".encode(), "roster")
    half = draft.begin("photos", "S9.jpg", 7, 1)
    seen = draft.state()
    with pytest.raises(ConfigError, match=r"not whole yet: S9\.jpg"):
        draft.accept(False, seen)
    draft.remove(half)
    with pytest.raises(ConfigError, match="changed since the preview"):
        draft.accept(False, "another")
    draft.accept(False, seen)
    (delivery,) = deliveries_of(site, "2026")
    assert (delivery.by, delivery.files, delivery.stands_alone) == ("an", 3, False)
    assert not draft.folder.exists()
    given = sources_of(site, "2026")
    assert given.photos[-1] == delivery.folder / "photos"
    assert [path.name for path in given.roster] == ["roster.csv", "补.csv"]
    assert given.references == {"idcard": [delivery.folder / "references/idcard"]}
    with pytest.raises(ConfigError, match="nothing"):
        draft.accept(False, draft.state())


def test_a_roster_may_take_the_place_of_all_before(draft: Draft, site: Site) -> None:
    send(draft, "新.csv", "学号,姓名\nS3,王\n".encode(), "roster")
    draft.accept(True, draft.state())
    assert [path.name for path in sources_of(site, "2026").roster] == ["新.csv"]


def test_two_people_do_not_meet(draft: Draft, site: Site) -> None:
    send(draft, "S1.jpg")
    assert Draft(site, "2026", "bo").uploads() == []
    draft.discard()
    assert draft.uploads() == []
    assert not draft.folder.exists()


def test_halves_go_after_a_day_and_what_nobody_accepts_after_a_week(
    draft: Draft, site: Site
) -> None:
    send(draft, "S1.jpg")
    draft.begin("photos", "S2.jpg", 9, 1)
    now = time.time()
    assert sweep(site, now + DAY / 2) == 0
    assert sweep(site, now + 2 * DAY) == 1
    assert [one.name for one in draft.uploads()] == ["S1.jpg"]
    for path in (draft.folder, *draft.folder.rglob("*")):
        os.utime(path, (now, now))
    assert sweep(site, now + 8 * DAY) == 1
    assert not draft.folder.exists()


def test_a_cohort_whose_files_all_come_by_the_browser_needs_no_folders(tmp_path: Path) -> None:
    text = SITE.replace('roster = "in/roster.csv"\nphotos = "in/photos"\n', "")
    site = load_site(site_file(tmp_path, text=text))
    draft = Draft(site, "2026", "an")
    send(draft, "名册.csv", "学号,姓名\nS1,王\n".encode(), "roster")
    send(draft, "S1.jpg", b"turn=0")
    draft.accept(False, draft.state())
    given = sources_of(site, "2026")
    assert [len(given.roster), len(given.photos), len(given.whole)] == [1, 1, 1]


def test_marks_are_looked_for_in_what_was_handed_in(draft: Draft, site: Site) -> None:
    from pipeline.site.erasure import _handed_in

    send(draft, "2021000004.jpg", b"turn=9")
    send(draft, "补.csv", "学号,姓名\n2021000004,王\n".encode(), "roster")
    draft.accept(False, draft.state())
    send(draft, "又.csv", "学号,姓名\n2021000004,王\n".encode(), "roster")
    told = _handed_in(site, "2026", Marks({"2021000004"}), "test")[0]
    assert not any("2021000004.jpg" in line for line in told)  # deleted
    assert any("uploads" in line and line.endswith("又.csv") for line in told)


def test_a_photo_of_an_accepted_delivery_takes_the_earlier_ones_place_without_a_doubt(
    draft: Draft, site: Site
) -> None:
    def clashes() -> list[str]:
        jobs = read_intake(sources_of(site, "2026"), None).jobs
        return [f"{fact.value}" for job in jobs for fact in job.facts if "clash" in fact.name]

    send(draft, "S1.jpg", b"turn=9")
    draft.accept(False, draft.state())
    assert clashes() == []
    send(draft, "S1.jpg", b"turn=8")
    send(draft, "又/S1.jpg", b"turn=7")  # two of one delivery are a doubt
    draft.accept(False, draft.state())
    assert len(clashes()) == 1
