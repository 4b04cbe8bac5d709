"""What a site's file says of people's data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from site_cases import site_file
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.words import languages, words
from pipeline.site.config import load_site
from pipeline.site.disclosure import disclosed
from pipeline.site.faults import examine
from pipeline.site.leaving import leaving

SECRET = "s3cr3t"
LOUD = f"""
[messages]
webhook = "https://hooks.example.edu.cn/{SECRET}?key={SECRET}"
ping = "https://ping.example.edu.cn/{SECRET}"
[messages.mail]
to = ["office@example.edu.cn"]
sender = "photos@example.edu.cn"
host = "mail.example.edu.cn"
[audit]
mail = ["audit@example.edu.cn"]
[desk]
host = "0.0.0.0"
[nightly]
engine = "ray"
address = "10.1.2.3:6379"
carry_files = true
"""


def told(folder: Path, extra: str = "", lang: str = "en") -> str:
    return "\n".join(disclosed(load_site(site_file(folder, extra=extra)), lang))


def test_a_quiet_site_says_that_nothing_leaves(tmp_path: Path) -> None:
    text, t = told(tmp_path), words("disclosure", "en")
    assert t["stays"] in text and t["not_encrypted"] in text
    assert t["cards_unread"] in text and t["not_searching"] in text
    assert "127.0.0.1:8765" in text and t["desk_open"] not in text
    assert list(leaving(load_site(tmp_path / "photoproof.toml"))) == []


def test_all_that_leaves_is_told_without_its_secrets(tmp_path: Path) -> None:
    text, t = told(tmp_path, LOUD), words("disclosure", "en")
    assert t["leaves"] in text and t["stays"] not in text
    for place in ("office@example.edu.cn (mail.example.edu.cn)", "hooks.example.edu.cn"):
        assert place in text
    for place in ("ping.example.edu.cn", "audit@example.edu.cn", "10.1.2.3:6379"):
        assert place in text
    assert t["files_carried"] in text and t["desk_open"] in text
    assert SECRET not in text


def test_check_and_sheet_tell_of_the_same_ways_out(tmp_path: Path) -> None:
    site = load_site(site_file(tmp_path, extra=LOUD))
    ways, t = list(leaving(site)), words("disclosure", "en")
    told_by_check = [r.text for r in examine(site) if r.text in {one.remark for one in ways}]
    assert told_by_check == [one.remark for one in ways]
    sheet = list(disclosed(site, "en"))
    assert all(t[one.key.replace(".", "_")].format(where=one.where) in sheet for one in ways)


@pytest.mark.parametrize(
    "login",
    [
        'oidc = { issuer = "https://id.example.edu.cn", client_id = "p" }',
        'cas = { server = "https://id.example.edu.cn/cas" }',
    ],
)
def test_the_schools_sign_in_is_told_of(tmp_path: Path, login: str) -> None:
    text = told(tmp_path, f'[desk]\nurl = "https://photos.example.edu.cn/"\n[login]\n{login}\n')
    assert "id.example.edu.cn, the school's sign-in, is asked who" in text


def test_an_end_of_keeping_is_told_or_asked_for(tmp_path: Path) -> None:
    assert "WARNING" in told(tmp_path)
    path = tmp_path / "photoproof.toml"
    before = path.read_text("utf-8")
    day = "registration_ends = 2026-06-30\nkeep_days = 10\n"
    path.write_text(before.replace("roster =", day + "roster =", 1), "utf-8")
    text = "\n".join(disclosed(load_site(path), "en"))
    assert "Kept until 2026-07-10 (10 days after registration ends on 2026-06-30)" in text
    assert "WARNING" not in text


def test_the_cohorts_own_policy_counts(tmp_path: Path) -> None:
    path = site_file(tmp_path)
    own = "[card]\nread = true\n[cohort]\none_to_many = true\n[privacy]\nkeep_templates = true\n"
    (tmp_path / "policy.toml").write_text(own)
    text = "\n".join(disclosed(load_site(path), "en"))
    t = words("disclosure", "en")
    for key in ("cards_read", "searching", "templates_kept"):
        assert t[key] in text


def test_keys_at_rest_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.site.disclosure.site_key.given", lambda: (b"k" * 32,))
    assert words("disclosure", "en")["encrypted"] in told(tmp_path)


@pytest.mark.parametrize("lang", languages())
def test_every_language_fills_every_place(tmp_path: Path, lang: str) -> None:
    text = told(tmp_path, LOUD, lang)
    assert "{" not in text and "}" not in text


def test_the_command_tells_of_its_site(tmp_path: Path) -> None:
    path = site_file(tmp_path, extra=LOUD)
    shown = CliRunner().invoke(cli.app, ["privacy", "--site", str(path), "--lang", "en"])
    assert shown.exit_code == 0, shown.output
    assert words("disclosure", "en")["leaves"] in shown.output
    table = json.loads(
        CliRunner().invoke(cli.app, ["privacy", "--site", str(path), "--json"]).stdout
    )
    assert table["leaves"]["messages.webhook"] == "hooks.example.edu.cn"
    assert set(table["kept_until"].values()) == {None}
