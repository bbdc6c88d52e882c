"""`finetune-bot check`: exit codes, JSON, and what a person reads."""

import json
import os
import subprocess
import sys

import pytest

from bot.check_command import check_command


def run(capsysbinary, *arguments):
    code = check_command(*arguments)
    out, err = capsysbinary.readouterr()
    return code, out.decode(), err.decode()


@pytest.mark.parametrize("as_json", [True, False])
def test_exit_codes_tell_fine_from_errors_from_unreadable(write, good, tmp_path, capsysbinary, as_json):
    assert run(capsysbinary, write(*good), None, None, as_json)[0] == 0
    assert run(capsysbinary, write(*good[:3]), None, None, as_json)[0] == 1
    assert run(capsysbinary, tmp_path / "nothing", None, None, as_json)[0] == 2
    assert run(capsysbinary, tmp_path, None, None, as_json)[0] == 2
    assert run(capsysbinary, write(*good), None, 51, as_json)[0] == 2


def test_json_is_one_object_with_the_agreed_keys(write, good, capsysbinary):
    code, out, err = run(capsysbinary, write(*good, b"{", b""), "gpt-4o-mini", 3, True)
    value = json.loads(out)
    assert (code, err) == (1, "")
    assert (value["ok"], value["format"], value["examples"], value["epochs"]) == (False, "chat", 11, 3)
    assert value["counts"] == {"invalid_json": 1, "empty_line": 1}
    (error,), (warning,) = value["errors"], value["warnings"]
    assert error.keys() == warning.keys() == {"code", "line", "field", "message"}
    assert (error["code"], error["line"], warning["line"]) == ("invalid_json", 11, 12)
    assert {"total", "max", "median", "p95", "billed", "exact"} <= value["tokens"].keys()
    assert value["cost"]["gpt-4o-mini"] == pytest.approx(value["tokens"]["billed"] * 3 * 3 / 1e6)


def test_an_unknown_price_is_null(write, good, capsysbinary):
    _, out, _ = run(capsysbinary, write(*good), "somebody/new", None, True)
    assert json.loads(out)["cost"]["somebody/new"] is None


def test_unreadable_is_one_object_too(tmp_path, capsysbinary):
    code, out, err = run(capsysbinary, tmp_path / "nothing.jsonl", None, None, True)
    assert (code, err) == (2, "")
    assert json.loads(out).keys() == {"ok", "error"}
    assert "nothing.jsonl" in json.loads(out)["error"]


def test_a_person_reads_verdict_figures_and_findings(write, good, capsysbinary):
    _, out, _ = run(capsysbinary, write(*good), None, None, False)
    assert "file.jsonl is ready to train on." in out
    assert "10: a small file is repeated" in out
    assert "gpt-4o-mini-2024-07-18" in out
    assert "your own hardware" in out
    code, out, _ = run(capsysbinary, write(*good, *[{"messages": []}] * 12), "somebody/new", 1, False)
    assert code == 1
    assert "12 errors" in out
    assert "missing_messages_list 12" in out
    assert "line 11" in out
    assert "and 2 more" in out
    assert "price not known" in out
    assert "1: as asked for" in out


def test_what_a_file_holds_does_not_reach_the_terminal_raw(write, good, capsysbinary):
    nasty = {"messages": [{"role": "\x1b[31m\x9b[bold]x[/bold]\u202e", "content": "a"}, *good[0]["messages"]]}
    _, out, _ = run(capsysbinary, write(*good, nasty, name="[red]file\x1b.jsonl"), None, None, False)
    assert not {"\x1b", "\x9b", "\u202e"} & set(out)
    assert "[red]file" in out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_name_that_is_not_text_is_no_trouble(tmp_path, capsysbinary, as_json):
    code, out, err = run(capsysbinary, tmp_path / "\udcff\x1b.jsonl", None, None, as_json)
    assert code == 2
    assert "udcff" in out + err
    assert "\x1b" not in out + err


def test_a_terminal_without_unicode_shows_the_rest(root):
    program = (
        "from pathlib import Path; from bot.check_command import check_command;"
        "raise SystemExit(check_command(Path('examples/house-voice.jsonl'), None, None, False))"
    )
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=root, env=environment, check=True)
    assert b"is ready to train on" in done.stdout


def test_checking_starts_light():
    """What is slow to import is not imported for a check that prints JSON."""
    program = (
        "import sys; import bot.check_command, bot.datasets;"
        "heavy = {'rich', 'numpy', 'tiktoken', 'tokenizers', 'openai', 'asyncio', 'requests', 'hypothesis'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
