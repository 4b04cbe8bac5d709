"""`photoproof.toml`: read whole, found from below, every fault named by file and key."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from site_cases import SITE, site_file
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.errors import ConfigError
from pipeline.core.said import recognised, worded
from pipeline.core.words import languages
from pipeline.site.config import find_site, load_site
from pipeline.site.faults import examine
from pipeline.site.place import FILE, VARIABLE

CALL = CliRunner()


def test_the_shipped_example_is_a_site(tmp_path: Path) -> None:
    assert CALL.invoke(cli.app, ["site", "init", str(tmp_path)]).exit_code == 0
    site = load_site(tmp_path / FILE)
    assert (site.lang, list(site.cohorts), site.messages.mail.to) == ("zh", ["2026"], ())
    assert site.run_of("2026") == tmp_path / "cohorts" / "2026" / "run"


@pytest.mark.parametrize("lang", languages())
def test_the_example_is_written_in_the_readers_words(tmp_path: Path, lang: str) -> None:
    made = CALL.invoke(cli.app, ["--lang", lang, "site", "init", str(tmp_path)])
    assert made.exit_code == 0, made.output
    text = (tmp_path / FILE).read_text("utf-8")
    assert ("以 # 开头的行" in text, "Lines that begin with #" in text) == (
        lang == "zh",
        lang == "en",
    )


def uncommented(name: str, left: str) -> str:
    """An example with all its commented lines but one."""
    lines = files("data").joinpath(name).read_text("utf-8").splitlines()
    lines.remove(next(line for line in lines if line.startswith(f"# {left} = ")))
    whole = [line[2:] if line.startswith("# ") and " = " in line else line for line in lines]
    return "\n".join(whole).replace("https://…", "https://hooks.example.edu.cn/x")


@pytest.mark.parametrize("left", ["cas", "oidc"])  # a school has one of the two
def test_every_commented_line_of_the_examples_can_be_uncommented(tmp_path: Path, left: str) -> None:
    english, chinese = (uncommented(name, left) for name in ("site.toml", "site.zh.toml"))
    assert tomllib.loads(english) == tomllib.loads(chinese)
    (tmp_path / FILE).write_text(chinese, "utf-8")
    site = load_site(tmp_path / FILE)
    assert site.messages.mail.host == "smtp.example.edu.cn"
    assert site.cohorts["2026"].kept_until == date(2026, 12, 27)


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("mine", "utf-8")
    result = CALL.invoke(cli.app, ["site", "init", str(tmp_path)])
    assert isinstance(result.exception, ConfigError)
    assert (tmp_path / FILE).read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"colour = 1\n{SITE}", "unknown key `colour`"),
        (f'lang = "fr"\n{SITE}', "`lang` is 'fr'; allowed: zh, en"),
        (f'folder = "x"\n{SITE}', "unknown key `folder`"),
        ('name = "x"\n[cohorts.2026]\nroster = [1]', "`cohorts.2026.roster"),
        ('name = "x"\n[cohorts."../x"]\nroster = "r.csv"\nphotos = "p"', "names a folder"),
        (f'{SITE}[messages]\nwebhook = "ftp://x"', "`messages.webhook` is 'ftp://x'; must be an"),
        (f'{SITE}[messages.mail]\nto = ["me"]', "`messages.mail.to`"),
        (f'{SITE}[messages.mail]\nto = ["a@b.cn"]', "needs `host` and `sender`"),
        (f"{SITE}[nightly]\nkeep_nights = 0", "`nightly.keep_nights` is 0"),
        (f"{SITE}[nightly]\nworkers = true", "`nightly.workers`"),
        (f'{SITE}[desk]\npath = "no/slash"', "`desk.path`"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = site_file(tmp_path, text=text)
    with pytest.raises(ConfigError) as refused:
        load_site(path)
    assert str(path) in refused.value.message
    assert told in refused.value.message


def test_it_is_found_from_below_by_variable_and_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    with pytest.raises(ConfigError, match=r"there is no photoproof\.toml in"):
        find_site()
    path = site_file(tmp_path)
    assert find_site() == path
    other = site_file(tmp_path / "other")
    monkeypatch.setenv(VARIABLE, str(other.parent))
    assert find_site() == other
    assert find_site(path) == path
    with pytest.raises(ConfigError, match=r"there is no photoproof\.toml"):
        find_site(tmp_path / "a")


EXTRA = """
[messages]
webhook = "https://hooks.b.cn/x"
[messages.mail]
to = ["a@b.cn"]
sender = "p@b.cn"
host = "smtp.b.cn"
user = "p"
tls = "none"
"""


def test_faults_of_what_it_names_are_told_by_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PHOTOPROOF_MAIL_PASSWORD", raising=False)
    monkeypatch.delenv("PHOTOPROOF_WEBHOOK_SECRET", raising=False)
    extra = EXTRA.replace("\n", '\nopt_out = "in/refuse.xlsx"\nprofile = "none.toml"\n', 1)
    path = site_file(tmp_path, extra)
    remarks = [(r.key, r.fault, r.text) for r in examine(load_site(path))]

    def told(key: str, fault: bool, words: str) -> bool:
        return any(k == key and f is fault and words in text for k, f, text in remarks)

    assert told("cohorts.2026.roster", True, "is not there")
    assert told("cohorts.2026.photos", True, "is not there")
    assert told("cohorts.2026.opt_out", True, "is not there")
    assert told("cohorts.2026", True, str(tmp_path / "none.toml"))  # from the file's own folder
    assert told("messages.mail.user", True, "PHOTOPROOF_MAIL_PASSWORD")
    assert told("messages.mail", False, "NOT encrypted")
    assert told("messages.webhook", False, "sends counts to https://hooks.b.cn/x")
    assert told("messages.webhook", False, "is not signed")
    assert told("cohorts.2026.registration_ends", False, "is ever deleted")
    result = CALL.invoke(cli.app, ["site", "check", "--site", str(path)])
    assert isinstance(result.exception, ConfigError)
    assert "5 faults" in result.exception.message
    assert "[cohorts.2026.roster]" in result.output


def test_a_cluster_that_photos_go_to_is_named(tmp_path: Path) -> None:
    extra = '[nightly]\nengine = "ray"\naddress = "10.1.0.1:6379"\n'
    said = {r.key: (r.text, r.fault) for r in examine(load_site(site_file(tmp_path, extra)))}
    text, fault = said["nightly.address"]
    assert (text, fault) == ("has photos looked at on the Ray cluster 10.1.0.1:6379", False)
    assert worded(recognised(text, "site_remark"), "zh") == "在 Ray 集群 10.1.0.1:6379 上看照片"


def test_a_sound_site_says_so(tmp_path: Path) -> None:
    path = site_file(tmp_path)
    (tmp_path / "in" / "photos").mkdir(parents=True)
    (tmp_path / "in" / "roster.csv").write_text("学号,姓名\n1,甲\n", "utf-8")
    result = CALL.invoke(cli.app, ["site", "check", "--site", str(path)])
    assert result.exit_code == 0, result.output
    assert "sound" in result.output


def test_a_policy_that_is_wrong_is_named(tmp_path: Path) -> None:
    path = site_file(tmp_path)
    (tmp_path / "policy.toml").write_text("[orientation]\nmin_confidence = 7\n")
    told = [r.text for r in examine(load_site(path)) if r.fault]
    assert any("min_confidence" in text for text in told)


@pytest.mark.parametrize("command", ["add", "password"])
def test_no_password_is_asked_for_where_no_site_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    result = CALL.invoke(cli.app, ["site", "user", command, "an"])
    assert isinstance(result.exception, ConfigError)
    assert result.output == ""
