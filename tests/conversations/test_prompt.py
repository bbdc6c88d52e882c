from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.conversation import BACKGROUND, Attachment, Conversation, Turn
from bot.conversations.prompt import BEFORE, NO_RESULT, NOW, exchanges, next_part, parts_of, prompt, up_to
from bot.providers.chat import ChatMessage, ToolCall

PLAIN = Conversation("chat-1", "ft:model", "T0ACME", "C1", "1.1", "U0ANA", 1.0)
TAUGHT = Conversation("chat-1", "ft:model", "T0ACME", "C1", "1.1", "U0ANA", 1.0, system="Be kind.")


SUM = ToolCall("call-1", "sum", '{"a": 1}')
LOOK = ToolCall("call-2", "look", "{}")


def talk(*texts: str) -> list[Turn]:
    """Questions (`One?`) and their answers (`One.`)."""
    turns: list[Turn] = []
    for text in texts:
        question = text.endswith("?")
        turns.append(
            Turn(f"{len(turns) + 1}.0" if question else turns[-1].ts, "user" if question else "assistant", text)
        )
    return turns


def said(messages: list[ChatMessage]) -> list[str]:
    return [message.content for message in messages]


def test_the_model_is_given_what_was_said_under_the_system_message_of_its_training() -> None:
    assert prompt(TAUGHT, talk("One?", "One.", "Two?")) == [
        ChatMessage("system", "Be kind."),
        ChatMessage("user", "One?"),
        ChatMessage("assistant", "One."),
        ChatMessage("user", "Two?"),
    ]


def test_without_such_a_message_there_is_none() -> None:
    assert said(prompt(PLAIN, talk("One?"))) == ["One?"]


def test_what_was_never_answered_is_left_out_but_for_the_last() -> None:
    assert said(prompt(PLAIN, talk("Lost?", "One?", "One.", "Gone?", "Two?"))) == ["One?", "One.", "Two?"]


def test_the_latest_exchanges_are_kept() -> None:
    turns = talk("One?", "One.", "Two?", "Two.", "Three?")
    assert said(prompt(PLAIN, turns, 2)) == ["Two?", "Two.", "Three?"]
    assert said(prompt(PLAIN, turns, 1)) == ["Three?"]
    assert said(prompt(TAUGHT, turns, 0)) == ["Be kind."]


def test_an_answer_that_went_on_later_is_one_turn_where_it_began() -> None:
    turns = [
        Turn("1.1", "user", "One?"),
        Turn("1.1", "assistant", "One"),
        Turn("2.2", "user", "Two?"),
        Turn("2.2", "assistant", "Two."),
        Turn("1.1+1", "assistant", " and"),
        Turn("1.1+2", "assistant", " more."),
        Turn("3.3", "user", "Three?"),
    ]
    assert said(prompt(PLAIN, turns)) == ["One?", "One and more.", "Two?", "Two.", "Three?"]
    assert [part.ts for part in parts_of(turns, "1.1+1")] == ["1.1", "1.1+1", "1.1+2"]
    assert next_part("1.1+2") == "1.1+3"


def test_of_several_answers_to_a_question_the_latest_counts() -> None:
    turns = [*talk("One?", "One."), Turn("1.0~1", "assistant", "Uno"), Turn("1.0~1+1", "assistant", "."), *talk("Two?")]
    turns[-1] = Turn("2.0", "user", "Two?")
    assert said(prompt(PLAIN, turns)) == ["One?", "Uno.", "Two?"]
    assert [turn.ts for turn in up_to(turns, "1.0~1+1")] == ["1.0", "1.0~1"]


def test_calls_are_followed_by_their_results_in_the_order_of_the_calls() -> None:
    turns = [
        Turn("1.0", "user", "One?"),
        Turn("1.0", "assistant", "", "tool_calls", tool_calls=(SUM, LOOK)),
        Turn("1.0", "tool", "A view", tool_call_id=LOOK.id),
        Turn("1.0", "tool", "3", tool_call_id=SUM.id),
        Turn("1.0+1", "assistant", "Three."),
        Turn("2.0", "user", "Two?"),
    ]
    assert prompt(PLAIN, turns) == [
        ChatMessage("user", "One?"),
        ChatMessage("assistant", "", tool_calls=(SUM, LOOK)),
        ChatMessage("tool", "3", tool_call_id=SUM.id),
        ChatMessage("tool", "A view", tool_call_id=LOOK.id),
        ChatMessage("assistant", "Three."),
        ChatMessage("user", "Two?"),
    ]
    assert [part.ts for part in parts_of(turns, "1.0")] == ["1.0"]
    assert [part.ts for part in parts_of(turns, "1.0+1")] == ["1.0+1"]


def test_a_call_that_nobody_answered_has_no_result() -> None:
    turns = [*talk("One?"), Turn("1.0", "assistant", "", tool_calls=(SUM,)), Turn("2.0", "user", "Never mind?")]
    assert prompt(PLAIN, turns)[2] == ChatMessage("tool", NO_RESULT, tool_call_id=SUM.id)


def test_what_was_deleted_leaves_with_its_answer() -> None:
    turns = talk("One?", "One.", "Two?", "Two.", "Three?")
    turns[0] = Turn("1.0", "user", "", deleted_at=9.0)
    assert said(prompt(PLAIN, turns)) == ["Two?", "Two.", "Three?"]


def test_what_was_said_before_the_model_was_called_stands_before_the_first_question_until_that_is_dropped() -> None:
    before = [Turn("0.2", BACKGROUND, "Hi!", user="U0BEN"), Turn("0.1", BACKGROUND, "Hello", user="U0ANA", name="Ana")]
    turns = [*before, *talk("One?", "One.", "Two?")]
    first = f"{BEFORE}\n\nAna: Hello\nU0BEN: Hi!\n\n{NOW}\n\nOne?"
    assert said(prompt(TAUGHT, turns)) == ["Be kind.", first, "One.", "Two?"]
    assert said(prompt(PLAIN, turns, 1)) == ["Two?"]


def test_files_stand_before_the_question() -> None:
    files = (Attachment("a.txt", "Line"), Attachment("b.png", image="data:image/png;base64,AA=="))
    assert prompt(PLAIN, [Turn("1.0", "user", "What is it?", attachments=files)]) == [
        ChatMessage("user", "a.txt:\nLine\n\nWhat is it?", images=("data:image/png;base64,AA==",))
    ]


_TURNS = st.builds(
    Turn,
    st.builds("{}.0{}{}".format, st.integers(1, 4), st.sampled_from(["", "~1"]), st.sampled_from(["", "+1", "+2"])),
    st.sampled_from(["user", "assistant", "tool", BACKGROUND]),
    st.text(max_size=3),
    tool_calls=st.sampled_from([(), (SUM,), (SUM, LOOK)]),
    tool_call_id=st.sampled_from([None, SUM.id, LOOK.id]),
    deleted_at=st.sampled_from([None, None, 1.0]),
)


@given(st.lists(_TURNS, max_size=12), st.none() | st.integers(0, 5))
def test_the_protocol_takes_every_prompt(turns: list[Turn], most: int | None) -> None:
    """A person and the model take turns; after calls come their results, each once and in order."""
    messages = prompt(PLAIN, turns, most)
    assert len(exchanges(turns)) >= len([message for message in messages if message.role == "user"])
    previous = ChatMessage("assistant", "")
    open_calls: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert message.tool_call_id == open_calls.pop(0)
        else:
            assert not open_calls
            assert (message.role == "user") == (previous.role != "user" and message.role == "user")
            assert message.role != previous.role
            open_calls = [call.id for call in message.tool_calls]
        previous = message
    assert not open_calls
