"""Dossiers: whole, of one student alone, with the files that the registry takes."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from desk_browsing import HOME, PASSWORD, Visitor, desk_client
from paper_runs import REFUSES, TALL, DrawnEngine, judge, made, name, number, pdf_pages, pdf_text
from PIL import Image
from report_cases import face
from starlette.testclient import TestClient
from typer.testing import CliRunner

from models import manifest
from pipeline.cli import app
from pipeline.core.errors import StoreError
from pipeline.core.imagefile import ImageFile
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import Verdict
from pipeline.desk.exchange import later, replies
from pipeline.desk.exchange.dossier import Paper, print_dossier
from pipeline.desk.exchange.dossier_folder import chosen, file_dossiers
from pipeline.desk.exchange.originals import LEAST_BYTES, MOST_BYTES, originals, proof_of
from pipeline.desk.exchange.reshoot import Appointment
from pipeline.desk.web import routes_paper
from pipeline.desk.web.app import Surroundings, create_app
from pipeline.night.folder import LEDGER
from pipeline.night.nightly import run_night
from pipeline.sample.cohort import SampleCohort
from pipeline.source.jobs import gather
from pipeline.store.ledger import Ledger
from pipeline.student.engine import network_engine

DAY = date(2026, 6, 1)
LIMITS = load_policy().input


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("cohort")
    out = made(base)
    table = base / "bz.csv"
    table.write_text(f"学号,bz\n{number(0)},身份核验不确定\n{number(1)},身份核验未通过\n", "utf-8")
    with opened(out) as desk:
        replies.registry(desk, table, "教务处")
        judge(desk, 1, Verdict.OK, "安")
    return out


def printed(run: Path, index: int, lang: str = "zh", **more: Any) -> bytes:
    with opened(run) as desk:
        (item,) = chosen(desk, [number(index)])
        return print_dossier(desk, item, lang, Paper(DAY, **more)).pdf


def test_it_tells_all_about_its_student(run: Path) -> None:
    pdf = printed(run, 0, school="示例大学")
    text = "".join(pdf_text(pdf).split())
    assert pdf_pages(pdf) == 3
    for said in (
        *(name(0), number(0), "示例大学", "2026-06-01", "身份核验不确定", "不支持是同一人"),
        *("数据下载›在校生名单", "监测预警›毕业生身份复核›复核结果备案"),
        *("毕业生身份确认单", "学生本人签字", "录取照片", "身份证照片", "户籍照片"),
        *("导入学信网结果：身份核验不确定", "教务处", "相似度16；“通过”线60，“异常”线40"),
    ):
        assert said in text, said
    assert printed(run, 0, school="示例大学") == pdf, "the same bytes twice"


def test_who_judged_what_is_in_it_and_no_comment(run: Path) -> None:
    text = "".join(pdf_text(printed(run, 1)).split())
    assert "作答：照片正确" in text and "安" in text
    assert "支持是同一人" in text and "不支持" not in text
    assert "李四" not in text, "a comment may name somebody else"
    english = pdf_text(printed(run, 1, "en"))
    assert "Speaks for one person" in english and "Confirmation of identity" in english


def test_nobody_else_is_in_it(run: Path) -> None:
    for index in range(12):
        text = pdf_text(printed(run, index))
        others = [i for i in range(12) if i != index]
        assert not [i for i in others if number(i) in text or name(i) in text], index


def test_a_photo_that_people_call_anothers_is_not_shown(tmp_path: Path) -> None:
    own = made(tmp_path, 4)
    before = printed(own, 3)
    with opened(own) as desk:
        (before_it,) = file_dossiers(
            *(desk, chosen(desk, [number(3)]), tmp_path, "t", "zh"), day=DAY
        )
        assert before_it.files == 3
        judge(desk, 3, Verdict.NOT_ME)
        filed = list(file_dossiers(desk, chosen(desk, [number(3)]), tmp_path, "t", "zh", day=DAY))
    text = "".join(pdf_text(filed[0].pdf).split())
    assert "照片可能是他人的" in text
    assert "照片可能是他人的" not in "".join(pdf_text(before).split())
    assert streams(filed[0].pdf.read_bytes()) < streams(before)
    assert sorted(p.name for p in filed[0].folder.iterdir()) == [
        *("01-录取照片.jpg", "02-身份证照片.jpg")
    ]


def streams(pdf: bytes) -> int:
    return pdf.count(b"/Subtype/Image") + pdf.count(b"/Subtype /Image") + pdf.count(b"DCTDecode")


def test_files_are_what_the_registry_takes(run: Path, tmp_path: Path) -> None:
    with opened(run) as desk:
        items = chosen(desk, [number(0), number(2)])
        first, _ = file_dossiers(desk, items, tmp_path, "test", "zh", day=DAY)
        actions = [(e.who, e.action) for e in desk.ledger.log.entries()][-2:]
    assert actions == [("test", "printed")] * 2
    assert first.folder == tmp_path / f"{number(0)}-{name(0)}"
    files = sorted(first.folder.iterdir())
    assert [f.name for f in files] == [
        *("01-毕业照片.jpg", "02-录取照片.jpg", "03-身份证照片.jpg", "04-户籍照片.jpg")
    ]
    for file in files:
        assert LEAST_BYTES <= file.stat().st_size <= MOST_BYTES
        with Image.open(file) as picture:
            assert picture.format == "JPEG"
    text = "".join(pdf_text(first.pdf).split())
    assert all(f.name in text for f in files)
    assert files[0].read_bytes() == face(0, TALL), "as it came"


@pytest.mark.parametrize(
    ("size", "mode", "kind"),
    [((90, 120), "RGB", "PNG"), ((2000, 2500), "RGB", "JPEG"), ((600, 800), "L", "BMP")],
)
def test_any_picture_becomes_20_to_100_kb(
    tmp_path: Path, size: tuple[int, int], mode: str, kind: str
) -> None:
    path = tmp_path / f"p.{kind.lower()}"
    large = size[0] > 1000
    (Image.effect_noise(size, 60) if large else Image.new(mode, size)).convert(mode).save(path)
    made_of = proof_of(ImageFile(path), None, LIMITS)
    assert made_of is not None
    data, source = made_of
    assert LEAST_BYTES <= len(data) <= MOST_BYTES and source == "converted"
    with Image.open(io.BytesIO(data)) as shown:
        assert shown.size[0] / shown.size[1] == pytest.approx(size[0] / size[1], rel=0.01)


def test_a_picture_turned_by_its_tag_is_filed_upright(tmp_path: Path) -> None:
    path = tmp_path / "t.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(io.BytesIO(face(1, 640))).save(path, exif=exif, quality=95)
    made_of = proof_of(ImageFile(path), None, LIMITS)
    assert made_of is not None
    with Image.open(io.BytesIO(made_of[0])) as shown:
        assert shown.size == (640, 480)


def test_a_file_that_is_gone_or_another_is_filed_as_it_was_kept(tmp_path: Path) -> None:
    own = made(tmp_path, 3)
    (tmp_path / "photos" / f"{number(1)}.jpg").write_bytes(face(99, 640))
    (tmp_path / "proofs" / f"{number(1)}-{name(1)}" / "身份证.png").unlink()
    with opened(own) as desk:
        (item,) = chosen(desk, [number(1)])
        found = {o.slot: o.file for o in originals(desk.case(item), LIMITS)}
        (filed,) = file_dossiers(desk, [item], tmp_path / "filed", "t", "zh", day=DAY)
    assert found["photo"] is None and found["idcard"] is None and found["admission"]
    assert "".join(pdf_text(filed.pdf).split()).count("存档的图片") == 2
    assert filed.files == 3


def test_each_page_of_a_scan_is_a_document(tmp_path: Path) -> None:
    own = made(tmp_path, 3, scan=1)
    later = tmp_path / "later" / f"{number(1)}-{name(1)}"
    later.mkdir(parents=True)
    shutil.copy(tmp_path / "proofs" / f"{number(1)}-{name(1)}" / "户口本.pdf", later / "证明.pdf")
    with opened(own) as desk:
        items = chosen(desk, [number(1)])
        (filed,) = file_dossiers(
            *(desk, items, tmp_path / "filed", "t", "zh"),
            day=DAY,
            folders=[later.parent],
            engine=DrawnEngine({}),
        )
    names = [p.name for p in sorted(filed.folder.iterdir())]
    assert [n.partition("-")[2] for n in names] == [
        *("毕业照片.jpg", "录取照片.jpg", "身份证照片.jpg", "户籍照片.jpg", "户籍照片.jpg"),
        *("其他参考照.jpg", "其他参考照.jpg"),
    ]
    assert "".join(pdf_text(filed.pdf).split()).count("核验之后补交") == 2


def test_later_proofs_are_compared_each_with_its_student(run: Path, tmp_path: Path) -> None:
    for index in (0, REFUSES):
        folder = tmp_path / "later" / f"{number(index)}-{name(index)}"
        folder.mkdir(parents=True)
        (folder / "高中毕业证.jpg").write_bytes(face(index, 640))
        (folder / f"{number(2)}.jpg").write_bytes(face(2, 640))  # another's, and so nobody's
    engine = DrawnEngine({number(0): 0.9})
    with opened(run) as desk:
        items = chosen(desk, [number(0), number(REFUSES), number(2)])
        later = [tmp_path / "later"]
        filed = list(
            file_dossiers(
                *(desk, items, tmp_path, "t", "zh"), day=DAY, folders=later, engine=engine
            )
        )
    texts = ["".join(pdf_text(one.pdf).split()) for one in filed]
    assert "核验之后补交" in texts[0] and "相似度92" in texts[0]
    assert "机器未作比对，请人工核对" in texts[1] and "相似度" not in texts[1].partition("四、")[2]
    assert "核验之后补交" not in texts[1] + texts[2]
    assert [one.files for one in filed] == [5, 4, 3]


@pytest.mark.networks
def test_real_networks_compare_later_proofs(sample: SampleCohort, tmp_path: Path) -> None:
    """One other shot of the same person, one of another, and the photo itself again."""
    references = {"idcard": [sample.idcards], "admission": [sample.admission]}
    out, policy = tmp_path / "out", load_policy(sample.policy)
    cohort = gather(sample.roster, [sample.photos], references)
    sound, other = cohort.jobs[0], cohort.jobs[13]
    whose = {job.subject.student_key for job in (sound, other)}
    delivered = tuple(file for file in cohort.delivered if file.student_key in whose)
    run_night(
        *(replace(cohort, jobs=(sound, other), strays=(), delivered=delivered), out, policy),
        load_profile(policy.profile),
        digests=manifest.digests(),
    )
    key = sound.subject.student_key
    folder = tmp_path / "later" / key
    folder.mkdir(parents=True)
    assert sound.photo and sound.references and other.photo
    for shown, file in (
        ("旧身份证", sound.references[0].file),
        ("手持身份证", other.photo),
        ("身份证", sound.photo),
    ):
        (folder / f"{shown}.jpg").write_bytes(file.read_bytes(10**8))
    engine = network_engine(policy.input, manifest.DEFAULT_RECOGNISERS)
    with opened(out) as desk:
        (filed,) = file_dossiers(
            *(desk, chosen(desk, [key]), tmp_path / "filed", "t", "zh"),
            day=DAY,
            folders=[folder.parent],
            engine=engine,
        )
    engine.close()
    text = "".join(pdf_text(filed.pdf).split()).partition("四、")[0]
    assert text.count("与毕业照片是同一张图片") == 1
    assert text.count("核验之后补交") == 3
    assert "不支持是同一人" in text and text.replace("不支持", "").count("支持是同一人") >= 1


def test_the_command_names_whom_it_does_not_know(run: Path, tmp_path: Path) -> None:
    runner, out = CliRunner(), str(tmp_path)
    done = runner.invoke(app, ["dossier", "--doubted", str(run), "--out", out])
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in tmp_path.glob("*.pdf")) == [
        f"{number(i)}-{name(i)}.pdf" for i in (0, 1)
    ]
    unknown = runner.invoke(app, ["dossier", "2099", str(run), "--out", out])
    assert isinstance(unknown.exception, StoreError) and "2099" in unknown.exception.message
    assert runner.invoke(app, ["dossier", str(run), "--out", out]).exit_code == 2


def test_the_desk_prints_it_for_leads_who_have_answered(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(run / LEDGER) as ledger:
        for who, role in (("an", "reviewer"), ("lu", "lead")):
            accounts.add(ledger, who, accounts.Role(role), PASSWORD, "test")
    with opened(run) as desk:
        (item,) = chosen(desk, [number(6)])
    with desk_client(run) as client:
        assert Visitor.log_in(client, "an").get(f"/case/{item.id}/dossier").status_code == 403
        lead = Visitor.log_in(client, "lu")
        assert lead.get(f"/case/{item.id}/dossier").status_code == 409
        assert "dossier" not in lead.get(f"/case/{item.id}").text
        lead.post(f"/case/{item.id}/answer", verdict="ok")
        assert f"/case/{item.id}/dossier" in lead.get(f"/case/{item.id}").text
        got = lead.get(f"/case/{item.id}/dossier")
        assert got.headers["content-type"] == "application/pdf"
        assert number(6) in got.headers["content-disposition"]
        assert number(6) in pdf_text(got.content)
        assert lead.get("/case/nobody/dossier").status_code == 404
        monkeypatch.setattr(routes_paper, "print_dossier", _nothing)
        assert lead.get(f"/case/{item.id}/dossier").status_code == 503
    with opened(run) as desk:
        entry = desk.ledger.log.last("printed")
    assert entry is not None and (entry.who, entry.subject) == ("lu", number(6))


def test_the_desks_dossier_names_the_school_and_shows_later_proofs(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "later" / f"{number(6)}-{name(6)}"
    folder.mkdir(parents=True)
    (folder / "高中毕业证.jpg").write_bytes(face(6, 640))
    engine = DrawnEngine({number(6): 0.9})
    monkeypatch.setattr(later, "Apart", lambda _factory, _files: engine)
    monkeypatch.setattr(manifest, "digests", dict)
    said = Surroundings(appointment=Appointment(school="示例大学"), proofs=(folder.parent,))
    with Ledger(run / LEDGER) as ledger:
        accounts.add(ledger, "mo", accounts.Role.LEAD, PASSWORD, "test")
    with opened(run) as desk:
        (item,) = chosen(desk, [number(6)])
    for around in (said, Surroundings(proofs=(tmp_path / "gone",))):
        served = create_app(run, accounts=True, around=around)
        with TestClient(served, base_url=HOME, follow_redirects=False) as client:
            lead = Visitor.log_in(client, "mo")
            lead.post(f"/case/{item.id}/answer", verdict="ok")
            got = lead.get(f"/case/{item.id}/dossier")
        if around is not said:
            assert got.status_code == 503 and "补交证明材料" in got.text
            continue
        text = "".join(pdf_text(got.content).split())
        assert "示例大学" in text and "核验之后补交" in text and "相似度92" in text


def _nothing(*_: object) -> None:
    from pipeline.core.errors import InstallationError

    raise InstallationError("typst is missing")
