"""The preview of a thread that is added to a training set."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from bot.access import Caller, Policy
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.collection import Collection, Example
from bot.collections.learned import LearnedModels
from bot.collections.withdrawal import Withdrawal
from bot.conversations.conversation import Conversation, Turn
from bot.errors import Denied, Invalid
from bot.feedback.rating import Press, Why
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.feedback import SqlRatingStore
from bot.store.generations import SqlGenerationStore
from bot.store.jobs import SqlJobStore
from bot.thread_examples.adding import Added, Choice, NewExample, ThreadExamples
from handlers.callers import Callers
from handlers.chat.thread_history import SlackThreadHistory
from handlers.modals import Modals
from handlers.request import Request
from handlers.thread_examples import blocks
from handlers.thread_examples.listeners import ThreadExampleListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, ENGLISH, Answers, a_request
from texts.language import Language, speaking

NAMES = {"U0ANA": "Ana Ruiz", "U0BEN": "Ben Okafor"}
MESSAGES = [
    {"ts": "1.0", "user": "U0ANA", "text": "Hi Ben, mail lena.k@gmail.com about the refund?"},
    {"ts": "2.0", "user": "U0BEN", "text": "Ana, it was sent on Monday."},
]


class Kept:
    """Where examples go."""

    def __init__(self) -> None:
        self.known = [Choice("col-1", "Support")]
        self.examples: list[tuple[str | None, str, NewExample]] = []
        self.waits_for: tuple[str, ...] = ()

    async def choices(self, caller: Caller, *, private: bool) -> Sequence[Choice]:
        return self.known

    async def add(self, caller: Caller, collection: str | None, name: str, example: NewExample) -> Added:
        self.examples.append((collection, name, example))
        return Added(self.known[0] if collection else Choice("col-2", name), len(self.examples), self.waits_for)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def listeners(slack: Slack, database: Database, kept: Kept) -> ThreadExampleListeners:
    def who(request: Any) -> Any:
        from aiohttp import web

        user = request.query["user"]
        return web.json_response(
            {"ok": True, "user": {"id": user, "team_id": "T0ACME", "profile": {"real_name": NAMES.get(user, user)}}}
        )

    slack.replies["users.info"] = [who]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["conversations.replies"] = [{"ok": True, "messages": MESSAGES}]
    for method in ("views.open", "views.update"):
        slack.replies[method] = [{"ok": True, "view": {"id": "V1"}}]
    store, authority = SqlCollectionStore(database), Authority(Policy(), SqlAuditLog(database))
    poster = Poster(slack.client)
    people = People(poster, "T0ACME", Roles())
    return ThreadExampleListeners(
        Callers(people, "T0ACME"),
        ThreadExamples(
            SqlConversationStore(database),
            SlackThreadHistory(poster, people),
            kept,
            people.names,
            Authority(Policy(), SqlAuditLog(database)),
            "U0BOT",
        ),
        people,
        Withdrawal(
            store,
            SqlRatingStore(database),
            SqlGenerationStore(database),
            LearnedModels(store, SqlDatasetStore(database), SqlJobStore(database), authority),
            authority,
        ),
        Modals(poster),
        ENGLISH,
        poster,
    )


def chosen(message: dict[str, Any] = MESSAGES[0]) -> Request:
    return a_request(body={"type": "message_action", "message": {**message, "thread_ts": "1.0"}})


def shown(slack: Slack) -> dict[str, Any]:
    view = slack.called("views.update")[-1]["view"]
    found: dict[str, Any] = json.loads(view) if isinstance(view, str) else view
    return found


def filled(view: dict[str, Any], **typed: str) -> dict[str, Any]:
    """The view as Slack sends it back, with what stands in its fields; `typed` by the beginning of a block_id."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        element: dict[str, Any] = (
            block.get("element") or block.get("accessory") or next(iter(block.get("elements") or [{}]), {})
        )
        if "action_id" not in element:
            continue
        value: dict[str, Any] = {"type": element["type"]}
        match element["type"]:
            case "static_select":
                value["selected_option"] = element.get("initial_option")
            case "checkboxes":
                value["selected_options"] = element.get("initial_options") or []
            case _:
                value["value"] = element.get("initial_value")
        for start, text in typed.items():
            if block["block_id"].startswith(start.replace("__", "/").replace("_at_", ".")):
                if element["type"] == "static_select":
                    value["selected_option"] = {"value": text}
                elif element["type"] == "checkboxes":
                    value["selected_options"] = [{"value": one} for one in text.split()]
                else:
                    value["value"] = text
        values[block["block_id"]] = {element["action_id"]: value}
    return view | {"id": "V1", "state": {"values": values}}


def said(view: dict[str, Any]) -> list[str]:
    return [
        block["element"].get("initial_value", "")
        for block in view["blocks"]
        if block.get("block_id", "").startswith("text/")
    ]


async def test_the_thread_is_shown_to_be_changed_with_names_and_secrets_masked(
    listeners: ThreadExampleListeners, slack: Slack
) -> None:
    await listeners.open(chosen())
    view = shown(slack)
    assert view["callback_id"] == blocks.PREVIEW
    assert said(view) == ["Hi [NAME_1], mail [EMAIL_1] about the refund?", "[NAME_2], it was sent on Monday."]
    words = str(view["blocks"])
    assert "Masked: 1 mail address and 2 names." in words
    assert "lena.k" not in words, "what was masked is not shown until somebody asks for it"


async def test_it_is_shown_in_the_language_of_who_asked(listeners: ThreadExampleListeners, slack: Slack) -> None:
    with speaking(Language.CHINESE):
        await listeners.open(chosen())
    assert "已隐去" in str(shown(slack)["blocks"])


async def test_what_was_masked_is_shown_and_masking_turned_off_while_what_was_typed_stays(
    listeners: ThreadExampleListeners, slack: Slack
) -> None:
    await listeners.open(chosen())
    view = filled(shown(slack), text__2_at_0="It came on Tuesday.", thread_example_options="mask show")
    await listeners.options_changed(a_request(body={"view": view}))
    assert "`[EMAIL_1]` lena.k@gmail.com" in str(shown(slack)["blocks"])
    assert said(shown(slack)) == ["Hi [NAME_1], mail [EMAIL_1] about the refund?", "It came on Tuesday."]
    view = filled(shown(slack), thread_example_options="show")
    await listeners.options_changed(a_request(body={"view": view}))
    assert said(shown(slack)) == [MESSAGES[0]["text"], "It came on Tuesday."]
    ids = [block["block_id"] for block in shown(slack)["blocks"] if "block_id" in block]
    assert any(id.endswith("/2") for id in ids), "a field keeps its old words as long as its id stays"


async def test_what_was_changed_is_masked_checked_and_kept_with_whose_words_it_holds(
    listeners: ThreadExampleListeners, slack: Slack, kept: Kept
) -> None:
    await listeners.open(chosen())
    answers = Answers()
    view = filled(shown(slack), text__2_at_0="Ask Ana Ruiz, or +49 151 23456789.", system="Be brief.")
    await listeners.submitted(a_request(answers=answers, body={"view": view}))
    [(collection, _, example)] = kept.examples
    assert (collection, example.contributors, example.private) == ("col-1", ("U0ANA", "U0BEN"), False)
    assert (
        json.loads(example.line)
        == {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi [NAME_1], mail [EMAIL_1] about the refund?"},
                {"role": "assistant", "content": "Ask [NAME_2], or [PHONE_1]."},
            ]
        }
        or json.loads(example.line)["messages"][2]["content"] == "Ask [NAME_3], or [PHONE_1]."
    )
    assert answers.text == (
        "Added to *Support*, which now has 1 example. "
        "Everybody whose words are in it can take them back with `/finetune withdraw`."
    )


async def test_done_again_after_a_crash_it_is_the_same_example(
    listeners: ThreadExampleListeners, slack: Slack, kept: Kept
) -> None:
    await listeners.open(chosen())
    view = filled(shown(slack))
    for _ in range(2):
        await listeners.submitted(a_request(key="view_submission/V1/t", body={"view": view}))
    assert kept.examples[0] == kept.examples[1]


@pytest.mark.parametrize(
    ("typed", "kind", "field"),
    [
        ({"text__2_at_0": " "}, "empty_turn", "text/2.0/0/0"),
        ({"role__2_at_0": "user"}, "ends_without_answer", "text/2.0/0/0"),
        ({"role__1_at_0": "left_out"}, "nobody_asks", "text/1.0/0/0"),
        ({"collection": "new", "name": ""}, "collection_without_name", "name"),
    ],
)
async def test_what_cannot_be_learned_from_is_said_at_its_field(
    listeners: ThreadExampleListeners, slack: Slack, kept: Kept, typed: dict[str, str], kind: str, field: str
) -> None:
    await listeners.open(chosen())
    with pytest.raises(Invalid) as error:
        await listeners.submitted(a_request(body={"view": filled(shown(slack), **typed)}))
    assert (error.value.kind, error.value.field) == (kind, field)
    assert any(block.get("block_id") == field for block in shown(slack)["blocks"])
    assert kept.examples == []


async def test_a_thread_that_cannot_be_read_is_said_in_the_modal(
    listeners: ThreadExampleListeners, slack: Slack
) -> None:
    slack.replies["conversations.replies"] = [{"ok": False, "error": "not_in_channel"}]
    await listeners.open(chosen())
    assert "Type `/invite`" in str(shown(slack)["blocks"]).replace("\\", "")


async def test_of_a_conversation_our_own_records_are_used_with_its_system_message(
    listeners: ThreadExampleListeners, slack: Slack, kept: Kept, database: Database
) -> None:
    model = "ft:gpt:acme:voice:abc1"
    store = SqlConversationStore(database)
    chat = Conversation("chat-1", model, "T0ACME", "C0TRAINING", "1.0", ANA.user, 1.0, system="Be kind.")
    await store.open(chat, [Turn("2.0", "user", "Why?", user="U0ANA"), Turn("2.0", "assistant", "Because.")])
    await listeners.open(chosen())
    assert slack.called("conversations.replies") == []
    assert "*voice* answered" in json.dumps(shown(slack)["blocks"]), "by the name that people know"
    await listeners.submitted(a_request(body={"view": filled(shown(slack))}))
    [(_, _, example)] = kept.examples
    assert [message["role"] for message in json.loads(example.line)["messages"]] == ["system", "user", "assistant"]
    assert (example.model, example.contributors) == (model, ("U0ANA",))


async def test_in_a_private_channel_those_whose_words_were_added_are_asked_once_in_the_thread(
    listeners: ThreadExampleListeners, slack: Slack, kept: Kept
) -> None:
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True, "is_private": True}}]
    kept.waits_for = ("U0BEN",)
    await listeners.open(chosen())
    assert "only once <@U0BEN> agreed" in str(shown(slack)["blocks"])
    answers = Answers()
    await listeners.submitted(a_request(answers=answers, body={"view": filled(shown(slack))}))
    assert kept.examples[0][2].private
    [asked] = slack.called("chat.postMessage")
    assert (asked["channel"], asked["thread_ts"]) == ("C0TRAINING", "1.0")
    yes, no = asked["blocks"][1]["elements"]
    assert (yes["text"]["text"], no["text"]["text"]) == ("I agree", "I do not agree")
    assert "I have asked in the thread" in answers.text
    replaced = Answers()
    await listeners.agree(a_request(yes["value"], answers=replaced, user="U0BEN"))
    assert "Agreed: <@U0BEN>." in replaced.text
    assert len(replaced[-1].blocks) == 1, "nobody is left to be asked"
    assert await listeners.withdrawal.answered("C0TRAINING") == {"U0BEN": True}


async def add(database: Database, id: str, *people: str, private: bool = False) -> None:
    store = SqlCollectionStore(database)
    entry = Entry(f"add/{id}", 1.0, ANA.user, "add example", "col-1")
    await store.create(Collection("col-1", "Support", ANA.user, "T0ACME", "C0TRAINING", private, 1.0), entry)
    example = Example(id, "col-1", "{}", "thread", "C0TRAINING", "1.0", private, people, people[0], 1.0)
    await store.add(example, entry)


async def test_who_does_not_agree_is_shown_to_have_said_so_and_their_words_are_gone(
    listeners: ThreadExampleListeners, database: Database
) -> None:
    await add(database, "ex-1", "U0ANA", "U0BEN", private=True)
    asked = blocks.agreement("U0ANA", "Support", ["U0BEN"], {})
    [carried] = {element["value"] for element in asked.blocks[1].to_dict()["elements"]}
    answers = Answers()
    await listeners.disagree(a_request(carried, answers, user="U0BEN"))
    assert "<@U0BEN>" in answers.text
    assert len(answers[-1].blocks) == 1, "nobody is left to be asked"
    assert await SqlCollectionStore(database).examples("col-1") == []


async def test_what_one_contributed_is_shown_with_its_sets_and_taken_back(
    listeners: ThreadExampleListeners, database: Database
) -> None:
    await add(database, "ex-1", "U0ANA", "U0BEN")
    await add(database, "ex-2", "U0BEN")
    answers = Answers()
    await listeners.command(a_request(answers=answers))
    assert "*Support*" in answers.text
    [(action_id, user)] = answers.buttons
    assert (action_id, user) == (blocks.WITHDRAW, "U0ANA")
    await listeners.withdraw(a_request(user, answers))
    assert [one.id for one in await SqlCollectionStore(database).examples("col-1")] == ["ex-2"]
    await listeners.withdraw(a_request(user, answers, is_retry=True))
    assert "Nothing of yours is kept" in answers.text
    with pytest.raises(Denied):
        await listeners.withdraw(a_request("U0BEN"))


async def test_who_contributed_nothing_is_told_so_and_other_words_are_refused(
    listeners: ThreadExampleListeners,
) -> None:
    answers = Answers()
    await listeners.command(a_request(answers=answers))
    assert answers.text == "Nothing of yours is kept: no example with your words, no rating, no vote."
    with pytest.raises(Invalid, match="withdraw_usage"):
        await listeners.command(a_request("all of it"))
    with pytest.raises(Denied):
        await listeners.command(a_request("<@U0BEN>"))


async def test_what_one_thinks_of_answers_goes_with_what_one_contributed(
    listeners: ThreadExampleListeners, database: Database
) -> None:
    await SqlConversationStore(database).open(
        Conversation("chat-1", "ft:voice", "T0ACME", "C0TRAINING", "1.0", ANA.user, 1.0)
    )
    ratings, answers = SqlRatingStore(database), Answers()
    rated = Entry("rated", 1.0, ANA.user, "rate answer", "chat-1")
    await ratings.press(Press("chat-1", "2.0", ANA.user, False, 1.0, "key", Why(comment="Mine.")), rated)
    await listeners.command(a_request(answers=answers))
    assert answers.text == "Ratings of answers: 1. Votes in arenas: 0."
    ((_, user),) = answers.buttons
    await listeners.withdraw(a_request(user, answers))
    assert "The ratings are deleted." in answers[-1].text
    assert await ratings.of_answer("chat-1", "2.0") == []
    await listeners.withdraw(a_request(user, answers, is_retry=True))
    assert "Nothing of yours is kept" in answers[-1].text


async def test_a_long_text_is_shown_in_several_fields_and_comes_back_whole(
    listeners: ThreadExampleListeners, slack: Slack, kept: Kept
) -> None:
    long = "\n".join(f"Line {n} of a long answer." for n in range(300))
    slack.replies["conversations.replies"] = [{"ok": True, "messages": [MESSAGES[0], {**MESSAGES[1], "text": long}]}]
    await listeners.open(chosen())
    assert len(said(shown(slack))) == 4
    await listeners.submitted(a_request(body={"view": filled(shown(slack))}))
    assert json.loads(kept.examples[0][2].line)["messages"][1]["content"] == long


async def test_the_longest_thread_fits_into_a_modal(listeners: ThreadExampleListeners, slack: Slack) -> None:
    many = [{"ts": f"{n}.0", "user": ("U0ANA", "U0BEN")[n % 2], "text": "😀" * 590} for n in range(1, 200)]
    slack.replies["conversations.replies"] = [{"ok": True, "messages": many}]
    await listeners.open(chosen(many[0]))
    view = shown(slack)
    assert len(view["blocks"]) <= 100
    assert len(view["private_metadata"]) <= 3_000
    assert "older messages are left out" in str(view["blocks"])
    assert msgspec.json.decode(view["private_metadata"])["channel"] == "C0TRAINING"
