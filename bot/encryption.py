"""The key ring: what is kept secret on disk is sealed with its first key, and opened with whichever sealed it.

AES-256-GCM with a random nonce of 12 bytes. A key is never used itself: each purpose has one derived from it
(HKDF-SHA256), so that what was sealed for one purpose opens for no other. What is sealed begins with the id of its key,
so a ring of several needs no trying, and a key that is missing can be named.
"""

import base64
import binascii
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import BotError, StartError
from bot.settings import Settings
from training_files.redact import remember_secret

KEY_BYTES: Final = 32
ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_MARK: Final = b"FB1:"
_SALT: Final = b"finetune-bot"


class Unopened(BotError):
    """Something sealed that cannot be opened: its key is missing, or it was changed."""


class KeyRing:
    """At least one key of 32 bytes, the one that seals first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        assert keys
        assert all(len(key) == KEY_BYTES for key in keys)
        self._keys = {_derived(key, "id", ID_BYTES): key for key in keys}
        self._first = next(iter(self._keys))

    @property
    def first(self) -> bytes:
        """The id of the key that seals: 8 bytes."""
        return self._first

    def has(self, id: bytes) -> bool:
        return id in self._keys

    def key(self, id: bytes, purpose: str) -> bytes:
        """The 32 bytes that a key of the ring gives for a purpose. Raises Unopened where the ring lacks that key."""
        if id not in self._keys:
            raise Unopened("key_missing", key=id.hex())
        return _derived(self._keys[id], f"for {purpose}", KEY_BYTES)

    def seal(self, plain: bytes, purpose: str, of: str = "") -> bytes:
        """`of`: what it belongs to, such as a row's key; it opens nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _MARK + self._first
        sealed = AESGCM(self.key(self._first, purpose)).encrypt(nonce, plain, head + of.encode())
        return head + nonce + sealed

    def open(self, sealed: bytes, purpose: str, of: str = "") -> bytes:
        """Raises Unopened."""
        head = sealed[: len(_MARK) + ID_BYTES]
        if not sealed.startswith(_MARK) or len(sealed) < len(head) + _NONCE_BYTES:
            raise Unopened("sealed_damaged")
        key = self.key(head[len(_MARK) :], purpose)
        nonce, rest = sealed[len(head) : len(head) + _NONCE_BYTES], sealed[len(head) + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, rest, head + of.encode())
        except InvalidTag:
            raise Unopened("sealed_damaged") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it."""
        return sealed.startswith(_MARK + self._first)


def key_ring(settings: Settings) -> KeyRing | None:
    """None where no keys are set. Raises StartError for keys that are none."""
    file, given = settings.finetune_encryption_keys_file, settings.finetune_encryption_keys
    if file is not None:
        try:
            words = file.read_text("ascii").replace(",", " ").split()
        except (OSError, UnicodeDecodeError) as error:
            raise StartError("encryption_keys_unreadable", file=file, why=error) from error
    else:
        words = given.get_secret_value().replace(",", " ").split() if given is not None else []
    if not words:
        if file is not None:
            raise StartError("encryption_keys_unusable", number=1)
        return None
    return KeyRing([_decoded(number, word) for number, word in enumerate(words, 1)])


def _decoded(number: int, word: str) -> bytes:
    """Base64, of either alphabet. Raises StartError, which does not repeat the word."""
    try:
        key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StartError("encryption_keys_unusable", number=number)
    remember_secret(word)
    return key


def _derived(key: bytes, info: str, length: int) -> bytes:
    return HKDF(SHA256(), length, _SALT, info.encode()).derive(key)
