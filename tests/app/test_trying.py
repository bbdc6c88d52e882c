"""`finetune-bot try`: what is wrong with the place is said before anything is changed in it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.trying import Trial, _keys
from bot.errors import StartError
from tests.ports import free_port
from texts.language import Language, speaking


def trial(folder: Path, **options: Any) -> Trial:
    return Trial(folder, **{"port": 0, **options})


def test_a_new_folder_is_made_and_known_again(tmp_path: Path) -> None:
    for _ in range(2):
        made = trial(tmp_path / "deep" / "folder")
        made.prepare(reset=False)
        with pytest.raises(StartError, match="Another"):
            trial(tmp_path / "deep" / "folder").prepare(reset=False)
        made.release()


def test_a_folder_with_other_things_in_it_is_left_alone_even_by_a_reset(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StartError, match="holds other things"):
        trial(tmp_path).prepare(reset=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_reset_starts_over(tmp_path: Path) -> None:
    first = trial(tmp_path)
    first.prepare(reset=False)
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "bot.db").write_text("state")
    (tmp_path / "keys.json").write_text("{}")
    first.release()
    second = trial(tmp_path)
    second.prepare(reset=True)
    second.release()
    assert not (tmp_path / "bot").exists()
    assert not (tmp_path / "keys.json").exists()
    third = trial(tmp_path)
    third.prepare(reset=False)
    third.release()


def test_a_reset_does_not_pull_the_folder_from_under_one_that_runs(tmp_path: Path) -> None:
    runs = trial(tmp_path)
    runs.prepare(reset=False)
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(StartError, match="Another `finetune-bot try` is working in"):
        trial(tmp_path).prepare(reset=True)
    assert (tmp_path / "keys.json").exists()
    runs.release()


def test_a_port_in_use_is_named_before_a_reset_deletes_anything(tmp_path: Path) -> None:
    first = trial(tmp_path)
    first.prepare(reset=False)
    (tmp_path / "keys.json").write_text("{}")
    first.release()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=rf"Port {port} on 127\.0\.0\.1 cannot be used .*--port"):
            trial(tmp_path, port=port).prepare(reset=True)
    assert (tmp_path / "keys.json").exists()


def test_an_address_that_this_machine_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"on 192\.0\.2\.1 cannot be used"):
        trial(tmp_path, host="192.0.2.1", port=free_port()).prepare(reset=False)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(StartError, match="folder_not_written"):
            trial(folder).prepare(reset=False)


def test_a_full_disk_is_named_with_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 10, 300_000_000))
    with pytest.raises(StartError, match=r"Only 300 MB are free .* takes about 1.5 GB"):
        trial(tmp_path).prepare(reset=False)


def test_a_smoke_file_that_is_not_there_is_named_first(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no_file"):
        trial(tmp_path / "data").run(smoke=tmp_path / "nothing.jsonl")
    assert not (tmp_path / "data").exists()


def test_a_model_that_cannot_be_fetched_ends_it(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="could not be fetched"):
        trial(tmp_path, base_model="no-such-model").run()


def test_the_keys_of_a_folder_are_made_once_and_are_nobody_elses(tmp_path: Path) -> None:
    made = _keys(tmp_path / "keys.json")
    assert _keys(tmp_path / "keys.json") == made
    assert _keys(tmp_path / "other.json") != made
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


def test_the_bot_speaks_the_language_of_the_terminal_unless_a_setting_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINETUNE_LANGUAGE", raising=False)
    with speaking(Language.CHINESE):
        assert Trial(tmp_path).language == "zh"
        monkeypatch.setenv("FINETUNE_LANGUAGE", "en")
        assert Trial(tmp_path).language == "en"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_signal_that_comes_while_a_process_is_being_started_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    started: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    made = trial(tmp_path)
    assert made.run() == 0
    made.release()
    (left,) = started
    try:
        assert left.poll() is not None
    finally:
        left.kill()
        left.wait()
