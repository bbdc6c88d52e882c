from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.conversation import Conversation, Turn, prompt
from bot.providers.chat import ChatMessage

PLAIN = Conversation("chat-1", "ft:model", "T0ACME", "C1", "1.1", "U0ANA", 1.0)
TAUGHT = Conversation("chat-1", "ft:model", "T0ACME", "C1", "1.1", "U0ANA", 1.0, system="Be kind.")


def user(text: str) -> Turn:
    return Turn("1.1", "user", text)


def answer(text: str) -> Turn:
    return Turn("1.1", "assistant", text)


def said(messages: list[ChatMessage]) -> list[str]:
    return [message.content for message in messages]


def test_the_model_is_given_what_was_said_under_the_system_message_of_its_training() -> None:
    assert prompt(TAUGHT, [user("One?"), answer("One."), user("Two?")]) == [
        ChatMessage("system", "Be kind."),
        ChatMessage("user", "One?"),
        ChatMessage("assistant", "One."),
        ChatMessage("user", "Two?"),
    ]


def test_without_such_a_message_there_is_none() -> None:
    assert said(prompt(PLAIN, [user("One?")])) == ["One?"]


def test_what_was_never_answered_is_left_out_but_for_the_last() -> None:
    assert said(prompt(PLAIN, [user("Lost?"), user("One?"), answer("One."), user("Gone?"), user("Two?")])) == [
        "One?",
        "One.",
        "Two?",
    ]


def test_the_latest_turns_are_kept_beginning_with_a_person() -> None:
    turns = [user("One?"), answer("One."), user("Two?"), answer("Two."), user("Three?")]
    assert said(prompt(PLAIN, turns, 3)) == ["Two?", "Two.", "Three?"]
    assert said(prompt(PLAIN, turns, 2)) == ["Three?"]
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


@given(
    st.lists(st.builds(Turn, st.just("1.1"), st.sampled_from(["user", "assistant"]), st.text(max_size=3))),
    st.none() | st.integers(0, 12),
)
def test_roles_always_take_turns_beginning_with_a_person(turns: list[Turn], most: int | None) -> None:
    roles = [message.role for message in prompt(PLAIN, turns, most)]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)
    assert most is None or len(roles) <= most
