"""`finetune-bot prepare` and `finetune-bot split`: what a person chooses, reads and gets."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.prepare import PrepareOptions, prepare_command, split_command

ROOT = Path(__file__).parents[2]
GOOD = [
    {
        "messages": [
            {"role": "user", "content": f"What is {n}?"},
            {"role": "assistant", "content": f"It is {n}, said {n}."},
        ]
    }
    for n in range(10)
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ten good examples, a role in another format's words, a duplicate, and what cannot be saved."""
    path = tmp_path / "train.jsonl"
    human = {"messages": [{"role": "human", "content": "Who?"}, {"role": "assistant", "content": "You, I said."}]}
    path.write_text("".join(json.dumps(one) + "\n" for one in [*GOOD, human, GOOD[0]]) + "{broken\n", encoding="utf-8")
    return path


def examples(path: Path) -> list[object]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_yes_does_what_is_recommended_and_shows_the_verdict(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_bytes()
    assert prepare_command(file, PrepareOptions(yes=True)) == 0
    out = capsys.readouterr().out
    assert "train.repaired.jsonl: 11 examples, 1 left out." in out
    assert "line 13: The line is not valid JSON" in out
    assert "train.repaired.jsonl is ready to train on" in out
    assert file.read_bytes() == before
    assert len(examples(file.with_name("train.repaired.jsonl"))) == 11


def test_without_a_terminal_the_plan_is_shown_and_what_to_type(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare_command(file, PrepareOptions(to="chat")) == 1
    out = capsys.readouterr().out
    assert 'messages[0].role: "human"' in out
    assert 'messages[0].role: "user"' in out
    assert "It is the same as line 1." in out
    assert "--to chat --yes" in out
    assert [one.name for one in file.parent.iterdir()] == ["train.jsonl"]


def test_only_what_is_named_is_done(file: Path) -> None:
    out = file.with_name("other.jsonl")
    assert prepare_command(file, PrepareOptions(out=out, choose="duplicates")) == 1  # the wrong role is still there
    assert len(examples(out)) == 11
    assert "human" in out.read_text(encoding="utf-8")


def test_nothing_is_overwritten_without_being_told_to(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = file.with_name("train.repaired.jsonl")
    out.write_text("mine", encoding="utf-8")
    assert prepare_command(file, PrepareOptions(yes=True)) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "mine"
    assert prepare_command(file, PrepareOptions(yes=True, force=True)) == 0
    assert prepare_command(file, PrepareOptions(out=file, yes=True, force=True)) == 2


def test_a_sound_file_needs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in GOOD), encoding="utf-8")
    assert prepare_command(path, PrepareOptions()) == 0
    assert "Nothing needs repair." in capsys.readouterr().out
    assert prepare_command(path, PrepareOptions(yes=True)) == 0  # a script finds its file
    assert path.with_name("train.repaired.jsonl").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "options",
    [PrepareOptions(choose="polish"), PrepareOptions(columns="nonsense"), PrepareOptions(columns="user=a,prompt=b")],
)
def test_a_mistyped_option_is_named(file: Path, options: PrepareOptions, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare_command(file, options) == 2
    assert capsys.readouterr().err.strip().endswith(".")


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare_command(tmp_path / "none.jsonl", PrepareOptions(yes=True)) == 2
    assert "none.jsonl" in capsys.readouterr().err


def test_a_tables_columns_are_shown_and_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faq.csv"
    path.write_text("k,l,m,n\n" + "".join(f"{n},{n + 1},{n + 2},{n + 3}\n" for n in range(12)), encoding="utf-8")
    assert prepare_command(path, PrepareOptions(yes=True)) == 1
    assert "--columns user=COLUMN,assistant=COLUMN" in capsys.readouterr().out
    assert prepare_command(path, PrepareOptions(yes=True, columns="user=l,assistant=n")) == 0
    first = examples(tmp_path / "faq.repaired.jsonl")[0]
    assert first == {"messages": [{"role": "user", "content": "1"}, {"role": "assistant", "content": "3"}]}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("typed", "roles", "many"), [("2\n", True, 11), ("q\n", None, None)])
def test_on_a_terminal_the_person_chooses(file: Path, typed: str, roles: bool | None, many: int | None) -> None:
    shown = on_a_terminal(typed, "prepare", str(file))
    assert "Which?" in shown
    out = file.with_name("train.repaired.jsonl")
    if many is None:
        assert not out.exists()
        return
    assert len(examples(out)) == many
    assert ("human" in out.read_text(encoding="utf-8")) is roles


def on_a_terminal(typed: str, *arguments: str) -> str:
    """What a person sees who types that, once they are asked."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "app", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT)
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(ours)
        process.wait(60)
    return shown.decode(errors="replace")


def test_what_a_file_holds_does_not_reach_the_terminal_raw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nasty.jsonl"
    nasty = {
        "messages": [{"role": "Human", "content": "\x1b[31m[bold]\x9b"}, {"role": "gpt", "content": "\u202e[/nothing]"}]
    }
    path.write_text(json.dumps(nasty) + "\n{'a", encoding="utf-8")
    prepare_command(path, PrepareOptions())
    prepare_command(path, PrepareOptions(yes=True))
    assert not set(capsys.readouterr().out) & {"\x1b", "\x9b", "\u202e"}


def test_a_split_writes_both_parts_beside_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "house.jsonl"
    shutil.copy(ROOT / "examples" / "house-voice.jsonl", path)
    assert split_command(path, 0.25, 42, False) == 0
    assert "9 examples for training, 3 examples for validation." in capsys.readouterr().out
    assert len(examples(tmp_path / "house.training.jsonl")) == 9
    assert len(examples(tmp_path / "house.validation.jsonl")) == 3
    assert split_command(path, 0.25, 42, False) == 2
    assert "--force" in capsys.readouterr().err


def test_preparing_starts_light() -> None:
    """Neither the command line nor the data sets load what only repairing needs."""
    program = (
        "import sys; import app.prepare;"
        "print(sorted({'rich', 'training_files.repair', 're2', 'chardet', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_split_whose_files_are_there_names_only_what_split_can_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.training.jsonl").write_text("")
    assert split_command(tmp_path / "a.jsonl", 0.1, 42, force=False) == 2
    said = capsys.readouterr().err
    assert "is there already. Move it away, or overwrite it with --force." in said
    assert "-o" not in said.split()
