"""`photoproof site token`: a token is shown once, and opens nothing when it is removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from site_cases import site_file

from pipeline import cli
from pipeline.hub import machines
from pipeline.site.config import load_site
from pipeline.site.people import site_ledger


def test_a_token_is_made_listed_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = site_file(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        command = ["photoproof", "site", "token", *words, "--site", str(file), "--lang", "en"]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    def named(token: str) -> str | None:
        with site_ledger(load_site(file)) as ledger:
            return machines.named_by(ledger, token)

    code, out, err = run("add", "booth-1")
    token = out.strip()  # alone, so that a script can take it
    assert (code, named(token)) == (0, "booth-1")
    assert "booth-1" in err and token not in err
    code, _, err = run("add", "booth-1")
    assert code == 11
    assert "already a machine booth-1" in err
    code, out, _ = run("list", "--json")
    assert [one["name"] for one in json.loads(out)] == ["booth-1"]
    assert token not in out
    assert run("remove", "booth-1")[0] == 0
    assert named(token) is None
    code, _, err = run("remove", "booth-1")
    assert code == 11
    assert "no machine booth-1" in err
    assert token.encode() not in (tmp_path / "cohorts/site.sqlite").read_bytes()
