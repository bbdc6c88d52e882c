"""What a month has cost and may cost, as people ask for it and administrators set it."""

import math

import pytest

from bot.access import Actor, Place, Policy, Role
from bot.audit import Outcome
from bot.authority import Authority
from bot.errors import Denied
from bot.jobs.job import Origin
from bot.spending.budget import Scope
from bot.spending.budgets import Budgets
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore
from tests.parts import a_job
from tests.slack_requests import ANA, a_caller

ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)
NOW = a_caller().at


@pytest.fixture
def audit(database: Database) -> SqlAuditLog:
    return SqlAuditLog(database)


@pytest.fixture
def kept(database: Database) -> SqlBudgetStore:
    return SqlBudgetStore(database)


@pytest.fixture
def budgets(kept: SqlBudgetStore, jobs: SqlJobStore, audit: SqlAuditLog) -> Budgets:
    authority = Authority(Policy(), audit)
    return Budgets(kept, jobs, authority, approval_above=25.0, approve_unknown=False, deciders=("U0BEN",))


async def test_everybody_sees_what_is_used_by_all_here_and_by_them(budgets: Budgets, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(created_at=NOW, estimated_cost=3.0))
    await jobs.insert(
        a_job(id="job-2", created_at=NOW, estimated_cost=4.0, requester="U0BEN", origin=Origin("T0ACME", "C0B", False))
    )
    await jobs.insert(a_job(id="job-3", created_at=NOW - 60 * 86400, estimated_cost=100.0))
    spending = await budgets.this_month(a_caller())
    assert [(use.scope, use.subject, use.usd, use.used.usd, use.used.jobs) for use in spending.uses] == [
        (Scope.WORKSPACE, "", None, 7.0, 2),
        (Scope.CHANNEL, "C0TRAINING", None, 3.0, 1),
        (Scope.PERSON, ANA.user, None, 3.0, 1),
    ]
    assert (spending.at, spending.approval_above, spending.approve_unknown) == (NOW, 25.0, False)


async def test_administrators_see_all_budgets_where_nobody_else_looks(budgets: Budgets) -> None:
    await budgets.set_budget(a_caller(ADMIN, key="command/1"), Scope.CHANNEL, "C0B", 5.0)
    await budgets.set_budget(a_caller(ADMIN, key="command/2"), Scope.WORKSPACE, "", 200.0)
    for caller, overseen in (
        (a_caller(), False),
        (a_caller(ADMIN, answers_in=Place("C0TRAINING")), False),
        (a_caller(ADMIN), True),
    ):
        spending = await budgets.this_month(caller)
        assert spending.uses[0].usd == 200.0
        assert spending.overseen is overseen
        assert [use.subject for use in spending.uses[3:]] == (["C0B"] if overseen else [])


async def test_only_administrators_set_them_and_a_refusal_is_kept(
    budgets: Budgets, kept: SqlBudgetStore, audit: SqlAuditLog
) -> None:
    with pytest.raises(Denied):
        await budgets.set_budget(a_caller(), Scope.WORKSPACE, "", 1000.0)
    with pytest.raises(Denied):
        await budgets.set_approval(a_caller(key="command/2"), None)
    assert (await kept.limits()).budgets == ()
    assert [entry.outcome for _, entry in await audit.latest(5)] == [Outcome.REFUSED, Outcome.REFUSED]


async def test_what_is_set_holds_until_it_is_taken_away_and_the_log_has_the_figures(
    budgets: Budgets, kept: SqlBudgetStore, audit: SqlAuditLog
) -> None:
    for key, usd in (("command/1", 20.0), ("command/2", 1204.5), ("command/3", None)):
        await budgets.set_budget(a_caller(ADMIN, key=key), Scope.PERSON, ANA.user, usd)
    assert (await kept.limits()).budgets == ()
    assert [entry.details for entry in await audit.about(ANA.user)] == ["$20.00", "$1,204.50", "off"]


@pytest.mark.parametrize(("above", "kept_as", "details"), [(10.0, 10.0, "$10.00"), (None, math.inf, "off")])
async def test_the_threshold_of_approval_goes_before_that_of_the_settings(
    budgets: Budgets,
    kept: SqlBudgetStore,
    audit: SqlAuditLog,
    above: float | None,
    kept_as: float,
    details: str,
) -> None:
    assert list(await budgets.set_approval(a_caller(ADMIN), above)) == ["U0BEN"]
    assert (await kept.limits()).approval_above == kept_as
    assert (await budgets.this_month(a_caller())).approval_above == above
    assert [entry.details for entry in await audit.about("approval")] == [details]
