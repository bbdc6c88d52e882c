"""Examples of a training file in a modal, as the conversations that they are."""

from bot.datasets.dataset import Dataset
from handlers.datasets.blocks.sample import sample_modal
from texts.language import Language, speaking
from training_files.sample import TURNS, Sampled

DATASET = Dataset("ds-1", "aa", "talks.jsonl", 900, "U1", "T1", "C1", False, "1.0", 0.0)


def test_where_turns_were_left_out_the_modal_says_how_many() -> None:
    long = Sampled(3, "chat", tuple(("user", f"turn {n}") for n in range(TURNS)), left_out=88)
    shown = [block.to_dict() for block in sample_modal(DATASET, [long], "C1").blocks]
    at = next(number for number, block in enumerate(shown) if "turn 5" in str(block))
    assert shown[at + 1]["elements"][0]["text"] == "… 88 turns left out …"
    assert "turn 6" in str(shown[at + 2])
    with speaking(Language.CHINESE):
        assert "（此处省略 88 条消息）" in str(
            [block.to_dict() for block in sample_modal(DATASET, [long], "C1").blocks]
        )


def test_of_a_short_conversation_nothing_is_left_out() -> None:
    short = Sampled(3, "chat", (("user", "Why?"), ("assistant", "So.")))
    assert "left out" not in str([block.to_dict() for block in sample_modal(DATASET, [short], "C1").blocks])
