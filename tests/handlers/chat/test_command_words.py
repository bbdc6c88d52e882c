"""What is typed after `/finetune chat`."""

import pytest

from bot.conversations.settings import SettingsChange
from bot.errors import Invalid
from handlers.chat.command_words import Typed, read_command


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ("", Typed("")),
        ("`voice`", Typed("voice")),
        ("what's new", Typed("what's new")),
        (
            'gpt-4.1-mini system="Be brief.\nBe kind." Temperature=0.2 max_completion_tokens=50',
            Typed("gpt-4.1-mini", SettingsChange("Be brief.\nBe kind.", {"temperature": 0.2, "max_tokens": 50})),
        ),
        ("system=“Don’t shout.” voice", Typed("voice", SettingsChange("Don't shout."))),
        (r"voice stop=END stop='\n\n'", Typed("voice", SettingsChange(parameters={"stop": ("END", "\n\n")}))),
        ("voice system=", Typed("voice", SettingsChange(None))),
    ],
)
def test_a_model_and_settings_are_read(words: str, typed: Typed) -> None:
    assert read_command(words) == typed


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("voice warmth=1", "unknown_setting"),
        ("voice please temperature=1", "unknown_setting"),
        ("temperature=1", "no_model_named"),
        ('voice system="Be', "quotation_mark_missing"),
        ("voice temperature=3 seed=x", "settings_refused"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(words: str, kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        read_command(words)
