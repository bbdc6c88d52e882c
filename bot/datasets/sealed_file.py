"""A file encrypted at rest, read and written as a stream.

AES-256-GCM in chunks, by the construction STREAM (Hoang, Reyhanitabar, Rogaway and Vizár: "Online Authenticated-
Encryption and its Nonce-Reuse Misuse-Resistance", 2015): the nonce of each holds its number and whether it is the last,
so that chunks that were left out, swapped or cut off are noticed. Each file has a key of its own, derived (HKDF-SHA256)
from one of the key ring, a random salt, and what the file is of; it opens under no other name.

Format: `FBF1`, id of the ring's key (8 bytes), salt (32), first part of the nonces (7), then chunks of 256 KiB, each
with its tag (16).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.encryption import ID_BYTES, KEY_BYTES, KeyRing, Unopened

_MARK: Final = b"FBF1"
_SALT_BYTES: Final = 32
_PREFIX_BYTES: Final = 7
_HEAD_BYTES: Final = len(_MARK) + ID_BYTES + _SALT_BYTES + _PREFIX_BYTES
_TAG_BYTES: Final = 16
CHUNK: Final = 1 << 18
_PURPOSE: Final = "training files"


def seal(plain: Iterator[bytes], target: BinaryIO, ring: KeyRing, of: str) -> None:
    """Write what `plain` gives, in pieces of any size, with the ring's first key. `of`: whose content it is."""
    salt, prefix = os.urandom(_SALT_BYTES), os.urandom(_PREFIX_BYTES)
    target.write(_MARK + ring.first + salt + prefix)
    cipher = _cipher(ring, ring.first, salt, of)
    waiting, number = bytearray(), 0
    for piece in plain:
        waiting += piece
        while len(waiting) > CHUNK:  # the last one is known only when nothing follows
            target.write(cipher.encrypt(_nonce(prefix, number, last=False), bytes(waiting[:CHUNK]), None))
            del waiting[:CHUNK]
            number += 1
    target.write(cipher.encrypt(_nonce(prefix, number, last=True), bytes(waiting), None))


def opened(source: BinaryIO, ring: KeyRing | None, of: str) -> Iterator[bytes]:
    """The content, in pieces. Raises Unopened: where the key is missing, or the file was changed; then what came before
    may have been whole."""
    head = source.read(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES or not head.startswith(_MARK):
        raise Unopened("sealed_damaged")
    id = _key_id(head)
    if ring is None:
        raise Unopened("key_missing", key=id.hex())
    prefix = head[-_PREFIX_BYTES:]
    cipher = _cipher(ring, id, head[len(_MARK) + ID_BYTES : -_PREFIX_BYTES], of)
    chunk, number = source.read(CHUNK + _TAG_BYTES), 0
    while True:
        following = source.read(CHUNK + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(prefix, number, last=not following), chunk, None)
        except InvalidTag:
            raise Unopened("sealed_damaged") from None
        if not following:
            return
        chunk, number = following, number + 1


def sealed_with(file: Path) -> bytes | None:
    """The id of the ring's key that a file was sealed with; None for one that is damaged or gone."""
    try:
        with file.open("rb") as source:
            head = source.read(_HEAD_BYTES)
    except FileNotFoundError:
        return None
    return _key_id(head) if len(head) == _HEAD_BYTES and head.startswith(_MARK) else None


def pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(CHUNK):
        yield piece


def _key_id(head: bytes) -> bytes:
    return head[len(_MARK) : len(_MARK) + ID_BYTES]


def _cipher(ring: KeyRing, id: bytes, salt: bytes, of: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, of.encode()).derive(ring.key(id, _PURPOSE)))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4) + bytes([last])
