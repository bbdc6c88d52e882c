"""The command `finetune-bot` as a person types it."""

import importlib.util
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.cli import app


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[object, str, str]:
    monkeypatch.setattr(sys, "argv", ["finetune-bot", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out, err = capsys.readouterr()
    return end.value.code, out, err


@pytest.mark.parametrize("command", ["try", "trainer", "sandbox"])
def test_what_needs_the_extra_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else real(name, *rest))
    code, _, err = said(capsys, monkeypatch, command)
    assert code == 1
    assert err.startswith(f"finetune-bot: `finetune-bot {command}` needs the extra [local] (torch missing).")
    assert 'pip install -e ".[local]"' in err


def test_a_trouble_at_start_is_one_sentence_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HTTP_PORT", "99999")
    code, _, err = said(capsys, monkeypatch, "run")
    assert code == 1
    assert err.startswith("finetune-bot: A setting cannot be used. HTTP_PORT")
    assert "Traceback" not in err


def test_a_log_level_that_there_is_not_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FINETUNE_LOG_LEVEL", "LOUD")
    assert "FINETUNE_LOG_LEVEL is LOUD; it must be DEBUG" in said(capsys, monkeypatch, "run")[2]


def test_interrupting_it_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    code, _, err = said(capsys, monkeypatch)
    assert (code, err) == (130, "")


def test_without_a_command_it_shows_what_there_is() -> None:
    shown = CliRunner().invoke(app, []).output
    for command in ("run", "try", "check", "trainer", "sandbox"):
        assert command in shown


def test_the_words_after_trainer_are_the_trainers(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[object] = []
    monkeypatch.setattr(cli, "_pass_on", lambda module, words: passed.append((module, words)) or 7)
    result = CliRunner().invoke(app, ["trainer", "keys", "create", "--help"])
    assert result.exit_code == 7
    assert passed == [("trainer", ["keys", "create", "--help"])]


def test_a_port_that_cannot_be_is_refused() -> None:
    result = CliRunner().invoke(app, ["try", "--port", "70000"])
    assert result.exit_code == 2
    assert "65535" in result.output
