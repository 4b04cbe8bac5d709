"""The whole path on real photographs: the sample cohort, every planted outcome."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from english import english, seen_of
from openpyxl import load_workbook
from written import Night

from models import manifest
from pipeline.core.policy import Profile, load_policy
from pipeline.night.folder import DATABASE, PAGE, RESULTS
from pipeline.night.nightly import run_night
from pipeline.sample.cohort import SampleCohort
from pipeline.source import gather
from pipeline.store import Store

pytestmark = pytest.mark.networks

Rows = Mapping[str, Mapping[str, str]]


def read(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["subject_id"]: row for row in csv.DictReader(file)}


def misses(results: Rows, truth: Rows) -> list[str]:
    """What a run got wrong: the one comparison that both tests below rely on."""
    wrong = [f"{key}: no such row" for key in truth.keys() - results.keys()]
    wrong += [f"{key}: unexpected row" for key in results.keys() - truth.keys()]
    for key in truth.keys() & results.keys():
        expected, found = truth[key], results[key]
        if found["decision"] not in expected["decision"].split("|"):
            wrong.append(f"{key}: {found['decision']}, expected {expected['decision']}")
        needed = filter(None, expected["reasons"].split(";"))
        absent = set(needed) - set(found["reasons"].split(";"))
        wrong += [f"{key}: {code} is not among the reasons" for code in sorted(absent)]
        if expected["turn_cw"] and found["turn_cw"] != expected["turn_cw"]:
            wrong.append(f"{key}: turn {found['turn_cw']}, expected {expected['turn_cw']}")
        if expected["looks_like"] and found["looks_like"] not in expected["looks_like"].split("|"):
            wrong.append(f"{key}: looks like {found['looks_like'] or 'nobody'}")
    return wrong


@pytest.fixture(scope="module")
def out(sample_night: Night) -> Path:
    return sample_night.out


def test_every_planted_outcome_gets_its_reason(sample: SampleCohort, out: Path) -> None:
    assert misses(read(out / RESULTS), read(sample.truth)) == []


def test_the_comparison_with_the_truth_can_fail(sample: SampleCohort, out: Path) -> None:
    """Each kind of wrong result, planted into a right one, is noticed."""
    truth, results = read(sample.truth), read(out / RESULTS)
    sideways = next(k for k, row in truth.items() if row["reasons"] == "SIDEWAYS_LEFT")
    swapped = next(k for k, row in truth.items() if row["looks_like"])
    sound = next(k for k, row in truth.items() if row["decision"] == "ACCEPT")
    for key, column, value in (
        (sideways, "reasons", ""),
        (sideways, "turn_cw", "270"),
        (swapped, "looks_like", sound),
        (sound, "decision", "FLAG"),
    ):
        broken = {**results, key: {**results[key], column: value}}
        assert len(misses(broken, truth)) == 1
    assert misses({k: row for k, row in results.items() if k != sound}, truth)


def test_a_chinese_reader_meets_no_english_sentence(out: Path) -> None:
    page = (out / PAGE).read_text("utf-8")
    assert english(seen_of(page)) == []
    assert english(seen_of(page.replace("毕业照", "the photo that was taken", 1)))
    for sheet in load_workbook(out / "report.xlsx"):
        cells = (str(cell or "") for row in sheet.iter_rows(values_only=True) for cell in row)
        assert english("\n".join(cells)) == [], sheet.title


def test_all_outcomes_of_the_issue_are_planted(sample: SampleCohort) -> None:
    planted = {code for row in read(sample.truth).values() for code in row["reasons"].split(";")}
    assert planted >= {
        "SIDEWAYS_LEFT",
        "SIDEWAYS_RIGHT",
        "UPSIDE_DOWN",
        "EXIF_ORIENTATION",
        "NOT_ME",
        "NO_FACE",
        "MULTIPLE_FACES",
        "UNREADABLE",
        "MISSING_PHOTO",
        "EXTRA_PHOTO",
        "ID_NUMBER_INVALID",
        "DUPLICATE_PHOTO",
        "SIZE_PX",
        "REFERENCE_REUSED",
    }


def test_no_full_id_number_in_what_people_read(sample: SampleCohort, out: Path) -> None:
    cohort = gather(sample.roster, [sample.photos], {})
    report = (out / PAGE).read_text("utf-8") + (out / "run.json").read_text("utf-8")
    for job in cohort.jobs:
        assert job.subject.id_number
        assert job.subject.id_number not in report


def test_templates_are_gone_after_the_run(out: Path) -> None:
    with Store(out / DATABASE) as store:
        assert store.cohort.templates() == {}


def test_a_wrong_reference_turns_a_sound_student_into_a_flag(
    sample: SampleCohort, profile: Profile, tmp_path: Path
) -> None:
    """A swap planted after the sample was built is noticed: faces are judged, not file names."""
    cohort = gather(sample.roster, [sample.photos], {"idcard": [sample.idcards]})
    by_id = {job.subject.student_key: job for job in cohort.jobs}
    one, other = by_id["2022000003"], by_id["2022000004"]
    crossed = (replace(one, references=other.references), replace(other, references=one.references))
    results = read(
        run_night(
            replace(cohort, jobs=crossed, strays=()),
            tmp_path,
            load_policy(),
            profile,
            digests=manifest.digests(),
        ).csv
    )
    assert {row["decision"] for row in results.values()} == {"FLAG"}
    assert all("NOT_ME" in row["reasons"] for row in results.values())
