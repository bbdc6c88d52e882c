"""The command `finetune-bot` as a person types it."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app import command_line
from app.command_line import app
from bot.version import version
from trainer.base_models import read_embedding_models, read_table
from trainer.cli import app as trainer_app


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[object, str, str]:
    monkeypatch.setattr(sys, "argv", ["finetune-bot", *words])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    out, err = capsys.readouterr()
    return end.value.code, out, err


def without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else real(name, *rest))


@pytest.mark.parametrize(
    ("command", "extra", "missing"),
    [("try", "local", "torch"), ("trainer", "local", "torch"), ("sandbox", "sandbox", "starlette")],
)
def test_what_needs_an_extra_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, extra: str, missing: str
) -> None:
    without(monkeypatch, missing)
    code, _, err = said(capsys, monkeypatch, command)
    assert code == 1
    assert err.startswith(f"finetune-bot: `finetune-bot {command}` needs the extra [{extra}] ({missing}")
    assert f'pip install -c constraints.txt -e ".[{extra}]"' in err


def test_the_sandbox_needs_no_torch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("starlette", reason="needs the extra [sandbox]")
    without(monkeypatch, "torch")
    code, out, _ = said(capsys, monkeypatch, "sandbox", "--help")
    assert code == 0
    assert "--manifest" in out


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

    monkeypatch.setattr(command_line, "app", interrupted)
    code, _, err = said(capsys, monkeypatch)
    assert (code, err) == (130, "")


def test_without_a_command_it_shows_what_there_is() -> None:
    shown = CliRunner().invoke(app, []).output
    for command in ("run", "try", "check", "trainer", "sandbox"):
        assert command in shown


def test_a_port_that_cannot_be_is_refused() -> None:
    result = CliRunner().invoke(app, ["try", "--port", "70000"])
    assert result.exit_code == 2
    assert "65535" in result.output


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["-h"]])
def test_what_people_ask_a_program_first_is_answered(words: list[str]) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert f"finetune-bot {version()}" in result.output or "--version" in result.output


def pages_of_help(command: Any, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from pages_of_help(inner, *words, name)


HELP = [
    *(
        (app, words)
        for words in pages_of_help(typer.main.get_command(app))
        if words[:1] not in [("trainer",), ("sandbox",)]
    ),
    *((trainer_app, words) for words in pages_of_help(typer.main.get_command(trainer_app))),
]


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize(("program", "words"), HELP)
def test_the_help_is_whole_in_a_narrow_window(program: Any, words: tuple[str, ...], columns: int) -> None:
    """Nothing is cut, no flag asks for a value, and no line is wider than the window."""
    shown = CliRunner().invoke(program, [*words, "--help"], terminal_width=columns, max_content_width=columns).output
    assert "..." not in re.sub(r"[],]\.\.\.", "", shown)  # of several words
    assert "<bool>" not in shown
    assert max(map(len, shown.splitlines())) <= columns


@pytest.mark.parametrize("columns", [80, 60])
def test_the_base_models_names_are_whole_in_a_narrow_window(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = CliRunner().invoke(trainer_app, ["models"]).output
    lines = re.sub(r"\x1b\[\d*m", "", shown).splitlines()
    assert {line.split()[0] for line in lines} >= set(read_table(None))
    assert max(map(len, lines)) <= columns


def test_through_a_pipe_one_line_is_one_base_model(tmp_path: Path) -> None:
    lines = CliRunner().invoke(trainer_app, ["models", "--cache", str(tmp_path)]).output.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [*read_table(None), *read_embedding_models(None)]
    assert "Llama 3.2 Community" in lines[8]


@pytest.mark.parametrize("server", ["app.run", "trainer.server"])
def test_a_server_starts_without_loading_what_it_does_not_use(server: str) -> None:
    heavy = {"pandas", "torch", "transformers", "matplotlib"}
    code = f"import sys, {server}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)
