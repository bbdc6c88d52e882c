from collections.abc import Callable

from msgspec.structs import replace

from bot.conversations.conversation import Conversation
from handlers.blocks.message import Message
from handlers.chat import blocks as chat
from tests.slack_requests import Answers
from texts import chat as texts
from texts.language import Language, speaking

See = Callable[[Message], str]
TALK = Conversation("cv-1", "ft:x", "T0ACME", "C0TRAINING", "1.0", "U0ADA", 1.0)


def test_a_conversation_says_who_answers_and_how_to_begin(seen: See) -> None:
    shown = seen(chat.conversation_shown(replace(TALK, question="Where is my parcel?")))
    assert shown.startswith("<@U0ADA> This thread talks to `ft:x`.")
    assert "“Where is my parcel?”" in shown
    assert "A start could be" not in seen(chat.conversation_shown(TALK))


def test_a_model_that_calls_the_channel_calls_nobody() -> None:
    assert chat.stream_text("<!channel> hi") == "<\u200b!channel> hi"
    assert "<!" not in "".join(map(chat.stream_text, ("see <", "!channel> <", "@U0ANA>")))
    assert chat.stream_text("`if a < b && c > d`") == "`if a < b && c > d`"


def test_streamed_pieces_keep_their_spaces_and_line_breaks() -> None:
    pieces = ["Hello", " wor", "ld.\n", "\n- a"]
    assert "".join(chat.stream_text(piece) for piece in pieces) == "Hello world.\n\n- a"


def test_each_way_in_which_an_answer_can_end_is_told_but_the_usual_one(seen: See) -> None:
    assert [texts.end_note(reason) for reason in (None, "stop", "length")] == ["", "", ""]
    assert "content filter ended" in texts.end_note("content_filter")
    assert "refused" in texts.end_note("refusal")
    assert "reached the length" in seen(chat.cut_off("length", "1.1+1"))
    assert "nothing to say" in seen(chat.nothing_said("stop"))
    assert "withheld" in seen(chat.nothing_said("content_filter"))


def test_what_to_do_is_said_by_the_buttons_names(seen: See) -> None:
    shown = seen(chat.message_too_long("ft:x"))
    assert "Send a shorter message, or press *Chat* on the model's card, then *New conversation*." in shown


def test_a_warming_model_needs_no_help_and_a_deleted_one_can_be_replaced(seen: See) -> None:
    assert "nothing to do" in seen(chat.model_warming("ft:x"))
    gone = chat.model_gone(TALK)
    assert "Press *Model* to go on here with another one." in seen(gone)
    assert Answers([gone]).buttons == [(chat.MODEL, TALK.id)]


def test_a_conversation_is_opened_in_chinese(seen: See) -> None:
    with speaking(Language.CHINESE):
        shown = seen(chat.conversation_shown(replace(TALK, question="包裹在哪里？")))
    assert shown.startswith("<@U0ADA> 这个消息列用来与 `ft:x` 对话。")
    assert "*在这个消息列中回复*" in shown
    assert "“包裹在哪里？”" in shown


def test_a_provider_stands_behind_the_model_in_the_brackets_of_the_language(seen: See) -> None:
    talk = replace(TALK, provider="lab")
    assert "`ft:x` (lab)" in seen(chat.conversation_shown(talk))
    with speaking(Language.CHINESE):
        assert "`ft:x`（lab）" in seen(chat.conversation_shown(talk))
