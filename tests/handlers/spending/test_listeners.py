"""Budgets and approvals, as people ask for them."""

from collections.abc import Callable, Collection
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.errors import Conflict, Invalid
from bot.jobs.approval import AlreadyDecided, Approvals
from bot.jobs.job import Approval, Job
from bot.languages import ChannelLanguages
from bot.notices.interfaces import PostedNotices
from bot.spending.budget import Scope, Used
from bot.spending.budgets import Budgets, BudgetUse, MonthlySpending
from handlers.blocks import approval
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.outgoing.approval_questions import ApprovalQuestions
from handlers.spending.listeners import SpendingListeners, without_reason
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language, speaking

WAITING = a_job(state="awaiting_approval", approval=Approval(0.0, 25.0, (ANA.user,)), estimated_cost=30.0)


def _decided(approved: bool, by: str = ANA.user, reason: str = "") -> Job:
    assert WAITING.approval
    decision = msgspec.structs.replace(WAITING.approval, approved=approved, decided_by=by, reason=reason)
    return msgspec.structs.replace(WAITING, approval=decision)


class Office:
    """Both use cases, and what was asked of them. `late` is what somebody else decided before."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.spending = MonthlySpending(
            1_701_000_000.0, [BudgetUse(Scope.WORKSPACE, "", None, Used()) for _ in range(3)], None, True, False
        )
        self.deciders: Collection[str] = ("U0BEN", "S0LEADS")
        self.late: Job | None = None
        self.language: str | None = None
        self.asked_at: list[tuple[str, str]] = []

    async def this_month(self, caller: Caller) -> MonthlySpending:
        return self.spending

    async def set_budget(self, caller: Caller, scope: Scope, subject: str, usd: float | None) -> None:
        self.asked.append((scope, subject, usd))

    async def set_approval(self, caller: Caller, above: float | None) -> Collection[str]:
        self.asked.append(("approval", above))
        return self.deciders

    async def check(self, caller: Caller, job_id: str) -> Job:
        if self.late:
            raise AlreadyDecided(self.late)
        return WAITING

    async def approve(self, caller: Caller, job_id: str) -> Job:
        await self.check(caller, job_id)
        self.asked.append(("approve", caller.user, job_id))
        return _decided(True)

    async def decline(self, caller: Caller, job_id: str, reason: str) -> Job:
        await self.check(caller, job_id)
        self.asked.append(("decline", caller.user, job_id, reason))
        return _decided(False, reason=reason)

    async def places(self, notice_id: str) -> list[tuple[str, str]]:
        assert notice_id == "job-1/approval"
        return self.asked_at

    async def get(self, channel: str) -> str | None:
        return self.language


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def listeners(slack: Slack, office: Office) -> SpendingListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    poster = Poster(slack.client)
    people = People(poster, "T0ACME", Roles())
    return SpendingListeners(
        callers=Callers(people, "T0ACME"),
        budgets=cast(Budgets, office),
        approvals=cast(Approvals, office),
        questions=ApprovalQuestions(
            cast(PostedNotices, office),
            Languages(people, cast(ChannelLanguages, office), Language.ENGLISH),
            poster,
        ),
        poster=poster,
    )


def _shown(answers: Answers) -> str:
    return "\n".join(str(block.to_dict()) for block in answers[-1].blocks)


async def test_each_budget_is_shown_with_what_is_used_of_it(listeners: SpendingListeners, office: Office) -> None:
    office.spending = MonthlySpending(
        1_701_000_000.0,  # in November 2023
        [
            BudgetUse(Scope.WORKSPACE, "", 10.0, Used(2.5, 1.0, 3, 2)),
            BudgetUse(Scope.CHANNEL, "C0TRAINING", None, Used()),
            BudgetUse(Scope.PERSON, ANA.user, 0.0, Used(1.0, 0.0, 1)),
        ],
        25.0,
        True,
        False,
    )
    answers = Answers()
    await listeners.budget(a_request("", answers))
    shown = _shown(answers)
    for part in (
        "Spending in November 2023",
        "*Whole workspace* · ▰▰▰▱▱▱▱▱▱▱▱▱ $2.50 of $10.00 (25%) · 3 jobs, $1.00 of it still estimated",
        "*<#C0TRAINING>* · $0.00, no budget · no job yet",
        f"*<@{ANA.user}>* · ▰▰▰▰▰▰▰▰▰▰▰▰ $1.00 of $0.00 (100%) · 1 job",
        "This month ends on 1 December, 00:00 UTC.",
        "Jobs above $25.00, and those of unknown price, need the approval of somebody else.",
        "2 jobs of unknown price count nothing here.",
    ):
        assert part in shown
    assert "budget set" not in shown


async def test_administrators_read_how_to_set_one_and_how_many_are_not_shown(
    listeners: SpendingListeners, office: Office
) -> None:
    uses = [BudgetUse(Scope.WORKSPACE, "", 10.0, Used()) for _ in range(43)]
    office.spending = msgspec.structs.replace(office.spending, uses=uses, overseen=True)
    answers = Answers()
    await listeners.budget(a_request("", answers))
    assert "And 3 more budgets." in _shown(answers)
    assert "`/finetune budget set workspace 200`" in _shown(answers)
    assert "No job needs approval." in _shown(answers)


async def test_the_month_is_told_in_chinese(listeners: SpendingListeners) -> None:
    answers = Answers()
    with speaking(Language.CHINESE):
        await listeners.budget(a_request("", answers))
    assert "费用统计：2023年11月" in _shown(answers)
    assert "*整个工作区* · 已用 US$0.00，没有预算 · 还没有任务" in _shown(answers)


@pytest.mark.parametrize(
    ("words", "asked", "said"),
    [
        ("set workspace 200", (Scope.WORKSPACE, "", 200.0), "Whole workspace may spend $200.00 a month now."),
        ("set <#C0NEWS> $5", (Scope.CHANNEL, "C0NEWS", 5.0), "<#C0NEWS> may spend $5.00 a month now."),
        ("set <@U0BEN> off", (Scope.PERSON, "U0BEN", None), "<@U0BEN> has no budget of its own now."),
        (
            "approval 10",
            ("approval", 10.0),
            "Jobs estimated above $10.00 need approval now. <@U0BEN> and <!subteam^S0LEADS> may give it",
        ),
        ("approval off", ("approval", None), "No job needs approval now."),
    ],
)
async def test_what_is_typed_is_set_and_said(
    listeners: SpendingListeners, office: Office, words: str, asked: tuple[object, ...], said: str
) -> None:
    answers = Answers()
    await listeners.budget(a_request(words, answers))
    assert office.asked == [asked]
    assert answers.text.startswith(said)


async def test_a_threshold_that_nobody_can_lift_says_whom_to_ask(listeners: SpendingListeners, office: Office) -> None:
    office.deciders = ()
    answers = Answers()
    await listeners.budget(a_request("approval 10", answers))
    assert "FINETUNE_APPROVERS" in answers.text


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("set", "budget_usage"),
        ("set workspace", "budget_usage"),
        ("set workspace lots", "no_amount"),
        ("set nobody 5", "whose_budget"),
        ("approval -1", "no_amount"),
        ("x", "budget_usage"),
    ],
)
async def test_what_is_not_understood_sets_nothing(
    listeners: SpendingListeners, office: Office, words: str, kind: str
) -> None:
    with pytest.raises(Invalid, match=kind):
        await listeners.budget(a_request(words))
    assert office.asked == []


PRESSED = {"message": {"ts": "5.0"}}


async def test_approving_takes_the_buttons_away_in_the_channels_language(
    listeners: SpendingListeners, office: Office, slack: Slack
) -> None:
    office.language = "zh"
    answers = Answers()
    await listeners.approve(a_request("job-1", answers, body=PRESSED))
    assert office.asked == [("approve", ANA.user, "job-1")]
    (closed,) = slack.called("chat.update")
    assert (closed["channel"], closed["ts"]) == (WAITING.origin.channel, "5.0")
    assert f"<@{ANA.user}> 已批准。" in closed["text"]
    assert answers.text.startswith("You approved ")


async def test_the_question_in_the_thread_is_closed_wherever_it_was_answered(
    listeners: SpendingListeners, office: Office, slack: Slack
) -> None:
    office.asked_at, office.language = [(WAITING.origin.channel, "5.0"), (WAITING.origin.channel, "6.0")], "zh"
    await listeners.approve(a_request("job-1", Answers(), channel="D0ANA", body={"message": {"ts": "7.0"}}))
    closed = slack.called("chat.update")
    assert [(call["channel"], call["ts"]) for call in closed] == [*office.asked_at, ("D0ANA", "7.0")]
    assert ["approved it" in call["text"] for call in closed] == [False, False, True]


async def test_where_the_buttons_cannot_be_taken_away_the_job_goes_on(
    listeners: SpendingListeners, slack: Slack
) -> None:
    slack.replies["chat.update"] = [error("message_not_found")]
    answers = Answers()
    await listeners.approve(a_request("job-1", answers, body=PRESSED))
    assert answers.text.startswith("You approved ")


async def test_declining_asks_for_a_reason_and_tells_it(
    listeners: SpendingListeners, office: Office, slack: Slack
) -> None:
    await listeners.decline(a_request("job-1", body=PRESSED))
    (opened,) = slack.called("views.open")
    view = {"private_metadata": opened["view"]["private_metadata"]}
    assert opened["view"]["callback_id"] == approval.CALLBACK_ID
    assert office.asked == []
    answers = Answers()
    view["state"] = _typed(" Too dear ")
    await listeners.declined(a_request("", answers, body={"view": view}))
    assert office.asked == [("decline", ANA.user, "job-1", "Too dear")]
    (closed,) = slack.called("chat.update")
    assert closed["ts"] == "5.0"
    assert "declined it: Too dear" in closed["text"]
    assert answers.text.startswith("You declined ")


def _typed(reason: str | None) -> dict[str, Any]:
    return {"values": {approval.REASON: {approval.REASON: {"value": reason}}}}


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_a_reason_is_needed(reason: str | None) -> None:
    assert without_reason(_typed(reason)["values"]) == {approval.REASON: "Say in a few words why."}
    assert without_reason(_typed("no")["values"]) == {}


async def _approved(listeners: SpendingListeners, answers: Answers) -> None:
    await listeners.approve(a_request("job-1", answers, body=PRESSED))


async def _declines(listeners: SpendingListeners, answers: Answers) -> None:
    await listeners.decline(a_request("job-1", answers, body=PRESSED))


async def _declined(listeners: SpendingListeners, answers: Answers) -> None:
    asked = msgspec.json.encode(approval.DeclineTarget("C0TRAINING", "job-1", "5.0")).decode()
    view = {"private_metadata": asked, "state": _typed("no")}
    await listeners.declined(a_request("", answers, body={"view": view}))


@pytest.mark.parametrize("decide", [_approved, _declines, _declined])
async def test_whoever_is_late_is_told_what_was_decided(
    listeners: SpendingListeners, office: Office, slack: Slack, decide: Callable[..., Any]
) -> None:
    answers = Answers()
    office.late = _decided(True, by="U0CLEO")
    await decide(listeners, answers)
    office.late = WAITING
    await decide(listeners, answers)
    decided, withdrawn = (message.text for message in answers)
    assert "<@U0CLEO> approved it." in decided
    assert "It was withdrawn." in withdrawn
    assert slack.called("chat.update") == slack.called("views.open") == []


async def test_without_a_trigger_no_modal_opens_and_the_button_is_to_be_pressed_again(
    listeners: SpendingListeners,
) -> None:
    with pytest.raises(Conflict, match="press_again"):
        await listeners.decline(a_request("job-1", trigger_id=None))
