"""What was typed after `/finetune start`."""

import pytest

from bot.errors import Invalid
from handlers.start.command_words import Typed, read_command


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ("", Typed(None, {})),
        ("train.jsonl", Typed("train.jsonl", {})),
        ("file=train.jsonl epochs=3", Typed("train.jsonl", {"epochs": "3"})),
        ('"my file.jsonl" name=support', Typed("my file.jsonl", {"suffix": "support"})),
        ("n_epochs=3 Learning_Rate=0.3 batch_size=8", Typed(None, {"epochs": "3", "lr": "0.3", "batch": "8"})),
        ("train.jsonl confirm=YES", Typed("train.jsonl", {}, confirmed=True)),
        ("confirm=no", Typed(None, {})),
        # As phones and Slack pass it on.
        ("grader=‘{“a”: 1}’", Typed(None, {"grader": '{"a": 1}'})),
        ("metadata='a=&lt;b&gt; &amp; c'", Typed(None, {"metadata": "a=<b> & c"})),
    ],
)
def test_a_file_and_settings_are_read(words: str, typed: Typed) -> None:
    assert read_command(words) == typed


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('name="unfinished', "quotation_mark_missing"),
        ("colour=blue", "unknown_setting"),
        ("one.jsonl two.jsonl", "unknown_setting"),
    ],
)
def test_what_is_no_setting_is_refused(words: str, kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        read_command(words)
