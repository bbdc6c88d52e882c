"""`finetune-bot check`: exit codes, JSON, and what a person reads."""

import csv
import json
import os
import re
import subprocess
import sys

import pytest

from app.check import check_command


def run(capsysbinary, *arguments, **more):
    code = check_command(*arguments, **more)
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
    assert error.keys() == warning.keys() == {"code", "line", "field", "message", "quote", "params"}
    assert error["message"].startswith("The line is not valid JSON: a key")
    assert (error["params"], warning["params"]) == ({"problem": "key_expected", "column": 2}, {})
    assert (value["method"], value["complete"], value["deep"]) == ("supervised", True, False)
    assert value["histogram"]
    assert (error["code"], error["line"], warning["line"]) == ("invalid_json", 11, 12)
    assert {"total", "max", "median", "p95", "billed", "exact"} <= value["tokens"].keys()
    assert value["cost"]["gpt-4o-mini"] == pytest.approx(value["tokens"]["billed"] * 3 * 3 / 1e6)


def test_an_unknown_price_is_null(write, good, capsysbinary):
    _, out, _ = run(capsysbinary, write(*good), "somebody/new", None, True)
    assert json.loads(out)["cost"]["somebody/new"] is None


def test_a_price_made_of_another_tokenizers_count_is_about_right(write, capsysbinary):
    long = {"messages": [{"role": "user", "content": "word " * 9_000}, {"role": "assistant", "content": "So."}]}
    _, out, _ = run(capsysbinary, write(*[long] * 10), None, None, False)
    assert re.search(r"gpt-4o-mini-2024-07-18 +\$", out)
    assert re.search(r"gpt-4.1-2025-04-14 +\$", out)
    assert re.search(r"Llama-3.1-8B-Instruct +about \$", out)
    named = [long["messages"][0] | {"name": "ann"}, long["messages"][1]]
    _, out, _ = run(capsysbinary, write(*[{"messages": named}] * 10), None, None, False)
    assert re.search(r"gpt-4.1-2025-04-14 +about \$", out)


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
    assert "missing_messages_list 12 times" in out
    assert "lines 11, 12, 13, 14 …" in out
    assert "unknown price" in out
    assert "1: as asked for" in out


def test_the_text_at_fault_is_quoted_and_repairs_are_pointed_to(write, good, capsysbinary):
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '"{\\"a\\": 1}"'}}
    wrong = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]}]}
    _, out, _ = run(capsysbinary, write(*good, wrong, good[0]), None, None, False)
    assert "double_encoded_arguments once" in out
    assert r"{\"a\": 1}" in out
    assert "finetune-bot prepare" in out
    _, out, _ = run(capsysbinary, write(*good), None, None, False)
    assert "finetune-bot prepare" not in out


def test_lengths_are_shown_as_a_histogram_in_one_line(write, capsysbinary):
    examples = [
        {"messages": [{"role": "user", "content": "word " * n}, {"role": "assistant", "content": "x"}]}
        for n in (1, 5, 5, 5, 9)
    ]
    _, out, _ = run(capsysbinary, write(*examples), None, None, False, deep=False)
    assert re.search(r"\d+ ▃ +█ +▃ \d+", out)


def test_the_second_pass_is_for_people_unless_a_script_asks_for_it(write, good, capsysbinary):
    secret = {
        "messages": [
            {"role": "user", "content": "Mail me at ada.lovelace@analytical-engine.org, please"},
            {"role": "assistant", "content": "I will."},
        ]
    }
    path = write(*good, secret)
    assert "personal_data" in run(capsysbinary, path, None, None, False)[1]
    assert "personal_data" not in run(capsysbinary, path, None, None, False, deep=False)[1]
    assert "personal_data" not in json.loads(run(capsysbinary, path, None, None, True)[1])["counts"]
    value = json.loads(run(capsysbinary, path, None, None, True, deep=True)[1])
    assert (value["counts"]["personal_data"], value["deep"]) == (1, True)


def test_examples_of_the_validation_file_are_found(write, good, capsysbinary):
    validation = write(good[2], name="validation.jsonl")
    _, out, _ = run(capsysbinary, write(*good), None, None, True, validation=validation)
    assert json.loads(out)["counts"] == {"in_validation_file": 1}


def test_all_findings_go_to_a_table_that_runs_nothing(write, good, tmp_path, capsysbinary):
    nasty = {"messages": [{"role": "=HYPERLINK(1)", "content": "a"}, *good[0]["messages"]]}
    out = tmp_path / "findings.csv"
    code, _, _ = run(capsysbinary, write(*good, nasty, b""), None, None, True, all_findings=out)
    assert code == 1
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["severity"], row["line"], row["code"]) for row in rows] == [
        ("error", "11", "unrecognized_role"),
        ("warning", "12", "empty_line"),
    ]
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    code, _, err = run(
        capsysbinary, write(*good), None, None, False, deep=False, all_findings=tmp_path / "no" / "a.csv"
    )
    assert (code, "cannot be written" in err) == (2, True)


def test_findings_are_not_written_over_a_training_file(write, good, capsysbinary):
    path = write(*good)
    before = path.read_bytes()
    table = write(b"question,answer", b"a,b", name="table.csv")
    for file in (path, table):
        code, _, err = run(capsysbinary, file, None, None, False, all_findings=file)
        assert (code, path.read_bytes()) == (2, before)
        assert ".csv" in err
    assert table.read_bytes() == b"question,answer\na,b\n"


def test_a_table_is_shown_with_how_it_would_be_read(tmp_path, capsysbinary):
    path = tmp_path / "questions.csv"
    path.write_text("question,answer\n" + "".join(f"How much is {n}?,{n} euros\n" for n in range(30)))
    code, out, _ = run(capsysbinary, path, None, None, False)
    assert code == 1
    assert "none yet; 30 rows" in out
    assert "finetune-bot prepare" in out


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
        "from pathlib import Path; from app.check import check_command;"
        "raise SystemExit(check_command(Path('examples/house-voice.jsonl'), None, None, False))"
    )
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=root, env=environment, check=True)
    assert b"is ready to train on" in done.stdout


HEAVY = {
    *(
        "rich",
        "numpy",
        "matplotlib",
        "asyncio",
        "openai",
        "requests",
        "aiohttp",
        "slack_sdk",
        "slack_bolt",
        "structlog",
    ),
    *("tiktoken", "tokenizers", "splintr", "transformers", "torch", "chardet", "python_calamine", "arro3"),
    *("re2", "phonenumbers", "stdnum", "rapidfuzz", "rensa", "jsonschema_rs", "sqlite_utils", "apscheduler"),
    *(
        "pydantic_settings",
        "bot.settings",
        "bot.access",
        "bot.jobs",
        "bot.spending",
        "bot.store",
        "training_files.repair",
        "training_files.content_scan.scan",
        "hypothesis",
    ),
}


def test_a_check_that_prints_json_imports_nothing_slow(write, good):
    """The whole command, on a file without findings: what tables, the second pass and the bot need stays away."""
    program = (
        "import atexit, sys; from app.command_line import main;"
        f"atexit.register(lambda: print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr));"
        "sys.argv[0] = 'finetune-bot'; main()"
    )
    command = [sys.executable, "-c", program, "check", str(write(*good)), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["ok"]
    assert done.stderr.strip() == "[]"
