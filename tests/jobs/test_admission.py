"""In which state a job begins."""

import math
from typing import Any

import pytest

from bot.jobs.admission import Rules, decide_admission
from bot.jobs.interfaces import LedgerSnapshot
from bot.jobs.job import Job
from bot.jobs.notice import ApprovalAsked, WaitsInLine
from bot.spending.budget import Budget, Limits, NotAdmitted, OverBudget, Scope
from tests.parts import a_job

RULES = Rules(approval_above=25, deciders=("U0BEN", "S0LEADS", "U0ANA"))


def ledger(**fields: Any) -> LedgerSnapshot:
    return LedgerSnapshot(**{"limits": Limits(), "month": (), "waiting": 0, "running": 0, **fields})


def begun(job: Job, rules: Rules = RULES, **fields: Any) -> Job:
    return decide_admission(job, ledger(**fields), rules).job


@pytest.mark.parametrize(
    ("cost", "unknown_too", "state"),
    [
        (25.0, True, "submitting"),
        (25.01, True, "awaiting_approval"),
        (None, True, "awaiting_approval"),
        (None, False, "submitting"),
        (0.0, True, "submitting"),
    ],
)
def test_what_costs_more_than_the_threshold_waits_for_approval(
    cost: float | None, unknown_too: bool, state: str
) -> None:
    rules = Rules(approval_above=25, approve_unknown=unknown_too, deciders=("U0BEN",))
    assert begun(a_job(estimated_cost=cost), rules).state == state


def test_the_requester_is_not_among_those_who_are_asked() -> None:
    change = decide_admission(a_job(estimated_cost=30.0), ledger(), RULES)
    assert change.job.approval
    assert change.job.approval.deciders == ("U0BEN", "S0LEADS")
    assert [type(notice.body) for notice in change.notices] == [ApprovalAsked]


def test_where_nobody_else_may_approve_nothing_begins() -> None:
    with pytest.raises(NotAdmitted, match="nobody_to_approve"):
        begun(a_job(estimated_cost=30.0), Rules(approval_above=25, deciders=("U0ANA",)))


@pytest.mark.parametrize(
    ("in_slack", "state"), [(50.0, "submitting"), (math.inf, "submitting"), (1.0, "awaiting_approval")]
)
def test_what_was_set_in_slack_goes_before_the_setting(in_slack: float, state: str) -> None:
    assert begun(a_job(estimated_cost=30.0), limits=Limits((), in_slack)).state == state


def test_without_a_threshold_nothing_needs_approval() -> None:
    assert begun(a_job(estimated_cost=None), Rules()).state == "submitting"


def test_over_budget_nobody_is_asked_for_approval() -> None:
    with pytest.raises(OverBudget):
        begun(a_job(estimated_cost=30.0), limits=Limits((Budget(Scope.WORKSPACE, "", 1),)))


@pytest.mark.parametrize(
    ("waiting", "running", "most", "state"),
    [(0, 5, None, "submitting"), (0, 1, 2, "submitting"), (0, 2, 2, "in_line"), (1, 0, 2, "in_line")],
)
def test_without_room_a_job_waits_behind_those_that_wait(
    waiting: int, running: int, most: int | None, state: str
) -> None:
    change = decide_admission(a_job(), ledger(waiting=waiting, running=running), Rules(most_running=most))
    assert change.job.state == state
    if state == "in_line":
        assert change.job.queue_place
        assert (change.job.queue_place.place, change.job.queue_place.length) == (waiting + 1, waiting + 1)
        assert [type(notice.body) for notice in change.notices] == [WaitsInLine]


def test_every_submission_is_in_the_audit_log_with_its_price_and_without_its_file() -> None:
    (entry,) = decide_admission(a_job(estimated_cost=3.2), ledger(), Rules()).audit
    assert (entry.actor, entry.action, entry.resource) == ("U0ANA", "submit", "job-1")
    assert entry.details == f"{a_job().base_model}, $3.20"
