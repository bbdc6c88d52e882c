"""What is sealed opens only with its key, for its purpose, where it belongs, and unchanged."""

import base64
import os
from pathlib import Path

import pytest

from bot.encryption import KeyRing, Unopened, key_ring
from bot.errors import StartError
from bot.settings import load as load_settings
from texts.errors import sentence
from training_files.redact import redact

OLD, NEW = os.urandom(32), os.urandom(32)


def test_what_was_sealed_opens_again_and_does_not_show() -> None:
    ring = KeyRing([OLD])
    sealed = ring.seal(b"xoxb-secret", "token", of="T1")
    assert b"secret" not in sealed
    assert ring.open(sealed, "token", of="T1") == b"xoxb-secret"
    assert ring.seal(b"xoxb-secret", "token", of="T1") != sealed


def test_the_first_key_seals_and_all_open() -> None:
    before = KeyRing([OLD]).seal(b"it", "token")
    ring = KeyRing([NEW, OLD])
    assert ring.open(before, "token") == b"it"
    assert not ring.is_current(before)
    assert ring.is_current(ring.seal(b"it", "token"))


@pytest.mark.parametrize(("purpose", "of"), [("file", "T1"), ("token", "T2"), ("token", "")])
def test_it_opens_for_nothing_else(purpose: str, of: str) -> None:
    ring = KeyRing([OLD])
    with pytest.raises(Unopened):
        ring.open(ring.seal(b"it", "token", of="T1"), purpose, of=of)


def test_any_changed_or_missing_byte_is_noticed() -> None:
    ring = KeyRing([OLD])
    sealed = ring.seal(b"it", "token")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(Unopened):
            ring.open(bytes(changed), "token")
        with pytest.raises(Unopened):
            ring.open(sealed[:at], "token")


def test_a_lost_key_is_named() -> None:
    sealed = KeyRing([OLD]).seal(b"it", "token")
    with pytest.raises(Unopened) as raised:
        KeyRing([NEW]).open(sealed, "token")
    assert KeyRing([OLD]).first.hex() in sentence(raised.value)


def test_keys_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    old, new = base64.b64encode(OLD).decode(), base64.urlsafe_b64encode(NEW).decode()
    file = tmp_path / "keys"
    file.write_text(f"{new}\n{old}\n")
    for settings in (
        load_settings(_env_file=None, finetune_encryption_keys=f"{new}, {old}"),
        load_settings(_env_file=None, finetune_encryption_keys_file=file),
    ):
        ring = key_ring(settings)
        assert ring is not None
        assert ring.first == KeyRing([NEW]).first
        assert ring.open(KeyRing([OLD]).seal(b"it", "token"), "token") == b"it"
    assert new not in redact(f"a trace with {new} in it")
    assert key_ring(load_settings(_env_file=None)) is None


@pytest.mark.parametrize("word", ["short", base64.b64encode(b"x" * 31).decode(), "é" * 44])
def test_what_is_no_key_is_said_without_repeating_it(word: str, tmp_path: Path) -> None:
    with pytest.raises(StartError) as raised:
        key_ring(load_settings(_env_file=None, finetune_encryption_keys=word))
    assert "openssl rand -base64 32" in sentence(raised.value)
    assert word not in sentence(raised.value)


def test_a_file_of_keys_that_is_empty_or_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    for name in ("empty", "missing"):
        with pytest.raises(StartError):
            key_ring(load_settings(_env_file=None, finetune_encryption_keys_file=tmp_path / name))
