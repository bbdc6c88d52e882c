"""`finetune-bot trainer` and `finetune-bot sandbox` are the server that they start: real processes, real signals."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from app import command_line

BOT = [sys.executable, "-m", "app"]
ROOT = Path(__file__).parents[2]
# A worker that is just starting sees that its server is gone once Python has loaded: seconds, on a busy machine.
_ENDS_WITHIN = 60


def servers(folder: Path) -> dict[str, list[str]]:
    return {
        "trainer": ["trainer", "serve", "--port", "0", "--data", str(folder)],
        "sandbox": ["sandbox", "--port", "0", "--data", str(folder), "--manifest", str(ROOT / "manifest.yml")],
    }


@contextmanager
def serving(name: str, folder: Path) -> Iterator[tuple[psutil.Popen, int]]:
    """The process of `finetune-bot NAME`, and the port that its ready line names."""
    process = psutil.Popen(
        [*BOT, *servers(folder)[name]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup has it ignored, by all that it starts
    )
    family: list[psutil.Process] = [process]
    try:
        line = next((line for line in process.stdout if line.startswith(f"{name} ready ")), "")
        address = re.search(r"http://\S+", line)
        assert address, "it ended before it was ready"
        family += process.children(recursive=True)
        yield process, urlsplit(address[0]).port or 0
        process.wait(_ENDS_WITHIN)
        assert not psutil.wait_procs(family, _ENDS_WITHIN)[1], "something of it is left running"
    finally:
        for one in family:
            if one.is_running():
                one.kill()
        process.stdout.close()


@pytest.mark.parametrize("name", ["trainer", "sandbox"])
def test_the_command_is_the_server_and_each_signal_ends_it_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # each finds the folder free again
        with serving(name, tmp_path) as (process, port):
            listening = {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
            assert port in listening
            process.send_signal(sent)
        assert process.returncode in {0, -sent, 128 + sent}


Words = tuple[str, ...]
Called = Callable[..., tuple[object, str, str]]


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Called:
    """The command with these words, in this process: its exit code, and what it has printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def called(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["finetune-bot", *words])
        with pytest.raises(SystemExit) as end:
            command_line.main()
        return end.value.code, *capsys.readouterr()

    return called


def ended(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BOT, *words], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("trainer", "keys", "delete", "nobody"), 1, "There is no key named nobody."),
        (("trainer", "serve", "--nonsense"), 2, "No such option: --nonsense"),
        (("sandbox", "--nonsense"), 2, "--data"),
        (("trainer", "--help"), 0, "finetune-bot trainer [OPTIONS] COMMAND"),
        (("trainer", "keys", "create", "--help"), 0, "finetune-bot trainer keys create [OPTIONS]"),
        (("sandbox", "--help"), 0, "finetune-bot sandbox"),
    ],
)
def test_the_words_after_it_are_the_others_and_so_is_the_exit_code(
    called: Called, words: Words, code: int, says: str
) -> None:
    result = called(*words)
    assert result[0] == code
    assert says in result[1] + result[2]


def test_the_process_says_under_which_name_it_was_called() -> None:
    assert "Usage: python -m app trainer keys create [OPTIONS]" in ended("trainer", "keys", "create", "--help").stdout


@pytest.mark.parametrize(
    ("name", "in_the_way", "content", "says"),
    [
        ("trainer", "", "a file", "cannot be used: File exists. Name another with --data."),
        ("trainer", "trainer.db", "no database, whatever its name may say", "cannot be used: file is not a database."),
        ("trainer", "trainer.db", None, "cannot be used: unable to open database file."),
        ("trainer", "lock", None, "cannot be used: Is a directory."),
        ("sandbox", "", "a file", "cannot be used (File exists). Choose another with --data."),
    ],
)
def test_a_data_folder_that_cannot_be_used_is_said_in_one_sentence(
    called: Called, name: str, in_the_way: str, content: str | None, says: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    thing = folder / in_the_way
    if content is None:
        thing.mkdir(parents=True)
    else:
        thing.parent.mkdir(parents=True, exist_ok=True)
        thing.write_text(content)
    code, _, errors = called(*servers(folder)[name])
    assert code == 1
    assert says in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("name", ["trainer", "sandbox"])
def test_a_port_in_use_is_said_in_one_sentence(name: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = ended(*servers(tmp_path)[name], "--port", str(other.getsockname()[1]))
    assert result.returncode == 1
    assert "Address already in use" in result.stderr
    assert "--port" in result.stderr
    assert result.stderr.count("\n") == 1
