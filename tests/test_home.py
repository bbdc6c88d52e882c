"""What stands on a person's Home tab: theirs, the team's, and nothing private of others."""

import time
from datetime import UTC, datetime

import msgspec
import pytest

from bot.access import Actor, Caller, Place, Policy, Role
from bot.audit import Entry
from bot.authority import Authority
from bot.dashboard import Dashboards
from bot.errors import Denied
from bot.evaluations.evaluation import Evaluation, Task
from bot.evaluations.result import ModelScore, Result
from bot.evaluations.statistics import Estimate
from bot.evaluations.statistics.intervals import Method
from bot.home import KEPT_FOR, PAGE, Home, Homes, Spot, Tab
from bot.jobs.job import Approval, Origin
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.retirement_calendar import RetirementCalendar
from bot.personal_settings import PersonalSettingsControl
from bot.providers.chat import Usage
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.budgets import Budgets
from bot.spending.model_use import ModelUse
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.homes import SqlHomes
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.personal_settings import SqlPersonalSettings
from bot.store.spending import SqlBudgetStore, SqlModelUseStore
from tests.parts import a_dataset, a_job, a_report, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

MINI = "gpt-4.1-mini-2025-04-14"
VOICE, SECRET = (f"ft:{MINI}:acme:{name}:1" for name in ("voice", "secret"))
BEN = Actor("U0BEN", "T0ACME", Role.APPROVER)
LEADS = Origin("T0ACME", "G0LEADS", True)
NOW = time.time()
SOON = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
"""When the models here are about to end."""


@pytest.fixture
def store(database: Database) -> SqlHomes:
    return SqlHomes(database)


@pytest.fixture
def homes(database: Database, jobs: SqlJobStore, provider: OpenAIProtocol, store: SqlHomes) -> Homes:
    authority = Authority(Policy(), SqlAuditLog(database))
    evaluations, people = SqlEvaluationStore(database), SqlPersonalSettings(database)
    datasets = SqlDatasetStore(database)
    catalogue = Catalogue(Providers(provider), jobs, remembered_for=0)
    lookup, uses = ModelLookup(catalogue, evaluations, authority), SqlModelUses(database)
    return Homes(
        store,
        Dashboards(
            jobs,
            SqlGroupStore(database),
            datasets,
            SqlCollectionStore(database),
            (evaluations,),
            people,
            authority,
        ),
        jobs,
        Providers(provider),
        datasets,
        lookup,
        uses,
        Budgets(SqlBudgetStore(database), jobs, authority),
        PersonalSettingsControl(people, authority),
        RetirementCalendar(uses, catalogue, lookup, authority, clock=lambda: SOON),
        authority,
    )


def looks(actor: Actor = ANA, **fields: object) -> Caller:
    """Somebody looks at their own, alone."""
    direct = f"D0{actor.user[2:]}"
    alone = Place(direct, alone=True)
    return a_caller(actor, direct, **{"answers_in": alone, "posts_in": alone, "at": NOW, **fields})


def job_ids(home: Home) -> list[str]:
    return [one.job.id for one in home.jobs]


async def test_it_lists_my_jobs_of_private_channels_too_and_of_others_what_is_public(
    homes: Homes, jobs: SqlJobStore
) -> None:
    for number, (id, requester, origin, state) in enumerate(
        (
            ("job-mine", ANA.user, a_job().origin, "running"),
            ("job-my-secret", ANA.user, LEADS, "succeeded"),
            ("job-theirs", BEN.user, a_job().origin, "failed"),
            ("job-their-secret", BEN.user, LEADS, "running"),
            ("job-new", ANA.user, a_job().origin, "succeeded"),
        )
    ):
        await jobs.insert(a_job(id=id, requester=requester, origin=origin, state=state, created_at=NOW + number))
    mine = await homes.of(looks(), Spot())
    assert job_ids(mine) == ["job-mine", "job-new", "job-my-secret"], "what goes on stands first"
    everybodys = await homes.of(looks(), Spot(mine=False))
    assert job_ids(everybodys) == ["job-mine", "job-new", "job-theirs", "job-my-secret"]


async def test_a_long_list_has_pages_and_one_beyond_the_last_is_the_last(homes: Homes, jobs: SqlJobStore) -> None:
    for number in range(PAGE + 1):
        await jobs.insert(a_job(id=f"job-{number}", state="succeeded", created_at=NOW + number, cause=f"{number}"))
    first, last = await homes.of(looks(), Spot()), await homes.of(looks(), Spot(page=7))
    assert (len(first.jobs), first.pages, first.spot.page) == (PAGE, 2, 1)
    assert (job_ids(last), last.pages, last.spot.page) == (["job-0"], 2, 2)


async def test_models_come_with_owner_score_last_use_and_their_day(
    homes: Homes, jobs: SqlJobStore, database: Database, stand_in: StandInProvider
) -> None:
    stand_in.tuned = [VOICE, SECRET]
    stand_in.shutdown_dates = {VOICE: "2027-01-14"}
    for number, (model, origin) in enumerate(((VOICE, a_job().origin), (SECRET, LEADS))):
        made = {"fine_tuned_model": model, "base_model": MINI, "state": "succeeded", "origin": origin}
        await jobs.insert(followed_job(f"ftjob-{number}", id=f"job-{number}", **made))
    uses = SqlModelUseStore(database)
    for channel, at in (("C0ONE", 5.0), ("G0LEADS", 9.0)):
        await uses.add(ModelUse(ANA.user, channel, VOICE, "cv-1", Usage(1, 1), None, at))
    for id, score, private in (("old", 0.5, False), ("new", 0.75, False), ("hushed", 1.0, True)):
        await _evaluated(database, id, score, private)
    (voice,) = (await homes.of(looks(BEN), Spot(Tab.MODELS, mine=False))).models or ()
    assert (voice.model.id, voice.model.owner, str(voice.model.shutdown_date)) == (VOICE, ANA.user, "2027-01-14")
    assert voice.score is not None
    assert (voice.score.score, voice.score.n, voice.last_used_at) == (0.75, 12, NOW + 1), "as far as he may know"
    of_ana = (await homes.of(looks(), Spot(Tab.MODELS))).models or ()
    assert {one.model.id for one in of_ana} == {VOICE, SECRET}


async def test_the_first_page_of_models_says_what_ends_next_and_a_private_one_to_its_owner_alone(
    homes: Homes, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.tuned = [VOICE, SECRET]
    stand_in.shutdown_dates = {VOICE: "2027-01-14", SECRET: "2027-01-10", MINI: "2027-02-01"}
    for number, (model, origin) in enumerate(((VOICE, a_job().origin), (SECRET, LEADS))):
        made = {"fine_tuned_model": model, "base_model": MINI, "state": "succeeded", "origin": origin}
        await jobs.insert(followed_job(f"ftjob-{number}", id=f"job-{number}", **made))
    mine, bens = [(await homes.of(looks(who), Spot(Tab.MODELS, mine=False))).retiring for who in (ANA, BEN)]
    assert [(entry.model, entry.days) for entry in mine] == [(SECRET, 9), (VOICE, 13)], "nobody uses the base"
    assert [entry.model for entry in bens] == [VOICE]


async def test_where_no_provider_answers_the_rest_is_shown(homes: Homes, stand_in: StandInProvider) -> None:
    await stand_in.down()
    home = await homes.of(looks(), Spot(Tab.MODELS))
    assert home.models is None
    assert home.may_submit


async def _evaluated(database: Database, id: str, score: float, private: bool) -> None:
    """Finished, with this score of a model."""
    store = SqlEvaluationStore(database)
    evaluation = Evaluation(
        id=id,
        models=(VOICE,),
        team="T0ACME",
        channel="G0LEADS" if private else "C0ONE",
        owner=BEN.user if not private else ANA.user,
        created_at=NOW + ("old", "new", "hushed").index(id),
        private=private,
        dataset_id="ds-1",
        file_name="train.jsonl",
        file="abc",
        grader={},
        grader_name="match",
        n=12,
        seed=1,
    )
    await store.open(evaluation, [], Entry(id, NOW, ANA.user, "evaluate", id, "C0ONE"))
    estimate = Estimate(score, None, None, 12, 12, Method.WILSON)
    result = Result(task=Task.TEXT, n=12, binary=True, scores=(ModelScore(VOICE, estimate),))
    await store.set_result(id, msgspec.json.encode(result), NOW)


async def test_training_files_say_whether_they_are_ready(homes: Homes, database: Database) -> None:
    datasets = SqlDatasetStore(database)
    for id, owner, private, report in (
        ("ds-ready", ANA.user, False, a_report()),
        ("ds-wrong", ANA.user, True, a_report(ok=False)),
        ("ds-unread", ANA.user, False, None),
        ("ds-bens", BEN.user, False, a_report()),
        ("ds-hushed", BEN.user, True, a_report()),
    ):
        await datasets.save(a_dataset(id=id, owner=owner, channel_private=private, report=report))
    mine = await homes.of(looks(), Spot(Tab.DATA))
    assert {(one.id, one.report.ok) for one in mine.datasets if one.report} == {("ds-ready", True), ("ds-wrong", False)}
    everybodys = await homes.of(looks(), Spot(Tab.DATA, mine=False))
    assert {one.id for one in everybodys.datasets} == {"ds-ready", "ds-wrong", "ds-bens"}


async def test_what_needs_somebody_stands_on_every_tab(homes: Homes, jobs: SqlJobStore) -> None:
    waits = Approval(0.0, 25.0, (BEN.user,))
    await jobs.insert(a_job(state="awaiting_approval", approval=waits))
    for tab in Tab:
        assert [job.id for job in (await homes.of(looks(BEN), Spot(tab))).needs.approvals] == ["job-1"]
        assert not (await homes.of(looks(), Spot(tab))).needs.approvals
    spending = (await homes.of(looks(), Spot(Tab.SPENDING))).spending
    assert spending is not None
    assert spending.uses[0].used.jobs == 1
    settings = (await homes.of(looks(), Spot(Tab.SETTINGS))).settings
    assert settings is not None
    assert not settings.approvals_directly


async def test_who_comes_back_stays_at_their_tab_for_a_day(homes: Homes, store: SqlHomes) -> None:
    await homes.opened(looks())
    before, _ = await store.open()
    await homes.turned(looks(), Spot(Tab.MODELS, 2))
    await homes.opened(looks())
    after, (home,) = await store.open()
    assert (home.spot, home.channel) == (Spot(Tab.MODELS, 2), "D0ANA")
    assert after != before, "whatever is stored is noticed"
    assert (await store.open())[0] == after
    await homes.opened(looks(BEN, at=NOW + KEPT_FOR + 1))
    assert [home.user for home in (await store.open())[1]] == [BEN.user]


async def test_a_look_by_itself_leaves_what_failed_unseen(homes: Homes, jobs: SqlJobStore, store: SqlHomes) -> None:
    two_days_ago = NOW - 2 * 24 * 3600
    await jobs.insert(a_job(state="failed", created_at=two_days_ago, finished_at=two_days_ago))
    version, _ = await store.open()
    for _ in range(2):
        assert (await homes.of(looks(), Spot())).needs.failed
    assert (await store.open())[0] == version, "nothing is stored"
    await homes.opened(looks())
    assert not (await homes.of(looks(), Spot())).needs.failed


async def test_a_guest_is_shown_nothing(homes: Homes) -> None:
    guest = looks(msgspec.structs.replace(ANA, guest=True))
    with pytest.raises(Denied):
        await homes.opened(guest)
    with pytest.raises(Denied):
        await homes.of(guest, Spot())
