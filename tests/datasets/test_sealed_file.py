"""A sealed file is read as it was written, or not at all."""

import io
import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.datasets.sealed_file import CHUNK, opened, seal
from bot.encryption import KeyRing, Unopened

RING = KeyRing([b"k" * 32])
HEAD = 51
SEALED_CHUNK = CHUNK + 16


def sealed(*pieces: bytes, of: str = "abc") -> bytes:
    target = io.BytesIO()
    seal(iter(pieces), target, RING, of)
    return target.getvalue()


def plain(content: bytes, ring: KeyRing | None = RING, of: str = "abc") -> bytes:
    return b"".join(opened(io.BytesIO(content), ring, of))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_what_was_sealed_is_read_again(size: int) -> None:
    content = os.urandom(size)
    assert plain(sealed(content)) == content


@given(st.lists(st.integers(0, CHUNK), max_size=6))
def test_it_does_not_matter_in_which_pieces_it_came(sizes: list[int]) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    assert plain(sealed(*pieces)) == b"".join(pieces)


THREE = sealed(b"a" * CHUNK, b"b" * CHUNK, b"c" * 10)
FIRST, SECOND = THREE[HEAD : HEAD + SEALED_CHUNK], THREE[HEAD + SEALED_CHUNK : HEAD + 2 * SEALED_CHUNK]
LAST = THREE[HEAD + 2 * SEALED_CHUNK :]
CHANGES: dict[str, Callable[[], bytes]] = {
    "cut off after a chunk": lambda: THREE[: HEAD + 2 * SEALED_CHUNK],
    "cut off within a chunk": lambda: THREE[:-1],
    "nothing but the head": lambda: THREE[:HEAD],
    "within the head": lambda: THREE[: HEAD - 1],
    "empty": lambda: b"",
    "swapped": lambda: THREE[:HEAD] + SECOND + FIRST + LAST,
    "left out": lambda: THREE[:HEAD] + FIRST + LAST,
    "twice": lambda: THREE[:HEAD] + FIRST + FIRST + SECOND + LAST,
    "something behind it": lambda: THREE + b"x",
    "a whole chunk behind it": lambda: THREE + SECOND,
    "of another file": lambda: THREE[:HEAD] + sealed(b"z" * CHUNK, b"y")[HEAD : HEAD + SEALED_CHUNK] + SECOND + LAST,
    "no sealed file": lambda: b'{"messages": []}\n' * 100,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_changed_is_refused(change: str) -> None:
    with pytest.raises(Unopened, match="sealed_damaged"):
        plain(CHANGES[change]())


def test_any_bit_that_was_changed_is_noticed() -> None:
    content = sealed(b"words")
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        with pytest.raises(Unopened):
            plain(bytes(changed))


def test_it_opens_under_no_other_name_and_with_no_other_key() -> None:
    content = sealed(b"words")
    with pytest.raises(Unopened, match="sealed_damaged"):
        plain(content, of="abd")
    for ring in (None, KeyRing([b"x" * 32])):
        with pytest.raises(Unopened, match="key_missing"):
            plain(content, ring)
    assert plain(content, KeyRing([b"x" * 32, b"k" * 32])) == b"words"
