"""A name means the thing that is called so, and nothing else by chance."""

import pytest

from bot.errors import Ambiguous
from bot.naming import the_one_named

BASE = "SmolLM2-135M-Instruct"
OLD, NEW, OTHER = "ft:smol:local:voice:1a", "ft:smol:local:voice:2b", "ft:smol:local:voice-german:3c"
NAMES = {BASE: (BASE, None), OLD: (OLD, "voice"), NEW: (NEW, "voice"), OTHER: (OTHER, "voice-german")}


def meant(word: str) -> str | None:
    return the_one_named(word, NAMES, NAMES.__getitem__, label=str)


@pytest.mark.parametrize("word", [BASE, OLD, OTHER])
def test_a_whole_name_means_that_thing(word: str) -> None:
    assert meant(word) == word


@pytest.mark.parametrize(
    ("word", "thing"), [("Smol", BASE), ("voice-g", OTHER), ("ft:smol:local:voice:2", NEW), ("VOICE-GERMAN", OTHER)]
)
def test_the_beginning_of_a_name_means_what_alone_begins_so(word: str, thing: str) -> None:
    assert meant(word) == thing


@pytest.mark.parametrize("word", ["local", "135M", "voice:1a", "nobody"])
def test_a_piece_from_the_middle_means_nothing(word: str) -> None:
    assert meant(word) is None


def test_a_name_that_several_share_is_for_the_person_to_choose() -> None:
    with pytest.raises(Ambiguous, match="ambiguous word=voice") as several:
        meant("voice")
    assert several.value.choices == [OLD, NEW]
    assert several.value.values["shared"]


def test_a_beginning_that_several_share_is_for_the_person_to_choose() -> None:
    with pytest.raises(Ambiguous) as several:
        meant("ft:")
    assert several.value.choices == [OLD, NEW, OTHER]
