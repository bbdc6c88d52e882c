"""Thumbs below an answer, what was wrong with it, and what would have been right."""

import json
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import web
from msgspec import structs

from bot.access import Policy
from bot.authority import Authority
from bot.collections.adding import ThreadCollections
from bot.conversations.conversation import Conversation, Turn
from bot.errors import Denied, Invalid, NotFound
from bot.feedback.feedback import AnswerFeedback
from bot.providers.chat import ToolCall
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.feedback import SqlRatingStore
from bot.thread_examples.adding import ThreadExamples
from handlers.blocks.answer import about
from handlers.callers import Callers
from handlers.chat.thread_history import SlackThreadHistory
from handlers.feedback.listeners import FeedbackListeners
from handlers.modals import Modals
from handlers.request import Request
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, ENGLISH, Answers, a_request

MODEL = "ft:voice"
TALK = Conversation("cv-1", MODEL, "T0ACME", "C0TRAINING", "1.0", ANA.user, 1.0, system="Be kind.")
VALUE = about(TALK.id, "2.0")
BEN, CAI = "U0BEN", "U0CAI"
GUESTS = {"U0GUEST": {"is_restricted": True}}


@pytest.fixture
async def listeners(slack: Slack, database: Database) -> FeedbackListeners:
    def who(request: web.Request) -> web.StreamResponse:
        user = request.query["user"]
        return web.json_response({"ok": True, "user": {"id": user, "team_id": "T0ACME", **GUESTS.get(user, {})}})

    def posted(_: web.Request) -> web.StreamResponse:
        said = slack.called("chat.postMessage")
        return web.json_response({"ok": True, "messages": [{"ts": f"9.{n}", **one} for n, one in enumerate(said)]})

    slack.replies["users.info"] = [who]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["conversations.replies"] = [posted]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    conversations, authority = SqlConversationStore(database), Authority(Policy(), SqlAuditLog(database))
    await conversations.open(TALK, [Turn("2.0", "user", "Why?", user=ANA.user), Turn("2.0", "assistant", "Because.")])
    poster = Poster(slack.client)
    people = People(poster, "T0ACME", Roles())
    into = ThreadCollections(SqlCollectionStore(database), authority)
    history = SlackThreadHistory(poster, people)
    examples = ThreadExamples(conversations, history, into, people.names, authority, "U0BOT")
    return FeedbackListeners(
        callers=Callers(people, "T0ACME"),
        feedback=AnswerFeedback(SqlRatingStore(database), conversations, examples, into, authority),
        modals=Modals(poster),
        languages=ENGLISH,
        poster=poster,
    )


def thumb(word: str, at: float, user: str = ANA.user, answers: Answers | None = None, about: str = VALUE) -> Request:
    return a_request(f"{word} {about}", answers, key=f"press/{user}/{at}", user=user, received_at=at)


def sent(
    view: dict[str, Any], text: str, at: float, user: str = ANA.user, answers: Answers | None = None, **more: Any
) -> Request:
    """The modal with this in its fields."""
    reasons, comment, again = more.pop("reasons", ()), more.pop("comment", None), more.pop("again", False)
    values: dict[str, Any] = {"text/0": {"text": {"value": text}}}
    if "why" in inputs(view):
        values["why"] = {"why": {"selected_options": [{"value": reason} for reason in reasons]}}
        values["comment"] = {"comment": {"value": comment}}
    body = {"view": {"private_metadata": view["private_metadata"], "state": {"values": values}}}
    return a_request("", answers, key=f"view/{user}/{at}", user=user, received_at=at, body=body, is_retry=again, **more)


def opened(slack: Slack) -> dict[str, Any]:
    view = slack.called("views.open")[-1]["view"]
    found: dict[str, Any] = json.loads(view) if isinstance(view, str) else view
    return found


def inputs(view: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


async def kept(database: Database) -> list[tuple[str, Any]]:
    """Each example's origin and line, in order."""
    rows = await database.read(lambda db: db.execute("SELECT value FROM examples ORDER BY seq").fetchall())
    examples = [json.loads(value) for (value,) in rows]
    return [(example["origin"], json.loads(example["line"])) for example in examples]


async def said_now(database: Database) -> str:
    (turn,) = [one for one in await SqlConversationStore(database).turns(TALK.id) if one.role == "assistant"]
    return turn.content


async def test_a_thumb_up_is_thanked_for_and_a_thumb_down_asks_what_was_wrong_and_what_is_right(
    listeners: FeedbackListeners, slack: Slack
) -> None:
    answers = Answers()
    await listeners.rate(thumb("good", 1.0, answers=answers))
    assert answers.text == "Thank you. Your rating is kept. This answer has 1 👍 0 👎."
    await listeners.rate(thumb("bad", 2.0, BEN))
    view = opened(slack)
    assert inputs(view) == ["why", "comment", "text/0"]
    assert view["blocks"][-1]["element"]["initial_value"] == "Because."
    assert view["blocks"][-1]["optional"], "what was wrong can be said without what is right"
    await listeners.rate(thumb("bad", 3.0, BEN, answers))
    assert "withdrawn. This answer has 1 👍 0 👎." in answers[-1].text
    assert len(slack.called("views.open")) == 1


async def test_whoever_edits_an_answer_has_to_write_one(listeners: FeedbackListeners, slack: Slack) -> None:
    await listeners.edit(a_request(VALUE))
    (field,) = [block for block in opened(slack)["blocks"] if block["type"] == "input"]
    assert not field["optional"]


async def test_what_was_wrong_is_kept_without_a_correction_and_shown_with_each_person_s_rating(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    answers = Answers()
    await listeners.ratings(a_request(VALUE, answers))
    assert answers.text == "Nobody has rated this answer yet."
    for at, user in ((1.0, BEN), (3.0, CAI)):
        await listeners.rate(thumb("bad", at, user))
        reasons, comment = (["wrong", "tone"], "<!channel> *no*") if user == BEN else ([], None)
        await listeners.correct(
            sent(opened(slack), "Because.", at + 1, user, answers, reasons=reasons, comment=comment or "Too short.")
        )
    await listeners.rate(thumb("good", 5.0))
    assert answers[1].text == "Thank you. What was wrong is kept with your rating."
    await listeners.ratings(a_request(VALUE, answers))
    assert answers[-1].text.splitlines() == [
        "This answer has 1 👍 2 👎.",
        f"<@{BEN}>: It is wrong, The tone is not right, &lt;!channel&gt; *no*",
        f"<@{CAI}>: Too short.",
    ]
    assert await kept(database) == []
    assert slack.called("chat.postMessage") == []


async def test_a_correction_is_told_once_in_the_thread_and_says_where_it_went(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    answers = Answers()
    await listeners.edit(a_request(VALUE))
    view = opened(slack)
    assert inputs(view) == ["text/0"], "who edits is not asked what was wrong"
    for wrong, kind in (("Because. ", "nothing_corrected"), (" ", "empty_correction")):
        with pytest.raises(Invalid, match=kind) as refused:
            await listeners.correct(sent(view, wrong, 1.0))
        assert refused.value.field == "text/0"
    await listeners.correct(sent(view, "Since.", 2.0, answers=answers))
    assert f"`/finetune datasets Corrections of {MODEL}`" in answers.text
    assert f"`/finetune datasets Preferences over {MODEL}`" in answers.text
    (told,) = slack.called("chat.postMessage")
    assert (told["thread_ts"], told["text"]) == (
        TALK.thread_ts,
        f"<@{ANA.user}> corrected an answer. The conversation goes on from this one:\nSince.",
    )
    asked = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Why?"}]
    right, wrong_one = ({"role": "assistant", "content": text} for text in ("Since.", "Because."))
    assert await kept(database) == [
        ("correction", {"messages": [*asked, right]}),
        (
            "preference",
            {"input": {"messages": asked}, "preferred_output": [right], "non_preferred_output": [wrong_one]},
        ),
    ]


async def test_a_correction_stands_in_the_thread_with_its_lines_as_an_answer_does(
    listeners: FeedbackListeners, slack: Slack
) -> None:
    await listeners.edit(a_request(VALUE))
    steps = "Do this, <!here>:\n\n1. Wash it.\n2. Dry it."
    for number, text in enumerate([f"{steps}\n\nThat is all.", f"{steps}\n\n{'Oil it. ' * 1_000}"]):
        await listeners.correct(sent(opened(slack), text, float(number)))
    whole, cut = (told["blocks"][1] for told in slack.called("chat.postMessage"))
    assert (whole["type"], cut["type"]) == ("markdown", "markdown")
    begin = "Do this, <\u200b!here>:\n\n1. Wash it.\n2. Dry it.\n\n"
    assert whole["text"] == f"{begin}That is all."
    assert cut["text"].startswith(begin)
    assert cut["text"].endswith("\n…")


async def test_two_people_who_correct_at_once_are_both_kept_the_last_holds_and_they_are_told(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    views = []
    for user in (ANA.user, BEN, CAI):
        await listeners.edit(a_request(VALUE, user=user))
        views.append(opened(slack))
    ana, ben, cai = Answers(), Answers(), Answers()
    await listeners.correct(sent(views[0], "Ana's.", 5.0, answers=ana))
    await listeners.correct(sent(views[1], "Ben's.", 7.0, BEN, ben))
    await listeners.correct(sent(views[2], "Cai's.", 6.0, CAI, cai))
    assert await said_now(database) == "Ben's."
    assert "corrected this answer" not in ana.text
    assert f"<@{ANA.user}> corrected this answer, too, while you did. The conversation goes on from yours" in ben.text
    assert f"<@{BEN}> corrected this answer, too, after you. The conversation goes on from theirs" in cai.text
    assert "before the correction that holds now" in slack.called("chat.postMessage")[-1]["text"]
    assert [line["messages"][-1]["content"] for origin, line in await kept(database) if origin == "correction"] == [
        "Ana's.",
        "Ben's.",
        "Cai's.",
    ]
    assert {line["non_preferred_output"][0]["content"] for origin, line in await kept(database) if "p" in origin} == {
        "Because."
    }
    await listeners.edit(a_request(VALUE, user=BEN))
    await listeners.correct(sent(opened(slack), "Better.", 8.0, BEN, ben))
    assert "corrected this answer" not in ben[-1].text, "what one has seen is no surprise"
    assert len(await kept(database)) == 6, "corrected again, a person's own examples are changed"


async def test_a_window_that_was_left_as_it_stood_takes_back_nobody_else_s_correction(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    await listeners.rate(thumb("bad", 1.0, BEN))
    bens = opened(slack)
    await listeners.edit(a_request(VALUE))
    await listeners.correct(sent(opened(slack), "Ana's.", 2.0))
    answers = Answers()
    await listeners.rate(thumb("bad", 3.0, CAI))
    cais = opened(slack)
    await listeners.edit(a_request(VALUE))
    await listeners.correct(sent(opened(slack), "Ana's second.", 4.0))
    for view, user, shown in ((bens, BEN, "Because."), (cais, CAI, "Ana's.")):
        await listeners.correct(sent(view, shown, 5.0, user, answers, reasons=["wrong"]))
        with pytest.raises(Invalid, match="nothing_corrected"):
            await listeners.correct(sent(view, shown, 6.0, user))
    long = "Oil it. " * 1_000
    await listeners.edit(a_request(VALUE))
    await listeners.correct(sent(opened(slack), long, 7.0))
    await listeners.rate(thumb("good", 8.0))
    await listeners.rate(thumb("bad", 9.0))
    request = sent(opened(slack), "", 10.0, answers=answers, reasons=["wrong"])
    fields = [block for block in opened(slack)["blocks"] if block.get("block_id", "").startswith("text/")]
    trimmed = {one["block_id"]: {"text": {"value": one["element"]["initial_value"].strip()}} for one in fields}
    request.body["view"]["state"]["values"].update(trimmed)
    await listeners.correct(request)
    assert len(fields) == 3
    assert [one.text for one in answers] == ["Thank you. What was wrong is kept with your rating."] * 3
    assert await said_now(database) == long.strip()
    assert len(await kept(database)) == 2


async def test_who_may_not_talk_here_rates_and_corrects_nothing(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    await listeners.edit(a_request(VALUE))
    view = opened(slack)
    for attempt in (
        listeners.rate(thumb("bad", 1.0, "U0GUEST")),
        listeners.edit(a_request(VALUE, user="U0GUEST")),
        listeners.ratings(a_request(VALUE, user="U0GUEST")),
        listeners.correct(sent(view, "Mine.", 2.0, "U0GUEST")),
    ):
        with pytest.raises(Denied):
            await attempt
    with pytest.raises(NotFound):
        await listeners.edit(a_request(about(TALK.id, "7.0")))
    assert await kept(database) == []
    assert await SqlRatingStore(database).of_answer(TALK.id, "2.0") == []


async def test_in_private_those_whose_words_it_holds_are_asked_once_in_the_thread(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    await SqlConversationStore(database).update(TALK.id, lambda now: structs.replace(now, private=True))
    await listeners.edit(a_request(VALUE, user=BEN))
    assert "others whose words it holds are asked" in str(opened(slack)["blocks"])
    await listeners.correct(sent(opened(slack), "Since.", 2.0, BEN))
    _, asked = slack.called("chat.postMessage")
    assert asked["thread_ts"] == TALK.thread_ts
    assert f"<@{ANA.user}>" in asked["text"]
    assert [button["action_id"] for button in asked["blocks"][1]["elements"]] == [
        "private_words_agree",
        "private_words_disagree",
    ]


FIND = {
    "type": "function",
    "function": {
        "name": "find_order",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "integer"}},
            "required": ["number"],
            "additionalProperties": False,
        },
    },
}


def call(arguments: str, name: str = "find_order") -> ToolCall:
    return ToolCall("call_1", name, arguments)


async def test_a_call_is_corrected_by_its_name_and_arguments_and_held_to_its_schema(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    talk = structs.replace(TALK, id="cv-2", thread_ts="2.0", tools=(FIND,))
    conversations = SqlConversationStore(database)
    await conversations.open(
        talk,
        [
            Turn("5.0", "user", "Where is order 12?", user=ANA.user),
            Turn("5.0", "assistant", "One moment.", tool_calls=(call('{"number": 21}'),)),
            Turn("5.0", "tool", "Lost.", user=BEN, tool_call_id="call_1"),
            Turn("5.0+1", "assistant", "It is lost."),
        ],
    )
    which = about(talk.id, "5.0")
    await listeners.rate(thumb("bad", 1.0, about=which))
    assert inputs(opened(slack)) == ["why", "comment", "text/0", "name/0", "arguments/0"]
    await listeners.edit(a_request(which))
    view = opened(slack)
    assert [block["element"]["initial_value"] for block in view["blocks"][1:]] == [
        "One moment.",
        "find_order",
        '{\n  "number": 21\n}',
    ]

    def with_call(name: str, arguments: str, text: str = "One moment.") -> Request:
        request = sent(view, text, 3.0)
        entered = {"name/0": {"name": {"value": name}}, "arguments/0": {"arguments": {"value": arguments}}}
        request.body["view"]["state"]["values"].update(entered)
        return request

    for name, arguments, field in (
        ("find_order", '{"number": "twelve"}', "arguments/0"),
        ("find_order", "{number", "arguments/0"),
        ("find_all", '{"number": 12}', "name/0"),
        ("find_order", '{ "number": 21 }', "text/0"),
    ):
        with pytest.raises(Invalid) as refused:
            await listeners.correct(with_call(name, arguments))
        assert refused.value.field == field, arguments
    assert await kept(database) == []
    await listeners.correct(with_call("find_order", '{\n "number": 12\n}'))
    right, wrong = (
        {"role": "assistant", "content": "One moment.", "tool_calls": [as_json(call(f'{{"number": {n}}}'))]}
        for n in (12, 21)
    )
    asked = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is order 12?"}]
    assert await kept(database) == [
        ("correction", {"messages": [*asked, right], "tools": [FIND]}),
        (
            "preference",
            {
                "input": {"messages": asked, "tools": [FIND]},
                "preferred_output": [right],
                "non_preferred_output": [wrong],
            },
        ),
    ]
    _, answer, result, after = await conversations.turns(talk.id)
    assert answer.tool_calls == (call('{"number": 12}'),)
    assert (answer.original, answer.original_calls) == ("One moment.", (call('{"number": 21}'),))
    assert (result.tool_call_id, after.content) == ("call_1", "It is lost.")
    assert '"number": 12' in str(slack.called("chat.postMessage")[-1]["blocks"])


async def test_what_no_training_file_may_hold_makes_no_pair(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    talk = structs.replace(TALK, id="cv-2", thread_ts="2.0", tools=(FIND,))
    told = Turn("5.0", "assistant", "", tool_calls=(call("{order: 12}"),))
    await SqlConversationStore(database).open(talk, [Turn("5.0", "user", "Where?", user=ANA.user), told])
    await listeners.edit(a_request(about(talk.id, "5.0")))
    request, answers = sent(opened(slack), "", 3.0), Answers()
    entered = {"name/0": {"name": {"value": "find_order"}}, "arguments/0": {"arguments": {"value": '{"number": 12}'}}}
    request.body["view"]["state"]["values"].update(entered)
    await listeners.correct(replace(request, answer=answers.show))
    assert "It makes no pair" in answers.text
    ((origin, line),) = await kept(database)
    assert origin == "correction"
    assert line["messages"][-1]["tool_calls"] == [as_json(call('{"number": 12}'))]


def as_json(one: ToolCall) -> dict[str, Any]:
    return {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}}


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Life:
    """How many moments are left of a process's."""

    left: int

    def step(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1

    def mortal(self, method: Any) -> Any:
        """A method before and after which the process may die."""

        async def call(*arguments: Any, **options: Any) -> Any:
            self.step()
            done = await method(*arguments, **options)
            self.step()
            return done

        return call


async def test_killed_between_any_two_writes_a_correction_is_one_example_one_pair_and_one_line(
    listeners: FeedbackListeners, slack: Slack, database: Database
) -> None:
    conversations, ratings = SqlConversationStore(database), SqlRatingStore(database)
    for moment in range(30):
        # A model of its own, whose training sets are made, too.
        talk = structs.replace(TALK, id=f"cv-{moment}x", model=f"ft:{moment}", thread_ts=f"3.{moment}")
        await conversations.open(talk, [Turn("2.0", "user", "Why?", user=ANA.user), Turn("2.0", "assistant", "So.")])
        await listeners.rate(thumb("bad", 1.0 + moment / 100, about=about(talk.id, "2.0")))
        view, text, survived = opened(slack), f"Since {moment}.", True
        life = Life(moment)
        with (
            patch.object(Database, "write", life.mortal(Database.write)),
            patch.object(Poster, "post", life.mortal(Poster.post)),
        ):
            try:
                await listeners.correct(sent(view, text, 10.0 + moment, reasons=["wrong"]))
            except Killed:
                survived = False
        if not survived:
            await listeners.correct(sent(view, text, 10.0 + moment, reasons=["wrong"], again=True))
        (example, line), (pair, both) = (await kept(database))[2 * moment :]
        assert (example, pair) == ("correction", "preference")
        assert line["messages"][-1]["content"] == both["preferred_output"][0]["content"] == text
        assert [turn.content for turn in await conversations.turns(talk.id)] == ["Why?", text]
        told = [one for one in slack.called("chat.postMessage") if one["text"].endswith(text)]
        assert len(told) == 1, f"killed at moment {moment}"
        (rating,) = await ratings.of_answer(talk.id, "2.0")
        assert rating.why.reasons == ("wrong",)
        if survived:
            break
    assert moment == 14, "before and after each of the rating, the edit, two sets, two examples, and the line"
