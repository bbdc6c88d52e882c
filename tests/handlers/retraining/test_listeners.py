"""The listeners on the way to the next model: what was pressed, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.models.views import View

from bot.access import Action, Caller
from bot.collections.collection import Collection, Example
from bot.datasets.dataset import Dataset
from bot.errors import Conflict
from bot.job_requests import Draft
from bot.retraining.next_model import Plan
from bot.retraining.votes import AddedVotes, VotePairs
from bot.thread_examples.adding import Added, Choice, NewExample
from handlers.blocks.parts import section
from handlers.callers import Callers
from handlers.datasets.derived_files import DerivedFiles
from handlers.languages import english
from handlers.modals import Modals
from handlers.request import Request
from handlers.retraining.listeners import RetrainingListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.comparing import OPENED, Compared
from tests.parts import a_dataset, a_report
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request

PARENT = "ft:gpt:acme:voice:1"
SET = Collection("col-1", "House <voice>", ANA.user, "T0ACME", "C0TRAINING", False, 1.0)
EXAMPLES = tuple(
    Example(f"ex-{n}", SET.id, "{}", "thread", SET.channel, "1.0", False, (), ANA.user, 1.0) for n in range(3)
)
PLAN = Plan(SET, EXAMPLES, "chat", 0, PARENT, old_file=a_dataset(name="old.jsonl"))


@dataclass
class Parts:
    """The use cases, and what was asked of them."""

    plan_made: Plan | Conflict = PLAN
    dataset: Dataset = field(default_factory=lambda: a_dataset(report=None, parent=PARENT))
    report: Any = field(default_factory=a_report)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    votes_added: AddedVotes = field(
        default_factory=lambda: AddedVotes(2, Added(Choice("col-2", "Preferences <over> new"), 5))
    )

    async def plan(self, caller: Caller, collection_id: str) -> Plan:
        self.asked.append(("plan", collection_id))
        if isinstance(self.plan_made, Conflict):
            raise self.plan_made
        return self.plan_made

    async def make(self, caller: Caller, plan: Plan, thread_ts: str, *, private: bool) -> Dataset:
        self.asked.append(("make", thread_ts, private))
        return self.dataset

    async def pairs(self, caller: Caller, arena_id: str) -> VotePairs:
        example = NewExample("ex-1", "{}", "C0TRAINING", "9.0", False, ())
        return VotePairs("ft:gpt:acme:new:2", (example, example), 5)

    async def add(self, caller: Caller, pairs: VotePairs, name: str) -> AddedVotes:
        self.asked.append(("add", name))
        return self.votes_added

    async def get(self, caller: Caller, dataset_id: str, action: Action) -> Dataset:
        return self.dataset

    async def on(self, caller: Caller, dataset: Dataset) -> Draft:
        self.asked.append(("on", dataset.parent))
        return Draft({"model": PARENT}, dataset)

    async def view(self, request: Request, draft: Draft) -> View:
        return View(type="modal", callback_id="start_job", title="Start", blocks=[section(str(draft.words))])


@dataclass(frozen=True)
class Derived(DerivedFiles):
    """Takes the file in place of Slack's files and the check."""

    parts: Parts

    async def share(self, request: Request, source: Dataset, made: Sequence[Dataset], comment: Any) -> list[Dataset]:
        self.parts.asked.append(("share", source.id))
        return list(made)

    async def report_on(self, request: Request, dataset: Dataset, validation: Dataset | None = None) -> None:
        self.parts.asked.append(("report", dataset.id))
        self.parts.dataset = a_dataset(report=self.parts.report, parent=PARENT)


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def compared() -> Compared:
    return Compared()


@pytest.fixture
def listeners(slack: Slack, parts: Parts, compared: Compared) -> RetrainingListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    slack.replies["views.update"] = [{"ok": True, "view": {"id": "V1", "hash": "h"}}]
    poster = Poster(slack.client)

    async def opened(caller: Caller, origin: object, job_id: str) -> Any:
        compared.asked.append(("meet", job_id))
        return OPENED

    anything: Any = parts
    return RetrainingListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        next_models=anything,
        requests=anything,
        datasets=anything,
        derived=Derived(anything, anything, anything, anything, poster, english, parts),
        start=anything,
        arenas=SimpleNamespace(open=opened),  # type: ignore[arg-type]
        keeper=compared,  # type: ignore[arg-type]
        votes=anything,
        modals=Modals(poster),
        poster=poster,
        language=english,
    )


async def test_one_press_makes_the_file_and_opens_the_filled_in_modal(
    listeners: RetrainingListeners, parts: Parts, slack: Slack
) -> None:
    await listeners.train_next(a_request("col-1"))
    assert parts.asked == [
        ("plan", "col-1"),
        ("make", "1.0", False),
        ("share", "ds-1"),
        ("report", "ds-1"),
        ("on", PARENT),
    ]
    (said,) = slack.called("chat.postMessage")
    assert "3 examples of *House &lt;voice&gt;*, and those of `old.jsonl`, from which `voice` learned" in said["text"]
    (filled,) = slack.called("views.update")
    assert filled["view_id"] == "V1"
    assert PARENT in str(filled["view"])


async def test_pressed_again_after_a_crash_the_file_is_finished_and_its_report_has_the_button(
    listeners: RetrainingListeners, parts: Parts, slack: Slack
) -> None:
    slack.replies["views.open"] = [error("expired_trigger_id")]
    slack.replies["conversations.history"] = [
        {"ok": True, "messages": [{"ts": "7.0", "metadata": {"event_payload": {"id": "command/1/next-model"}}}]}
    ]
    await listeners.train_next(a_request("col-1", is_retry=True))
    assert slack.called("chat.postMessage") == []
    assert parts.asked[:3] == [("plan", "col-1"), ("make", "7.0", False), ("share", "ds-1")]
    assert slack.called("views.update") == []


async def test_what_goes_wrong_is_said_in_the_modal(listeners: RetrainingListeners, parts: Parts, slack: Slack) -> None:
    parts.plan_made = Conflict("too_few_examples", least=10, count=3)
    await listeners.train_next(a_request("col-1"))
    (said,) = slack.called("views.update")
    assert "10 examples" in str(said["view"])
    parts.plan_made, parts.report = PLAN, a_report(ok=False)
    await listeners.train_next(a_request("col-1"))
    assert "has errors" in str(slack.called("views.update")[-1]["view"])


async def test_pairs_are_said_to_train_by_dpo_and_what_is_left_out_is_counted(
    listeners: RetrainingListeners, parts: Parts, slack: Slack
) -> None:
    parts.plan_made = Plan(SET, EXAMPLES, "preference", 2, PARENT)
    await listeners.train_next(a_request("col-1"))
    (said,) = slack.called("chat.postMessage")
    assert "(DPO)" in said["text"]
    assert "2 examples of another format are left out" in said["text"]


async def test_the_parent_is_met_in_an_arena_and_whoever_asked_is_told_where(
    listeners: RetrainingListeners, compared: Compared
) -> None:
    answers = Answers()
    await listeners.meet_parent(a_request("job-1", answers))
    assert compared.asked == [("meet", "job-1"), ("begin", "cmp-1")]
    assert "https://acme.slack.com/p2.5" in answers.text


async def test_votes_go_into_the_preferences_over_the_winner_and_what_is_left_out_is_said(
    listeners: RetrainingListeners, parts: Parts, slack: Slack
) -> None:
    answers = Answers()
    await listeners.add_votes(a_request("cmp-1", answers))
    assert parts.asked == [("add", "Preferences over new")]
    assert "2 pairs of answers" in answers.text
    assert "*Preferences &lt;over&gt; new*, which has 5 now" in answers.text
    assert "3 others were left out" in answers.text
    assert slack.called("chat.postMessage") == []
    parts.votes_added = AddedVotes(0, None)
    await listeners.add_votes(a_request("cmp-1", answers))
    assert "are in a training set already" in answers.text


async def test_whose_private_words_they_hold_are_asked_in_the_arenas_thread(
    listeners: RetrainingListeners, parts: Parts, slack: Slack
) -> None:
    parts.votes_added = AddedVotes(1, Added(Choice("col-2", "Preferences"), 1, ("U0BEN",)), ("U0BEN",))
    answers = Answers()
    await listeners.add_votes(a_request("cmp-1", answers))
    assert "once <@U0BEN> agreed" in answers.text
    (asked,) = slack.called("chat.postMessage")
    assert asked["thread_ts"] == "9.0"
    assert "<@U0BEN>" in asked["text"]
