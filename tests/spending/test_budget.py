"""What a job counts for, and when it is too much."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.estimate import spend_of
from bot.jobs.job import Job, Origin
from bot.providers.protocol import Metrics
from bot.spending.budget import Budget, Limits, OverBudget, Scope, Spend, check, month_of, used
from tests.parts import a_job
from texts import errors

ANY_TIME = st.floats(0, 4e9)


def spends(*jobs: Job) -> list[Spend]:
    return [spend_of(job) for job in jobs]


def checked(job: Job, limits: Limits, *month: Job) -> None:
    check(spend_of(job), job.created_at, limits, spends(*month))


def test_an_open_job_counts_its_estimate() -> None:
    for state in ("awaiting_approval", "in_line", "submitting", "uncertain", "running", "paused", "a word of theirs"):
        assert spend_of(a_job(state=state, estimated_cost=3.0)).usd == 3.0


def test_an_ended_job_counts_what_the_provider_says_it_trained() -> None:
    # gpt-4.1-mini: 5 dollars a million tokens.
    assert spend_of(a_job(state="succeeded", estimated_cost=3.0, trained_tokens=400_000)).usd == pytest.approx(2.0)


def test_an_ended_job_of_which_the_provider_tells_no_tokens_counts_its_estimate() -> None:
    assert spend_of(a_job(state="succeeded", estimated_cost=3.0)).usd == 3.0


def test_what_failed_or_never_trained_is_free() -> None:
    assert spend_of(a_job(state="failed", estimated_cost=3.0, started_at=5.0)).usd == 0
    assert spend_of(a_job(state="cancelled", estimated_cost=3.0)).usd == 0


def test_what_was_cancelled_midway_counts_its_share() -> None:
    half = Metrics(step=5, total_steps=10)
    assert spend_of(a_job(state="cancelled", estimated_cost=3.0, started_at=5.0, latest=half)).usd == 1.5
    assert spend_of(a_job(state="cancelled", estimated_cost=3.0, started_at=5.0)).usd == 3.0


def test_a_job_of_unknown_price_counts_nothing_and_is_told_of() -> None:
    unknown, known, free = a_job(estimated_cost=None), a_job(estimated_cost=2.0), a_job(state="failed")
    together = used(spends(unknown, known, free))
    assert (together.usd, together.promised, together.jobs, together.unknown) == (2.0, 2.0, 3, 1)


@pytest.mark.parametrize(
    ("budget", "hit"),
    [
        (Budget(Scope.WORKSPACE, "", 10), True),
        (Budget(Scope.CHANNEL, "C0TRAINING", 10), True),
        (Budget(Scope.CHANNEL, "C0OTHER", 1), False),
        (Budget(Scope.PERSON, "U0ANA", 10), True),
        (Budget(Scope.PERSON, "U0BEN", 1), False),
        (Budget(Scope.WORKSPACE, "", 12), False),
    ],
)
def test_each_budget_covers_its_own_jobs(budget: Budget, hit: bool) -> None:
    month = [
        a_job(estimated_cost=6.0),
        a_job(estimated_cost=100.0, requester="U0BEN", origin=Origin("T0ACME", "C0OTHER", False)),
    ]
    if budget.scope is Scope.WORKSPACE:
        month = month[:1]
    job = a_job(estimated_cost=5.0)
    if hit:
        with pytest.raises(OverBudget):
            checked(job, Limits((budget,)), *month)
    else:
        checked(job, Limits((budget,)), *month)


def test_a_refusal_names_the_figures_and_the_day_on_which_there_is_money_again() -> None:
    at = datetime(2026, 12, 31, 23, 59, tzinfo=UTC).timestamp()
    month = [a_job(estimated_cost=6.0), a_job(state="succeeded", trained_tokens=400_000)]
    with pytest.raises(OverBudget) as over:
        checked(a_job(estimated_cost=5.0, created_at=at), Limits((Budget(Scope.PERSON, "U0ANA", 10),)), *month)
    assert errors.sentence(over.value).startswith(
        "Nothing was started. The job would go over your budget. It is estimated at $5.00; of $10.00 a month, $8.00 "
        "are taken ($6.00 of it by jobs that have not ended yet), so $2.00 are left until 1 January (UTC)."
    )


def test_what_fits_to_the_cent_is_let_in_and_a_free_job_always() -> None:
    limits = Limits((Budget(Scope.WORKSPACE, "", 0.3),))
    checked(a_job(estimated_cost=0.1), limits, a_job(estimated_cost=0.1), a_job(estimated_cost=0.1))
    checked(a_job(estimated_cost=0.0), Limits((Budget(Scope.WORKSPACE, "", 0),)), a_job(estimated_cost=9.0))


@given(ANY_TIME)
def test_a_month_is_a_calendar_month_in_utc(at: float) -> None:
    start, end = month_of(at)
    assert start <= at < end
    first = datetime.fromtimestamp(start, UTC)
    assert (first.day, first.hour, first.minute, first.second) == (1, 0, 0, 0)
    assert month_of(end)[0] == end
    assert datetime.fromtimestamp(end - 1, UTC).month == first.month
