"""A thread laid out as an example."""

from bot.conversations.background import Said
from bot.conversations.conversation import BACKGROUND, Conversation, Turn
from bot.providers.chat import ToolCall
from bot.thread_examples.draft import MOST_TURNS, Draft, DraftTurn, Role, of_conversation, of_messages

ANA, BEN, CAI, BOT = "U0ANA", "U0BEN", "U0CAI", "U0BOT"
CHAT = Conversation("chat-1", "ft:voice", "T0ACME", "C1", "1.0", ANA, 1.0, system="Be kind.")


def said(ts: str, user: str, text: str, *, app: bool = False) -> Said:
    return Said(ts, user, user.removeprefix("U0").title(), text, app)


THREAD = [
    said("1.0", ANA, "Where is my refund?"),
    said("2.0", BEN, "Let me look."),
    said("3.0", BOT, "A report of the bot's", app=True),
    said("4.0", CAI, "I wait, too."),
    said("5.0", BEN, "It was sent on Monday."),
    said("6.0", ANA, "Thanks!"),
]


def roles(draft: Draft) -> str:
    return "".join(turn.role.value[0] for turn in draft.turns)


def test_who_wrote_first_asks_who_wrote_most_beside_answers_and_apps_are_left_out() -> None:
    draft = of_messages(THREAD, "1.0", bot_user=BOT)
    assert roles(draft) == "ualual"
    assert draft.messages == [
        {"role": "user", "content": "Where is my refund?"},
        {"role": "assistant", "content": "Let me look."},
        {"role": "user", "content": "I wait, too."},
        {"role": "assistant", "content": "It was sent on Monday."},
    ]
    assert draft.contributors == (ANA, BEN, CAI)
    assert draft.errors() == []


def test_chosen_on_an_answer_its_writer_answers_and_the_example_ends_there() -> None:
    draft = of_messages(THREAD, "4.0", bot_user=BOT)
    assert roles(draft) == "uula"
    assert draft.messages == [
        {"role": "user", "content": "Where is my refund?\nLet me look."},
        {"role": "assistant", "content": "I wait, too."},
    ]
    assert of_messages(THREAD, "2.0").contributors == (ANA, BEN)


def test_an_app_answers_where_its_message_was_chosen() -> None:
    thread = [said("1.0", ANA, "Hi"), said("2.0", "B1", "Hello", app=True)]
    draft = of_messages(thread, "2.0", bot_user=BOT)
    assert draft.messages[-1] == {"role": "assistant", "content": "Hello"}
    assert draft.contributors == (ANA,), "an app has no words of its own"


def test_a_long_thread_keeps_its_latest_turns_and_says_how_many_it_left_out() -> None:
    thread = [said(f"{n}.0", (ANA, BEN)[n % 2], f"Message {n}") for n in range(60)]
    draft = of_messages(thread, "0.0")
    assert (len(draft.turns), draft.left_out) == (MOST_TURNS, 60 - MOST_TURNS)
    assert draft.messages[-1] == {"role": "assistant", "content": "Message 59"}
    assert draft.messages[0]["role"] == "user", "an answer that nobody asked for is left out"
    wordy = [said("1.0", ANA, "a" * 29_000), said("2.0", ANA, "b" * 2_000), said("3.0", BEN, "c")]
    assert of_messages(wordy, "1.0").left_out == 1


def test_what_a_training_file_may_not_hold_is_found_at_its_turn() -> None:
    draft = Draft((DraftTurn("1", Role.USER, "a"), DraftTurn("2", Role.ASSISTANT, ""), DraftTurn("3", Role.USER, "b")))
    assert [(id, finding.code) for id, finding in draft.errors()] == [
        ("2", "missing_content"),
        ("3", "last_message_not_assistant"),
    ]


def test_a_conversation_has_its_system_message_its_tools_and_what_was_answered() -> None:
    call = ToolCall("c1", "look_up", '{"mail": "lena.k@gmail.com"}')
    chat = Conversation(
        "chat-1",
        "ft:voice",
        "T0ACME",
        "C1",
        "1.0",
        ANA,
        1.0,
        system="Be kind.",
        tools=({"type": "function", "function": {"name": "look_up"}},),
    )
    turns = [
        Turn("0.5", BACKGROUND, "It broke.", user=BEN, name="Ben"),
        Turn("1.0", "user", "Why?", user=ANA),
        Turn("1.0", "assistant", "", tool_calls=(call,)),
        Turn("1.0", "tool", "Lena, lena.k@gmail.com", tool_call_id="c1"),
        Turn("1.0+1", "assistant", "Since Monday.", edited_by=CAI),
        Turn("2.0", "user", "And now?", user=ANA),
        Turn("2.0", "assistant", "Wait."),
        Turn("3.0", "user", "Not answered", user=BEN),
    ]
    draft = of_conversation(chat, turns, upto="1.0")
    assert [message["role"] for message in draft.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert "Ben: It broke." in draft.messages[1]["content"]
    assert draft.contributors == (BEN, ANA, CAI), "who edits an answer has words in it"
    assert draft.errors() == []
    assert draft.example["tools"] == list(chat.tools)
    assert [message["content"] for message in of_conversation(chat, turns).messages[-2:]] == ["And now?", "Wait."]
    masked, found = draft.masked()
    assert masked.messages[2]["tool_calls"][0]["function"]["arguments"] == '{"mail": "[EMAIL_1]"}'
    assert masked.messages[3]["content"] == "Lena, [EMAIL_1]"
    assert found.counts == {"mail address": 2}


def test_the_names_of_those_who_speak_are_masked_everywhere() -> None:
    draft = of_messages([said("1.0", ANA, "I am Ana"), said("2.0", BEN, "Hi Ana!")], "1.0", people={ANA: ("Ana",)})
    assert [message["content"] for message in draft.masked()[0].messages] == ["I am [NAME_1]", "Hi [NAME_1]!"]


def test_an_empty_system_message_is_none() -> None:
    draft = of_messages(THREAD, "1.0")
    assert draft.example.keys() == {"messages"}
