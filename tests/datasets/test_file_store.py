"""Copies of training files, sealed where that is configured."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.files import file_store_of
from app.stores import open_store
from app.workspaces.terminal import rotate_keys_command
from bot.datasets import plain_folder
from bot.datasets.file_store import FileStore, Sealing
from bot.encryption import KeyRing, Unopened
from bot.errors import StartError
from bot.settings import load as load_settings
from texts.errors import sentence

OLD, NEW = KeyRing([b"o" * 32]), KeyRing([b"n" * 32, b"o" * 32])
WORDS = b'{"messages": "peppermint zeppelin"}\n'


@pytest.fixture(params=["in memory", "on disk"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the store; where there is room in memory, and where there is none."""
    memory = tmp_path / "memory"
    if request.param == "in memory":
        memory.mkdir()
    monkeypatch.setattr(plain_folder, "IN_MEMORY", memory)
    return tmp_path / "files"


def sealing(folder: Path, ring: KeyRing = OLD) -> FileStore:
    return FileStore(folder, 1_000, Sealing(ring, True))


async def keep(store: FileStore, sha256: str = "abc", words: bytes = WORDS) -> None:
    part = store.part()
    part.write_bytes(words)
    assert (await store.adopt(part, sha256)).bytes == len(words)
    assert not part.exists()


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_a_sealed_copy_is_plain_only_while_it_is_read_and_only_for_us(folder: Path) -> None:
    store = sealing(folder)
    await keep(store)
    assert store.has("abc")
    assert WORDS not in bytes_in(folder.parent)
    async with store.plain("abc") as path:
        assert path.read_bytes() == WORDS
        for each in (path, path.parent):
            assert each.stat().st_mode & 0o077 == 0
    assert WORDS not in bytes_in(folder.parent)
    assert b"".join(store.content("abc")) == WORDS
    store.remove("abc")
    assert not store.has("abc")


@pytest.mark.parametrize("seals", [False, True])
async def test_a_copy_is_on_the_disk_before_anybody_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seals: bool
) -> None:
    """Its row is, too, and a power cut must leave none without its file."""
    store = sealing(tmp_path) if seals else FileStore(tmp_path, 1_000)
    fsync, replace, done = os.fsync, os.replace, []

    def note_fsync(handle: int) -> None:
        done.append(("fsync", os.fstat(handle).st_ino))
        fsync(handle)

    def note_replace(old: Path, new: Path) -> None:
        done.append(("replace", old.stat().st_ino))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    await keep(store)
    (file,) = (one.stat().st_ino for one in tmp_path.glob("abc.*"))
    assert done == [("fsync", file), ("replace", file), ("fsync", tmp_path.stat().st_ino)]


async def test_what_was_plain_before_is_sealed_at_the_next_start(folder: Path) -> None:
    await keep(FileStore(folder, 1_000))
    assert WORDS in bytes_in(folder)
    store = sealing(folder)
    async with store.plain("abc") as path:
        assert path.read_bytes() == WORDS, "until then it is read as it is"
    assert [store.seal_all(), store.seal_all()] == [1, 0]
    assert WORDS not in bytes_in(folder.parent)
    assert b"".join(store.content("abc")) == WORDS


async def test_without_sealing_new_files_are_plain_and_sealed_ones_are_read_as_long_as_there_is_the_key(
    folder: Path,
) -> None:
    await keep(sealing(folder))
    store = FileStore(folder, 1_000, Sealing(OLD, False))
    await keep(store, "def")
    assert store.path("def").read_bytes() == WORDS
    async with store.plain("abc") as path:
        assert path.read_bytes() == WORDS
    with pytest.raises(Unopened, match="key_missing"):
        async with FileStore(folder, 1_000).plain("abc"):
            pass


async def test_keys_are_rotated_while_files_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = folder.parent / "data"
    for place in (data, data / "workspaces/T0ACME"):
        await keep(sealing(place / "files"))
    keys = ",".join(base64.b64encode(key * 32).decode() for key in (b"n", b"o"))
    monkeypatch.setenv("FINETUNE_DATA", str(data))
    monkeypatch.setenv("FINETUNE_ENCRYPTION_KEYS", keys)
    monkeypatch.chdir(folder.parent)
    await (await open_store(load_settings())).close()
    large = WORDS * 20_000  # of several chunks
    await keep(sealing(data / "files"), "large", large)
    reading = sealing(data / "files").content("large")
    begun = next(reading)
    assert await asyncio.to_thread(rotate_keys_command) == 0
    assert begun + b"".join(reading) == large
    only_new = KeyRing([b"n" * 32])
    for place in (data, data / "workspaces/T0ACME"):
        assert b"".join(sealing(place / "files", only_new).content("abc")) == WORDS


def test_what_a_killed_process_left_plain_is_removed_at_the_next_start(folder: Path) -> None:
    store = sealing(folder)
    left = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, pathlib, sys\n"
            "from bot.datasets import plain_folder\n"
            "plain_folder.IN_MEMORY = pathlib.Path(sys.argv[2])\n"
            "part = plain_folder.PlainFolder(pathlib.Path(sys.argv[1])).new(10)\n"
            "part.write_text('peppermint zeppelin')\n"
            "print(part, flush=True)\n"
            "os.kill(os.getpid(), 9)",
            folder,
            plain_folder.IN_MEMORY,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    part = Path(left.stdout.strip())
    assert part.read_text() == "peppermint zeppelin"
    root = plain_folder.IN_MEMORY if plain_folder.IN_MEMORY.is_dir() else folder
    earlier = (
        next(root.iterdir()) / "another-host-1" / "left"
    )  # as an earlier version laid it out, in another container
    earlier.parent.mkdir()
    earlier.write_bytes(WORDS)
    ours = store.part()
    store.seal_all()
    assert not part.exists()
    assert not earlier.exists()
    assert not ours.exists(), "a process that has just begun reads nothing yet"
    assert b"zeppelin" not in bytes_in(folder.parent)


def test_two_stores_that_have_one_path_in_two_containers_do_not_share_a_folder_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(plain_folder, "IN_MEMORY", memory)
    folder = tmp_path / "files"
    first = sealing(folder)
    kept = first.part()
    folder.rename(tmp_path / "of another container")
    sealing(folder).seal_all()
    assert kept.exists()


def test_a_folder_that_somebody_else_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, memory = tmp_path / "files", tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(plain_folder, "IN_MEMORY", memory)
    store = sealing(folder)
    foreign = store.part().parent
    foreign.chmod(0o777)
    assert store.part().is_relative_to(folder)


def test_files_are_sealed_where_the_settings_say_so_and_that_needs_keys(tmp_path: Path) -> None:
    settings = load_settings(_env_file=None, finetune_data=tmp_path, finetune_encrypt_files=True)
    with pytest.raises(StartError, match="no_keys_for_files"):
        file_store_of(settings)
    with_keys = settings.model_copy(
        update={"finetune_encryption_keys": SecretStr(base64.b64encode(b"o" * 32).decode())}
    )
    assert file_store_of(with_keys).part().parent != tmp_path / "files"
    assert os.listdir(tmp_path / "files") in ([], ["plain"])


@pytest.mark.parametrize("keys", ["", base64.b64encode(b"x" * 32).decode()], ids=["no key", "another key"])
async def test_nothing_starts_without_the_key_of_files_and_it_says_how_many_and_what_to_do(
    tmp_path: Path, keys: str
) -> None:
    folder = tmp_path / "files"
    settings = load_settings(_env_file=None, finetune_data=tmp_path, finetune_encryption_keys=SecretStr(keys))
    file_store_of(settings)
    for sha256 in ("abc", "def"):
        await keep(sealing(folder), sha256)
    with pytest.raises(StartError, match="files_without_key") as refused:
        file_store_of(settings)
    words = sentence(refused.value)
    assert words.startswith(f"2 training files in {folder} were encrypted with a key that is not in ")
    assert OLD.first.hex() in words
    assert "Add that key again, behind the others" in words
    with_both = f"{keys},{base64.b64encode(b'o' * 32).decode()}".removeprefix(",")
    files = file_store_of(settings.model_copy(update={"finetune_encryption_keys": SecretStr(with_both)}))
    assert b"".join(files.content("abc")) == WORDS


async def test_a_damaged_file_stops_no_start(tmp_path: Path) -> None:
    await keep(sealing(tmp_path / "files"))
    (tmp_path / "files/abc.sealed").write_bytes(b"FBF1")
    files = file_store_of(load_settings(_env_file=None, finetune_data=tmp_path))
    with pytest.raises(Unopened, match="sealed_damaged"):
        b"".join(files.content("abc"))
