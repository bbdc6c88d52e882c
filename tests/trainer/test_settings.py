"""Settings of the trainer, from the environment and from a file."""

import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.cli import main
from trainer.errors import TrainerError
from trainer.server import open_store
from trainer.settings import cache_folder, load


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    # What `pull` changes of the process.
    monkeypatch.setenv("TQDM_DISABLE", "1")
    ended_by = signal.getsignal(signal.SIGTERM)
    for name in ("FINETUNE_CACHE", "TRAINER_KEY", "TRAINER_SAVE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    yield
    signal.signal(signal.SIGTERM, ended_by)


def test_the_environment_goes_before_the_file_and_arguments_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("TRAINER_KEY=sk-file\nTRAINER_SAVE_SECONDS=7\nFINETUNE_CACHE=from-file\n")
    monkeypatch.setenv("TRAINER_SAVE_SECONDS", "9")
    monkeypatch.setenv("FINETUNE_CACHE", "from-environment")
    settings = load(Path("data"))
    assert (settings.key, settings.save_seconds) == ("sk-file", 9)
    assert settings.cache == tmp_path / "from-environment"
    assert load(Path("data"), cache=tmp_path / "named").cache == tmp_path / "named"
    assert settings.data == tmp_path / "data"
    assert "sk-file" not in repr(settings)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_data_folder_is_nobody_elses_and_one_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o750)
    for folder, mode in ((tmp_path / "new", 0o700), (there, 0o750)):
        open_store(load(folder)).close()
        assert stat.S_IMODE(folder.stat().st_mode) == mode


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_SAVE_SECONDS", "")
    assert load(Path("data")).save_seconds == 60


def test_names_of_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_ALLOWED_HOSTS", "Trainer.example, other ,")
    assert load(Path("data")).allowed_hosts == ("trainer.example", "other")


def test_each_value_that_cannot_be_used_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_SAVE_SECONDS", "often")
    monkeypatch.setenv("TRAINER_CHAT_MEMORY", "-1")
    with pytest.raises(TrainerError) as caught:
        load(Path("data"))
    first, second = str(caught.value).splitlines()
    assert first == "TRAINER_SAVE_SECONDS must be a number."
    assert second == "TRAINER_CHAT_MEMORY must be 0 or more."


def test_a_file_of_settings_that_is_no_text_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"TRAINER_KEY=\xff\xfe")
    with pytest.raises(TrainerError, match=r"^The file `\.env` cannot be read: "):
        load(Path("data"))


@pytest.mark.parametrize("command", [["models"], ["pull"], ["keys", "list"], ["retire", "any"], ["serve"]])
def test_every_command_says_which_setting_is_wrong(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRAINER_CHAT_DISK", "much")
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "TRAINER_CHAT_DISK must be a number.\n"


def test_a_bucket_is_shared_without_any_folder_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FINETUNE_CACHE", raising=False)
    shared = load(tmp_path, shared="s3://finetune/team")
    assert shared.bucket == "s3://finetune/team"
    assert shared.uploads == tmp_path / "files"
    assert shared.cache == cache_folder()
    folder = load(tmp_path, shared=str(tmp_path / "mnt"))
    assert folder.bucket is None
    assert (folder.states, folder.cache) == (tmp_path / "mnt" / "states", tmp_path / "mnt" / "cache")
