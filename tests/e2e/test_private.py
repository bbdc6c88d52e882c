"""What was born in a private channel leaves it in no way that Slack offers: each of them, with a thing of that channel
and a person or place that may not see it.

The ways are read from what the bot registers, so a new one without a case here fails.
"""

import asyncio
import copy
import itertools
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar, cast
from unittest.mock import Mock, patch

import pytest
import pytest_asyncio
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

import handlers.bolt
from app.run import Bot
from bot.backoff import Backoff
from bot.conversations.conversation import Conversation
from bot.home import Tab
from bot.store.conversations import SqlConversationStore
from handlers.chat.listeners import ChatListeners
from handlers.commands import COMMANDS
from handlers.register import FEATURES, action_ids, step_ids
from handlers.web.poster import Poster
from sandbox.seed import ANA, BEN, LEADS, SUPPORT
from tests.e2e.private_things import Things
from tests.e2e.spoken import foreign
from tests.e2e.world import HURRIED, MODEL, World, until, world
from texts.language import Language

in_one_loop = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]
T = TypeVar("T")
ANYTHING = re.compile(".*")


COMMAND_CASES = {
    "start": "|{dataset}|{upload}|{file}|model={model} epochs=1|validation={dataset}|validation={upload}"
    "|{dataset} epochs=2|{upload} epochs=2|{file} confirm=yes|{dataset} confirm=yes|model={suffix} epochs=1"
    "|model={unheard} epochs=1",
    "report": "|{job}|{suffix}|{job} names=yes|{running}",
    "sweep": "|{dataset}|{file} epochs=1,2|{upload} epochs=1,2|model={model},{base} epochs=1,2 confirm=yes"
    "|model={suffix} epochs=1,2|validation={dataset} epochs=1,2|{dataset} epochs=1,2 confirm=yes",
    "move": "|{model}|{suffix} to acme|all confirm=yes|{job}|hu",
    "rehearse": "|{dataset}|{file}|hu",
    "curve": "|{dataset}|{file}|hu",
    "files": "",
    "jobs": "|mine|{job}|model={suffix}|file={file}|data={dataset} sort=loss|{job} {running} compare=yes|{job} csv|csv",
    "status": "|{job}|{remote}|{model}|{suffix}|job-hu|hu|ftjob-",
    "metrics": "|{job}|{suffix} smooth=0.9|{job} {running}|hu",
    "checkpoints": "|{job}|{suffix}|hu|{job} keep 5 mine|{suffix} keep 5|{job} release 5|keep 5",
    "results": "|{job}|{suffix}|hu",
    "events": "|{job}|{running} page=2",
    "explain": "|{job}|{running}",
    "follow": "|{remote}|{remote_running}|{remote_new}",
    "notify": "|off",
    "digest": "|daily|weekly on=monday at=09:00|off",
    "pause": "|{running}|{running} confirm=yes",
    "resume": "|{running}|{running} confirm=yes",
    "cancel": "|{running}|{waiting}|{running} confirm=yes",
    "models": "",
    "retiring": "|page=2",
    "deployments": "",
    "unused": "|days=1",
    "export": "|{model}|{suffix}|{job}|{checkpoint} as=gguf|{unheard}|hu|{base}",
    "chat": "|{model}|{suffix}|{kept}|{job}|{checkpoint}|{unheard}|hu|{model} temperature=1|hu seed=1|acme/{model}",
    "compare": "|{model}|{suffix} {base} Who?|{model} {checkpoint} Who?|{unheard} {base} Who?|hu {base} Who?",
    "arena": "|{model}|{suffix} {base} Who?|{base} {checkpoint} n=2 on {file}|{base} {checkpoint} on {dataset}"
    "|{model} {unheard} n=2 on open.jsonl",
    "evaluate": "|{job}|{suffix}|{model} on open.jsonl|{model},{checkpoint} on {file}|{base} on {dataset}"
    "|{base} on {file}|{unheard} on open.jsonl confirm=yes|{job} checkpoints=yes|hu on open.jsonl"
    "|{base} on open.jsonl with {grader}",
    "generate": "|hu",
    "answers": "|hu",
    "judge": "|{model}|{suffix}|{unheard}|hu",
    "delete": "|{model}|{suffix}|{job}|{dataset}|{file}|hu|ft:",
    "budget": "",
    "provider": "|acme|default",
    "language": "",
    "audit": "|csv",
    "datasets": "|{collection}|{collection_name}|The hu",
    "retrain": "|{collection}|{collection_name}|{collection} every=weekly|open every=daily model={suffix}"
    "|{collection} every=never",
    "withdraw": f"|<@{ANA}>",
    "erase": f"|<@{ANA}>",
    "help": "",
    "overview": "",
    "settings": "",
}
ACTION_CASES = {
    "start_job": "{dataset}",
    "start_model": "acme|{model}",
    "start_method": "dpo",
    "start_epochs": "2",
    "start_file": "{dataset}",
    "start_validation": "{dataset}",
    "start_confirmed": '{{"key": "k", "user": "{user}", "words": {{"model": "{base}", "epochs": "1"}}, '
    '"dataset": "{dataset}"}}',
    "sweep_confirmed": '{{"key": "k2", "user": "{user}", "words": {{"model": "{base}", "epochs": "1,2"}}, '
    '"dataset": "{dataset}"}}',
    "sweep_stop": "{sweep}",
    "sweep_approve": "{sweep}|{move}",
    "sweep_decline": "{sweep}|{move}",
    "move_open": "{model}",
    "move_confirmed": '{{"key": "k3", "user": "{user}", "provider": "acme", "base": "{base}", "models": ["{model}"]}}',
    "move_stop": "{move}",
    "move_adopt": "{move}/{job}",
    "rehearse": "{dataset}",
    "curve": "{dataset}",
    "start_rehearse": "{dataset}",
    "rehearsal_stop": "{rehearsal}",
    "move_offers": "{move}",
    "successor_switch": "{move}/{job}",
    "successor_offer": "{move}/{job}",
    "dataset_repair": "{dataset}",
    "dataset_mend": "{dataset}",
    "repair_layout": "chat",
    "mend_layout": "chat",
    "repair_validation": "{dataset}",
    "mend_validation": "{dataset}",
    "dataset_split": "{dataset}",
    "dataset_sample": "{dataset}",
    "sample_another": "{dataset}",
    "dataset_findings": "{dataset}",
    "dataset_more": "repair {dataset}|sweep {dataset}|dataset_sample {dataset}",
    "job_cancel": "{running}",
    "retiring_earlier": "1",
    "retiring_later": "2",
    "provider_choose": "acme",
    "audit_newer": "1 99",
    "audit_older": "1 99",
    "job_approve": "{waiting}",
    "job_decline": "{waiting}",
    "job_cancel_asked": "{running}",
    "job_pause": "{running}",
    "job_pause_asked": "{running}",
    "job_resume": "{running}",
    "job_resume_asked": "{running}",
    "job_retry": "{job}",
    "job_checkpoints": "{job}",
    "checkpoint_continue": "{job} {checkpoint}",
    "checkpoint_keep": "{job} 5",
    "checkpoint_release": "{job} 5",
    "job_results": "{job}",
    "job_report": "{job}",
    "job_metrics": "{job}",
    "job_more": "job_compare {job}|job_checkpoints {job}|job_metrics {job}|job_results {job}|job_report {job}",
    "jobs_earlier": "model={suffix} page=2",
    "jobs_later": "page=1",
    "jobs_compare": "{job} {running}",
    "jobs_metrics": "{job} {running}",
    "jobs_csv": "file={file}|csv",
    "metrics_numbers": "{job} {running}",
    "events_later": "{job} 1",
    "events_earlier": "{job} 2",
    "explain_earlier": "{job} 1",
    "explain_later": "{job} 2",
    "files_newer": "1",
    "files_older": "2",
    "file_delete": "{upload}",
    "files_delete_unused": "all",
    "job_adopt": "{uncertain}",
    "job_resubmit": "{uncertain}",
    "job_chat": "{job}",
    "job_compare": "{job}",
    "checkpoints_compare": "{job}",
    "job_evaluate": "{job}|{job} checkpoints",
    "export_upload": "{export}",
    "deployment_deploy": "{job}|{running}",
    "deployment_confirmed": "{job}",
    "deployment_remove": "{job}",
    "model_export": "{model}|{unheard}",
    "export_as": "gguf:q8_0 {model}|adapter: {suffix}|merged: {unheard}",
    "evaluate_with": '{{"models": [], "grader": "{grader}"}}|{{"models": ["{model}"], "grader": "{grader}"}}'
    '|{{"models": [], "dataset": "{dataset}", "grader": "{grader}"}}',
    "evaluation_confirmed": '{{"key": "k", "user": "{user}", "choice": {{"models": ["{model}"], '
    '"dataset": "{dataset}"}}}}|{{"key": "k", "user": "{user}", "choice": {{"models": ["{base}"], '
    '"dataset": "{dataset}", "job": "{job}"}}}}',
    "evaluation_change": '{{"key": "k", "user": "{user}", "choice": {{"models": ["{model}"], '
    '"dataset": "{dataset}"}}}}',
    "evaluation_not_now": "no",
    "evaluate_models": "{model}",
    "evaluate_file": "{dataset}",
    "evaluate_grader": "match",
    "evaluate_n": "5",
    "evaluate_samples": "2",
    "evaluation_pause": "{evaluation}",
    "evaluation_resume": "{evaluation}",
    "evaluation_cancel": "{evaluation}",
    "evaluation_promote": "{evaluation} {model}",
    "evaluation_answers": "{evaluation}",
    "evaluation_ask_more": "{evaluation} 400",
    "evaluation_another_grader": "{evaluation}",
    "evaluation_repeat": "{evaluation} 7",
    "judge_check": "{evaluation}",
    "evaluation_more": "evaluation_ask_more {evaluation} 400|evaluation_another_grader {evaluation}"
    "|judge_check {evaluation}",
    "judge_confirmed": '{{"user": "{user}", "evaluation": "{evaluation}"}}|{{"user": "{user}", "model": "{model}"}}',
    "judge_not_now": "no",
    "judge_pause": "{check}",
    "judge_resume": "{check}",
    "judge_cancel": "{check}",
    "generate_teacher": "{model}",
    "generate_n": "5",
    "generation_pause": "{generation}",
    "generation_resume": "{generation}",
    "generation_cancel": "{generation}",
    "generation_sample": "{generation}",
    "generation_keep": "{generation}",
    "generated_keep": "{generation} 0 0123abcd",
    "generated_edit": "{generation} 0 0123abcd",
    "generated_drop": "{generation} 0 0123abcd",
    "generated_again": "{generation} 0 0123abcd",
    "compare_retry": "{comparison} 1",
    "arena_first": "{arena} 1 0",
    "arena_second": "{arena} 1 0",
    "arena_tie": "{arena} 1 0",
    "arena_bad": "{arena} 1 0",
    "arena_reveal": "{arena}",
    "model_chat": "{model}",
    "chat_anew": "{model}",
    "chat_ask": "1700000000.000300 {model}",
    "chat_ask_search": "{model}",
    "conversation_system": "{conversation}",
    "conversation_parameters": "{conversation}",
    "conversation_functions": "{conversation}",
    "conversation_model": "{conversation}",
    "ask_models": "",
    "ask_jobs": "",
    "ask_help": "",
    "ask_overview": "",
    "ask_settings": "",
    "ask_start": "start {file}",
    "ask_chat": "chat {model}",
    "ask_compare": "compare {model}",
    "ask_evaluate": "evaluate {model} on open.jsonl",
    "ask_datasets": "datasets {collection}",
    "ask_command": "cancel {running}|export {model}|delete {dataset}|pause {running}|events {job}",
    "ask_chosen": "pause|export|delete {dataset}|judge {model}|models allow|language en",
    "approvals_directly": "on|off",
    "home_jobs": "jobs 1 all",
    "home_models": "models 1 all",
    "home_data": "data 1 all",
    "home_spending": "spending 1 mine",
    "home_settings": "settings 1 mine",
    "home_whose": "jobs 1 mine",
    "home_previous": "data 1 all",
    "home_next": "models 2 all",
    "chat_continue": "1700000000.000400+1",
    "chat_stop": "{conversation}",
    "call_result": "{conversation} 1700000000.000400",
    "call_without": "{conversation} 1700000000.000400",
    "answer_menu": "again {conversation} 1700000000.000400|edit {conversation} 1700000000.000400"
    "|ratings {conversation} 1700000000.000400|cost {conversation} 1700000000.000400",
    "answer_feedback": "good {conversation} 1700000000.000400|bad {conversation} 1700000000.000400",
    "model_search": "{model}",
    "model_id": "{model}",
    "collection_export": "{collection}",
    "collection_open": "{collection}",
    "collections_newer": "1",
    "collections_older": "1",
    "collection_examples": "{collection} 1 all",
    "collection_examples_newer": "{collection} 1 all",
    "collection_examples_older": "{collection} 2 all",
    "collection_queue": "{collection} 1 unreviewed",
    "collection_review": "{collection} on",
    "collection_describe": "{collection}",
    "collection_merge": "{collection}",
    "collection_filter": "{collection}",
    "collection_filter_move": '{{"collection_id": "{collection}", "by": {{"text": "Who"}}, "version": "0", '
    '"name": "Mine"}}',
    "collection_filter_remove": '{{"collection_id": "{collection}", "by": {{"text": "Who"}}, "version": "0"}}',
    "example_remove": "{collection} 1 all {collection}-3 0123abcd",
    "example_accept": "{collection} 1 unreviewed {collection}-3 0123abcd",
    "example_reject": "{collection} 1 unreviewed {collection}-3 0123abcd",
    "next_model": "{collection}",
    "retraining_schedule": "{collection}",
    "retraining_stop": "{schedule}",
    "next_model_arena": "{job}",
    "arena_add_votes": "{arena}",
    "thread_example_options": "{collection}",
    "private_words_agree": '{{"by": "{user}", "collection": "Support", "people": []}}',
    "private_words_disagree": '{{"by": "{user}", "collection": "Support", "people": []}}',
    "contribution_withdraw": ANA,
    "person_erase_asked": ANA,
    "person_erase": "U0NOBODY11",
    "dataset_delete_asked": "{dataset}",
    "model_delete_asked": "{model}|{unheard}",
    "dataset_delete": "{dataset}",
    "model_delete": "{model}",
}
GLOBAL_SHORTCUTS = {"start_a_fine_tune", "chat_with_a_model", "what_needs_me"}
SHORTCUT_CASES = {"add_to_training_set", "train_on_this_file", "ask_a_model", *GLOBAL_SHORTCUTS}
PLACE = {"channel": SUPPORT, "thread_ts": "1700000000.000300", "message_ts": "1700000000.000300"}
# In a modal: what it carries, and what was filled in.
VIEW_CASES: dict[str, tuple[Json, dict[str, str]]] = {
    "follow_job": ({"channel": SUPPORT}, {"provider_job": "{remote}"}),
    "start_job": (
        {"channel": SUPPORT, "dataset": "{dataset}"},
        {"model": "acme|{model}", "epochs": "1", "validation": "{dataset}"},
    ),
    "repair_columns": (
        {"channel": SUPPORT, "dataset": "{dataset}"},
        {"repair_layout": "chat", "user": "0", "assistant": "1"},
    ),
    "mend_columns": (
        {"channel": SUPPORT, "dataset": "{dataset}"},
        {"mend_layout": "chat", "user": "0", "assistant": "1"},
    ),
    "repair_choice": ({"channel": SUPPORT, "dataset": "{dataset}", "validation": "{dataset}"}, {}),
    "mend_repairs": ({"channel": SUPPORT, "dataset": "{dataset}", "validation": "{dataset}"}, {}),
    "split": ({"channel": SUPPORT, "dataset": "{dataset}"}, {"share": "10", "seed": "42"}),
    "dataset_deletion": ({"channel": SUPPORT, "id": "{dataset}"}, {}),
    "model_deletion": ({"channel": SUPPORT, "id": "{model}"}, {}),
    "thread_example": (
        {"channel": SUPPORT, "place": PLACE, "turns": [["1.0", [ANA]], ["2.0", []]]},
        {
            "collection": "{collection}",
            "role/1.0/0": "user",
            "text/1.0/0/0": "Hi",
            "role/2.0/0": "assistant",
            "text/2.0/0/0": "Hello",
        },
    ),
    "collection_describe": (
        {"channel": SUPPORT, "collection_id": "{collection}"},
        {"name": "Mine", "licence": "None"},
    ),
    "retraining_schedule": (
        {"channel": SUPPORT, "collection_id": "{collection}", "words": {}},
        {"every": "weekly", "at_least": "1"},
    ),
    "collection_merge": ({"channel": SUPPORT, "collection_id": "{collection}"}, {"into": "{collection}"}),
    "collection_filter": ({"channel": SUPPORT, "collection_id": "{collection}"}, {"text": "Who"}),
    "call_results": (
        {
            "channel": SUPPORT,
            "thread_ts": "1.0",
            "message_ts": "1.1",
            "conversation": "{conversation}",
            "asked_ts": "1700000000.000400",
        },
        {"0": "Sent."},
    ),
    "answer_correct": (
        {"channel": SUPPORT, "conversation_id": "{conversation}", "asked_ts": "1700000000.000400"},
        {"text/0": "Somebody else."},
    ),
    "conversation_system": (
        {"channel": SUPPORT, "conversation_id": "{conversation}"},
        {"text/0": "Name them."},
    ),
    "conversation_parameters": (
        {"channel": SUPPORT, "conversation_id": "{conversation}"},
        {"temperature": "0.2"},
    ),
    "conversation_functions": (
        {"channel": SUPPORT, "conversation_id": "{conversation}"},
        {"text/0": "[]"},
    ),
    "conversation_model": (
        {"channel": SUPPORT, "conversation_id": "{conversation}"},
        {"model": "{model}"},
    ),
    "compare_models": ({"channel": SUPPORT}, {"models": "{model},{checkpoint}", "prompt": "Who?"}),
    "evaluate": (
        {"channel": SUPPORT, "job": "{job}"},
        {"evaluate_models": "{model},{checkpoint}", "evaluate_file": "{dataset}", "evaluate_grader": "{grader}"},
    ),
    "generate": (
        {"channel": SUPPORT},
        {"generate_teacher": "{model}", "generate_n": "5", "topics": "Returns"},
    ),
    "answers": ({"channel": SUPPORT}, {"name": "Answers", "days": "30"}),
    "generated_edit": (
        {"channel": SUPPORT, "spot": "{generation} 0 0123abcd"},
        {"question": "Is it free?", "answer": "Yes."},
    ),
    "checkpoint_keep": ({"channel": SUPPORT, "job": "{job}", "step": 5}, {"name": "mine"}),
    "sweep_settings": ({"channel": SUPPORT, "dataset": "{dataset}"}, {"model": "{model}", "epochs": "1,2"}),
    "move_models": ({"channel": SUPPORT}, {"where": "acme|gpt-4.1-mini-2025-04-14", "models": "{model},{checkpoint}"}),
    "start_a_fine_tune": ({}, {"channel": SUPPORT}),
    "chat_with_a_model": ({}, {"channel": SUPPORT, "model_search": "{model}"}),
    "ask_a_model": (
        {"channel": SUPPORT, "thread_ts": "1700000000.000300", "message_ts": "1700000000.000300"},
        {"model_search": "{model}", "question": "Why?"},
    ),
    "sweep_decline": ({"channel": SUPPORT, "group": "{sweep}", "question": ""}, {"reason": "{file}"}),
    "decline": ({"channel": SUPPORT, "job": "{waiting}", "question": ""}, {"reason": "{file}"}),
}
IN_WINDOWS = {
    "start_model",
    "start_rehearse",
    "start_method",
    "start_epochs",
    "start_file",
    "start_validation",
    "repair_layout",
    "mend_layout",
    "repair_validation",
    "mend_validation",
    "thread_example_options",
    "evaluate_models",
    "evaluate_file",
    "evaluate_grader",
    "evaluate_n",
    "evaluate_samples",
    "generate_teacher",
    "generate_n",
}
OUTSIDE = "https://finetune.example.com"
EVENT_CASES = {
    "message",
    "app_mention",
    "app_home_opened",
    "file_deleted",
    "member_joined_channel",
    "agent_session_stopped",
    "agent_session_title_changed",
    "link_shared",
}
# By the step: an input and what is filled in, beside those that are always there.
STEP_CASES = {
    "start_fine_tune": "file {file}|file {dataset}|model {model}|settings validation={dataset}",
    "ask_model": "model {model}|model {suffix}|model {job}",
}
SEARCH_CASES = {"evaluate_models", "generate_teacher", "model_search", "chat_ask_search", "conversation_model_search"}


def registered() -> set[tuple[str, str]]:
    """(kind, name) of everything that the bot tells Bolt to bring to it, commands by their first word."""
    found: set[tuple[str, str]] = set()

    def noting(kind: str) -> Callable[..., Any]:
        original = getattr(AsyncApp, kind)

        def note(self: AsyncApp, name: Any, *args: Any, **kwargs: Any) -> Any:
            if name != ANYTHING:  # the one for all actions, and what nobody takes: acknowledged, and nothing else
                found.add((kind, str(name)))
            return original(self, name, *args, **kwargs)

        return note

    kinds = (
        *("command", "event", "action", "view", "options", "shortcut", "message", "function", "step"),
        *("block_action", "view_submission", "view_closed", "block_suggestion", "attachment_action"),
        *("global_shortcut", "message_shortcut", "dialog_submission", "dialog_suggestion", "dialog_cancellation"),
    )
    noted: dict[str, Any] = {kind: noting(kind) for kind in kinds if hasattr(AsyncApp, kind)}
    with patch.multiple(AsyncApp, **noted):
        own = {one.listeners: object.__new__(one.listeners) for one in FEATURES if one.listeners}
        own[ChatListeners] = Mock(spec=ChatListeners, threads=None, callers=None)
        parts = dict.fromkeys(("authority", "people", "poster", "languages", "finished"), Mock())
        handlers.bolt.build(AsyncWebClient("xoxb-none"), None, Mock(), own, bot_user="U0BOT", **parts)
    assert ("command", "/finetune") in found
    found.remove(("command", "/finetune"))
    inputs = {name for feature in FEATURES for name in feature.inputs}  # acknowledged, and nothing else
    found |= {("action", name) for name in action_ids() - inputs}
    found |= {("function", callback_id) for callback_id in step_ids()}
    return found | {("command", command.name) for command in COMMANDS}


CASES = {
    *(("command", name) for name in COMMAND_CASES),
    *(("action", name) for name in ACTION_CASES),
    *(("view", name) for name in VIEW_CASES),
    *(("event", name) for name in EVENT_CASES),
    *(("options", name) for name in SEARCH_CASES),
    *(("shortcut", name) for name in SHORTCUT_CASES),
    *(("function", name) for name in STEP_CASES),
}


def test_every_way_into_the_bot_has_a_case() -> None:
    assert registered() == CASES


# What the bot asks of Slack


@dataclass(frozen=True)
class Sent:
    """One request. `user`: who alone sees what comes of it; "" for everybody in `channel`."""

    method: str
    channel: str
    user: str
    content: str

    @property
    def may_tell(self) -> bool:
        """Whether Ana's things of #support-leads may be seen there."""
        return self.channel == LEADS or ANA in (self.channel, self.user)


@dataclass
class Wire:
    """Everything that the bot sends to Slack while it lasts. `presser` is who acts: modals open for them."""

    presser: str
    direct: dict[str, str]
    sent: list[Sent] = field(default_factory=list)

    def note(self, method: str, arguments: Json, *, alone: bool = False) -> None:
        channel = str(arguments.get("channel") or arguments.get("channel_id") or "")
        user = str(arguments.get("user") or "") if method == "chat.postEphemeral" else ""
        if method.startswith("views.") or alone:
            user = str(arguments.get("user_id") or self.presser)
        passing = {"trigger_id", "hash", "view_id", "ts", "thread_ts", "function_execution_id"}
        content = {k: v for k, v in arguments.items() if k not in passing}
        if not method.startswith(
            ("chat.post", "chat.u", "chat.s", "chat.a", "views.", "response_url", "files.complete", "functions.")
        ):
            content = {}  # shows nobody anything
        self.sent.append(Sent(method, self.direct.get(channel, channel), user, json.dumps(content, ensure_ascii=False)))


@pytest.fixture
def wire(private: "Private") -> Iterator[Wire]:
    noted = Wire("", private.direct)
    once, respond = Poster._once, Poster.respond

    async def noting_once(self: Poster, method: str, arguments: Json) -> Json:
        noted.note(method, arguments)
        return await once(self, method, arguments)

    async def noting_respond(self: Poster, url: str, message: Any, *, replace: bool = False) -> None:
        # The message whose button was pressed stands in the channel, for everybody.
        noted.note("response_url", message.as_arguments() | {"channel": SUPPORT}, alone=not replace)
        await respond(self, url, message, replace=replace)

    with patch.object(Poster, "_once", noting_once), patch.object(Poster, "respond", noting_respond):
        yield noted


def _sqlite(db: Any) -> Connection:
    """What is beneath the store's own."""
    return cast(Connection, db.conn)


@dataclass
class Private:
    w: World
    bot: Bot
    direct: dict[str, str]
    thread: str
    """Of a file that was dropped in public."""
    things: Things
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    stored: Connection = field(default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False))
    provided: Json = field(default_factory=dict)

    async def remember(self) -> None:
        """What is there now, in the bot's store and at the provider, is there before each test."""
        await self.w.settled(self.bot)
        await self.bot.services.database.read(lambda db: _sqlite(db).backup(self.stored))
        held = ("tuned", "files", "jobs", "events")
        self.provided = {name: copy.deepcopy(getattr(self.w.provider, name)) for name in held}

    async def forget(self) -> None:
        """What came since: the bot would look through the things of all tests in each."""
        await self.w.settled(self.bot)
        await self.bot.services.database.read(lambda db: self.stored.backup(_sqlite(db)))
        vars(self.w.provider).update(copy.deepcopy(self.provided))

    async def bring(self, body: Json) -> Json:
        """What Slack would send, to Bolt and the inbox; the acknowledgement, which a modal shows, when all was done
        about it."""
        response = await self.bot.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
        assert response.status == 200
        await until(lambda: not self.bot.worker.busy)
        # A job that was made here has a card here.
        await self.bot.services.submitter.settled()
        async with asyncio.timeout(60):
            while [card for card in await self.bot.services.cards.dirty(10_000) if card.channel == SUPPORT]:
                await asyncio.sleep(0.02)
        return dict(json.loads(response.body or "{}"))

    def common(self, user: str, channel: str) -> Json:
        state = self.w.sandbox.state
        hook = state.response_urls.new(channel, user)
        return {
            "team": {"id": self.bot.services.team},
            "team_id": self.bot.services.team,
            "api_app_id": "A0",
            "trigger_id": state.triggers.new(user, channel=channel),
            "response_url": state.user_actions.responses.url(hook),
        }

    def command(self, user: str, words: str) -> Json:
        return self.common(user, SUPPORT) | {
            "command": "/finetune",
            "text": words,
            "user_id": user,
            "channel_id": SUPPORT,
        }

    def mention(self, user: str, words: str) -> Json:
        return self.event(
            type="app_mention",
            user=user,
            text=f"<@{self.bot.services.bot_user}> {words}",
            thread_ts="1700000000.000200",
        )

    def event(self, **event: Any) -> Json:
        number = next(self.numbers)
        return {
            "type": "event_callback",
            "event_id": f"Ev{number}",
            "team_id": self.bot.services.team,
            "event": {"channel": SUPPORT, "ts": f"{time.time():.6f}", "event_ts": f"{time.time():.6f}", **event},
        }

    def action(self, user: str, action_id: str, value: str, it: dict[str, str]) -> Json:
        body = self.common(user, SUPPORT) | {
            "type": "block_actions",
            "user": {"id": user, "team_id": self.bot.services.team},
            "actions": [
                {
                    "type": "button",
                    "action_id": action_id,
                    "block_id": "b",
                    "value": value,
                    "action_ts": f"{next(self.numbers)}.1",
                }
            ],
        }
        if action_id in IN_WINDOWS:
            metadata: Json = {"channel": SUPPORT, "dataset": it["dataset"], "choose": True, "validation": it["dataset"]}
            if action_id == "thread_example_options":
                # Even a modal that names a thread of the other channel, which no modal does, shows nothing of it.
                leads = {"channel": LEADS, "thread_ts": "1.0", "message_ts": "1.0", "private": True}
                metadata = {"channel": SUPPORT, "place": leads, "turns": []}
            if action_id.startswith("start"):
                del metadata["validation"]
            if action_id.startswith("evaluate"):
                models = {"selected_options": [{"value": it["model"]}, {"value": MODEL}]}
                values = {"evaluate_models": {"evaluate_models": models}}
                return body | {"view": self.view(action_id, {"channel": SUPPORT, "job": it["job"]}, values)}
            if action_id.startswith("generate"):
                teacher = {"generate_teacher": {"generate_teacher": {"selected_option": {"value": it["model"]}}}}
                return body | {"view": self.view(action_id, {"channel": SUPPORT}, teacher)}
            chosen = {"model": {"m": {"selected_option": {"value": f"acme|{it['model']}"}}}}
            return body | {"view": self.view(action_id, metadata, chosen)}
        container = {"type": "message", "message_ts": "1700000000.000300", "channel_id": SUPPORT, "is_ephemeral": False}
        return body | {"channel": {"id": SUPPORT}, "container": container, "message": {"ts": "1700000000.000300"}}

    def shortcut(self, user: str, callback_id: str) -> Json:
        """On a message of a public thread; a global one knows no place."""
        if callback_id in GLOBAL_SHORTCUTS:
            user_of = {"id": user, "team_id": self.bot.services.team}
            trigger = self.w.sandbox.state.triggers.new(user)
            return {"type": "shortcut", "callback_id": callback_id, "user": user_of, "trigger_id": trigger}
        return self.common(user, SUPPORT) | {
            "type": "message_action",
            "callback_id": callback_id,
            "user": {"id": user, "team_id": self.bot.services.team},
            "channel": {"id": SUPPORT},
            "message": {"ts": self.thread, "thread_ts": self.thread},
        }

    def step(self, user: str, callback_id: str, name: str, value: str) -> Json:
        """In a workflow that somebody else may have built: what comes of it may be shown to anybody."""
        inputs = {"runner": {"id": user}, "channel": SUPPORT, "question": "Who stole them?", name: value}
        return self.event(
            type="function_executed",
            function={"callback_id": callback_id},
            function_execution_id=f"Fx{next(self.numbers)}",
            inputs=inputs,
        )

    def view(self, callback_id: str, metadata: Json, values: Json) -> Json:
        return {
            "id": f"V{next(self.numbers)}",
            "type": "modal",
            "callback_id": callback_id,
            "hash": "h",
            "private_metadata": json.dumps(metadata),
            "state": {"values": values},
            "blocks": [],
        }

    def submission(self, user: str, callback_id: str, it: dict[str, str]) -> Json:
        carried, filled = VIEW_CASES[callback_id]
        metadata = {key: value.format(**it) if isinstance(value, str) else value for key, value in carried.items()}
        values: Json = {}
        for name, value in filled.items():
            text = value.format(**it)
            several = [{"value": one} for one in text.split(",")]
            element = {
                "value": text,
                "selected_option": {"value": text},
                "selected_options": several,
                "selected_conversation": text,
            }
            values[name] = dict.fromkeys((name, name.split("/")[0]), element)
        return self.common(user, SUPPORT) | {
            "type": "view_submission",
            "user": {"id": user, "team_id": self.bot.services.team},
            "view": self.view(callback_id, metadata, values),
        }


# A thousand cases: each waits until the bot has nothing more to say. The sandbox keeps no rates here.
AT_ONCE = replace(HURRIED, pace=10_000, look_every=0.1, between_edits=0.0, notice=Backoff(0.02, longest=0.1))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def lasting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Private]:
    folder: Path = tmp_path_factory.mktemp("private")
    # Ben looks after the bot, and is not in #support-leads.
    who = {"finetune_admins": [BEN], "finetune_approvers": [BEN]}
    settings = {**who, "finetune_poll_seconds": 3600, "finetune_public_url": OUTSIDE}
    # Ana reads Chinese, as the channels do; Ben reads English.
    async with world(folder) as w, w.bot(AT_ONCE, finetune_language="zh", **settings) as bot:
        await w.person.set_locale("zh-CN", "ana")
        w.provider.tuned.append(f"ft:{MODEL}:acme:open:abc12345")
        report = await w.drop("open.jsonl", user="ben")
        direct = {channel["id"]: channel["user"] for channel in await w.person.channels() if channel.get("is_im")}
        made = Private(w, bot, direct, report["thread_ts"], Things(bot, w.provider))
        await made.remember()
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def private(lasting: Private) -> AsyncIterator[Private]:
    yield lasting
    await lasting.forget()


# A provider's own words, those of examples, what Slack's menu shows everybody, and what speakers call their language.
AS_THEY_ARE = ["Could not find fine tune", "You are a helper", "Add to training set", "简体中文"]


def uses(kind: str, name: str) -> list[str]:
    if kind == "command":
        return COMMAND_CASES[name].split("|")
    if kind == "action":
        return [ACTION_CASES[name]] if name == "start_model" else ACTION_CASES[name].split("|")
    if kind == "function":
        return STEP_CASES[name].split("|")
    return [""]


def body(private: Private, kind: str, name: str, use: str, user: str, it: dict[str, str], *, mention: bool) -> Json:
    text = use.format(**it, user=user, base=MODEL)
    match kind:
        case "command":
            return (private.mention if mention else private.command)(user, f"{name} {text}".strip())
        case "action":
            return private.action(user, name, text, it)
        case "shortcut":
            return private.shortcut(user, name)
        case "function":
            return private.step(user, name, *text.split(" ", 1))
    return private.submission(user, name, it)


def mentions(name: str) -> list[str]:
    """The ways to say a command in a mention that are tried each time: alone, and with the first thing that it names.
    How its words are read is the same as for the command."""
    every = uses("command", name)
    return [*every[:1], *[use for use in every if "{" in use][:1]]


def title(case: tuple[str, str, str, bool]) -> str:
    kind, name, use, mention = case
    return f"{kind}-{name}-{use.replace(' ', '-') or 'bare'}{'-mentioned' if mention else ''}"


EVERYTHING = [
    (kind, name, use, mention)
    for kind, name in sorted(CASES)
    if kind not in ("event", "options")
    for use in uses(kind, name)
    for mention in ([False, True] if kind == "command" else [False])
]
EACH = [
    pytest.param(case, id=title(case), marks=[pytest.mark.soak] if case[3] and case[2] not in mentions(case[1]) else [])
    for case in EVERYTHING
]


def leaks(sent: list[Sent], secrets: dict[str, str]) -> list[tuple[str, Sent]]:
    """What names something private where not everybody may know of it."""
    return [
        (name, request)
        for request in sent
        if not request.may_tell
        for name, secret in secrets.items()
        if secret in request.content
    ]


async def used(
    private: Private, wire: Wire, user: str, case: tuple[str, str, str, bool], it: dict[str, str]
) -> list[Sent]:
    """What the bot sends when somebody uses this way with these names."""
    kind, name, use, mention = case
    wire.presser = user
    wire.sent.clear()
    shown = await private.bring(body(private, kind, name, use, user, it, mention=mention))
    if shown:
        wire.note("views.acknowledged", shown)
    if user != ANA or name not in {"evaluation_pause", "judge_pause", "generation_pause"}:  # they rest already
        await until(lambda: any(request.content != "{}" for request in wire.sent))  # a card may be the answer
    return list(wire.sent)


@pytest.mark.parametrize("case", EACH)
@in_one_loop
async def test_nothing_private_is_seen_elsewhere_by_whose_it_is(
    private: Private, wire: Wire, case: tuple[str, str, str, bool]
) -> None:
    it = (await private.things.plant()).secrets
    sent = await used(private, wire, ANA, case, it)
    assert not leaks(sent, not_typed(it, case))
    assert not in_another_language(sent, ANA, case, it)


@pytest.mark.parametrize("case", EACH)
@in_one_loop
async def test_to_a_stranger_what_is_private_is_like_what_there_is_not(
    private: Private, wire: Wire, case: tuple[str, str, str, bool]
) -> None:
    names = await private.things.plant()
    answers = []
    # Where nothing is named, there is nothing to compare.
    for it in [replace(names, fake=True).secrets] * names_something(case) + [names.secrets]:
        sent = await used(private, wire, BEN, case, it)
        answers.append([neutral(one, it) for one in sent if not one.may_tell and one.content != "{}"])
    assert not leaks(sent, not_typed(names.secrets, case))
    assert answers[0] == answers[-1]
    assert not in_another_language(sent, BEN, case, names.secrets)


def names_something(case: tuple[str, str, str, bool]) -> bool:
    return "{" in case[2] or case[0] == "view"


def not_typed(it: dict[str, str], case: tuple[str, str, str, bool]) -> dict[str, str]:
    """What a person has typed, or a modal has carried, is no news."""
    kind, name, use, _ = case
    use = json.dumps(VIEW_CASES[name]) if kind == "view" else use
    typed = [secret for word, secret in it.items() if f"{{{word}}}" in use]
    return {word: secret for word, secret in it.items() if not any(secret in one for one in typed)}


def in_another_language(sent: list[Sent], user: str, case: tuple[str, str, str, bool], it: dict[str, str]) -> list[str]:
    """What is told in another language than the reader's: Ben's is English, Ana's and the channels' Chinese."""
    if "language en" in f"{case[1]} {case[2]}":
        return []
    found = []
    for request in sent:
        # Direct messages stand for the person with whom they are. What is pressed was shown to them alone, but for
        # the question that stands in its channel.
        alone = request.method == "response_url" and not case[1].startswith("private_words")
        reader = user if alone else request.user or request.channel
        language = Language.ENGLISH if reader == BEN else Language.CHINESE
        found += foreign(request.content, language, [*it.values(), *AS_THEY_ARE])
    return found


def neutral(request: Sent, it: dict[str, str]) -> tuple[str, str, str, str]:
    """A request without the names of things, and without what differs each time."""
    content = request.content
    for secret in sorted(it.values(), key=len, reverse=True):
        content = content.replace(secret, "…")
    content = re.sub(r'"(event_payload|private_metadata)": (\{[^}]*\}|"([^"\\]|\\.)*")', "", content)
    return request.method, request.channel, request.user, content


@pytest.mark.parametrize("name", sorted(SEARCH_CASES))
@in_one_loop
async def test_what_is_private_is_not_found_elsewhere(private: Private, wire: Wire, name: str) -> None:
    names = await private.things.plant()
    body = private.action(ANA, name, "-", names.secrets) | {"type": "block_suggestion", "action_id": name, "value": ""}
    found = await private.bring(body)
    assert found["options"]
    assert not [secret for secret in names.secrets.values() if secret in json.dumps(found)]


# Events


@in_one_loop
async def test_a_deleted_file_is_told_to_its_owner_alone(private: Private, wire: Wire) -> None:
    names = await private.things.plant()
    await private.bring(private.event(type="file_deleted", file_id=f"F0HUSH{names.number}", user_id=BEN, channel=""))
    assert any(names.secrets["file"] in request.content for request in wire.sent)
    assert not leaks(wire.sent, names.secrets)


@in_one_loop
async def test_opening_the_conversation_with_the_bot_tells_of_nothing_of_others(private: Private, wire: Wire) -> None:
    names = await private.things.plant()
    direct = next(channel for channel, user in private.direct.items() if user == BEN)
    await private.bring(private.event(type="app_home_opened", user=BEN, channel=direct, tab="messages"))
    assert not leaks(wire.sent, names.secrets)


@in_one_loop
async def test_a_home_tab_tells_of_nothing_of_others(private: Private, wire: Wire) -> None:
    names = await private.things.plant()
    for tab in Tab:
        for channel, user in private.direct.items():
            await private.bring(private.event(type="app_home_opened", user=user, channel=channel, tab="home"))
            wire.presser = user
            await private.bring(private.action(user, "home_whose", f"{tab} 1 all", names.secrets))
    assert not leaks(wire.sent, names.secrets)
    told = [request for request in wire.sent if request.method == "views.publish" and request.user == ANA]
    assert any(names.secrets["model"] in request.content for request in told), "of her own she is told"


@pytest.mark.parametrize("kind", ["agent_session_stopped", "agent_session_title_changed"])
@in_one_loop
async def test_what_a_stranger_does_with_a_session_tells_of_nothing(private: Private, wire: Wire, kind: str) -> None:
    names = await private.things.plant()
    ts = f"{time.time():.6f}"
    services = private.bot.services
    hushed = Conversation("cv-" + names.number, names.secrets["model"], services.team, SUPPORT, ts, ANA, 1.0, True)
    await SqlConversationStore(services.database).open(hushed)
    await private.bring(private.event(type=kind, user=BEN, thread_ts=ts, title="Mine now"))
    assert not leaks(wire.sent, names.secrets)


@in_one_loop
async def test_being_invited_tells_of_nothing(private: Private, wire: Wire) -> None:
    names = await private.things.plant()
    await private.bring(private.event(type="member_joined_channel", user=private.bot.services.bot_user))
    assert not leaks(wire.sent, names.secrets)


@pytest.mark.parametrize("user", [ANA, BEN])
@in_one_loop
async def test_a_link_to_a_private_job_shows_nothing_but_where_it_was_born(
    private: Private, wire: Wire, user: str
) -> None:
    names = await private.things.plant()
    shared = {
        "type": "link_shared",
        "user": user,
        "is_bot_user_member": True,
        "message_ts": private.thread,
        "links": [{"domain": "finetune.example.com", "url": f"{OUTSIDE}/jobs/{names.secrets['job']}"}],
    }
    direct = next(channel for channel, owner in private.direct.items() if owner == BEN)
    await private.bring(private.event(**shared))
    await private.bring(private.event(**shared | {"user": BEN, "channel": direct}))
    assert "chat.unfurl" not in {request.method for request in wire.sent}
    await private.bring(private.event(**shared | {"channel": LEADS}))
    assert not leaks(wire.sent, names.secrets)
    [told] = [request for request in wire.sent if request.method == "chat.unfurl"]
    assert names.secrets["file"] in told.content


@pytest.mark.parametrize("kind", ["message", "app_mention"])
@pytest.mark.parametrize("user", [ANA, BEN])
@in_one_loop
async def test_a_private_model_is_silent_in_a_public_thread(private: Private, wire: Wire, user: str, kind: str) -> None:
    """A conversation that was opened there by an earlier version."""
    names = await private.things.plant()
    services, ts = private.bot.services, f"{time.time():.6f}"
    conversation = Conversation(
        "cv-" + names.number, names.secrets["model"], services.team, SUPPORT, ts, ANA, 1.0, True
    )
    await SqlConversationStore(services.database).open(conversation)
    asked = len(private.w.provider.chats)
    text = f"<@{services.bot_user}> Who was it?" if kind == "app_mention" else "Who was it?"
    await private.bring(private.event(type=kind, user=user, text=text, thread_ts=ts))
    assert len(private.w.provider.chats) == asked
    hidden = {name: secret for name, secret in names.secrets.items() if name not in {"model", "suffix"}}
    assert not leaks(wire.sent, hidden)


@in_one_loop
async def test_what_a_private_channel_hears_is_its_own(private: Private, wire: Wire) -> None:
    """Where it was born everybody sees it: there is something to hide."""
    names = await private.things.plant()
    wire.presser = ANA
    await private.bring(private.command(ANA, f"status {names.secrets['job']}") | {"channel_id": LEADS})
    told = [request for request in wire.sent if names.secrets["file"] in request.content]
    assert told
    assert all(request.may_tell for request in told)
