import pytest
from slack_sdk.models.blocks import Block

from handlers.blocks.parts import actions, button, context, message, option, section


def test_a_message_that_is_too_long_keeps_its_first_lines_and_its_buttons_and_says_so() -> None:
    long: list[Block] = [section(f"{number} " + "x" * 2900) for number in range(6)]
    shown = [block.to_dict() for block in message("Title", [*long, actions(button("Go", "go", "1"))]).blocks]
    assert [block["type"] for block in shown] == ["section", "section", "section", "context", "actions"]
    assert shown[0]["text"]["text"].startswith("0 ")
    assert shown[3]["elements"][0]["text"].startswith("Shortened")


def test_a_message_of_too_many_blocks_is_cut_to_fifty() -> None:
    assert len(message("Title", [context(str(number)) for number in range(80)]).blocks) == 50


def test_a_message_that_fits_is_left_alone() -> None:
    blocks = [section("one"), context("two")]
    assert list(message("Title", blocks).blocks) == blocks


def test_a_value_is_never_cut_short_as_it_would_name_something_else() -> None:
    with pytest.raises(ValueError, match="2000"):
        button("Chat", "model_chat", "m" * 2001)
    with pytest.raises(ValueError, match="150"):
        option("Model", "m" * 151)
