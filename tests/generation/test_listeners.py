"""The buttons below what a teacher wrote: each does what it says, and shows what is to be looked at next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.authority import Authority
from bot.collections.learned import LearnedModels
from bot.collections.views import CollectionViews
from bot.evaluations.run import RunState
from bot.generation.generation import Generation, Topic, Why
from bot.generation.generations import Generations
from bot.generation.keeping import GeneratedCollections
from bot.generation.review import GenerationReview
from bot.generation.runs import GenerationRuns
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.generations import SqlGenerationStore
from bot.store.jobs import SqlJobStore
from handlers.blocks.message import Message
from handlers.generation import review_blocks
from handlers.generation.listeners import GenerationListeners
from handlers.languages import english
from handlers.request import Request
from tests.generation.conftest import HERE, Started, Teacher, a_request
from tests.slack_requests import ANA, Answers
from tests.slack_requests import a_request as request


@dataclass
class InSlack:
    """Who asks, and what they are shown beside the answer."""

    windows: list[Any] = field(default_factory=list)
    told: list[Message] = field(default_factory=list)

    async def of(self, asked: Request) -> Caller:
        return asked.as_caller(ANA, "T0ACME")

    async def open(self, _request: Request, view: Any) -> None:
        self.windows.append(view)

    async def whisper(self, _channel: str, _user: str, message: Message, **_where: object) -> None:
        self.told.append(message)

    async def look(self) -> None:
        """At the card."""


@pytest.fixture
def slack() -> InSlack:
    return InSlack()


@pytest.fixture
def listeners(
    slack: InSlack,
    database: Database,
    store: SqlGenerationStore,
    generations: Generations,
    generation_runs: GenerationRuns,
    authority: Authority,
) -> GenerationListeners:
    collections = SqlCollectionStore(database)
    learned = LearnedModels(collections, SqlDatasetStore(database), SqlJobStore(database), authority)
    parts: Mapping[str, Any] = dict.fromkeys(("callers", "keeper", "modals", "poster"), slack)
    return GenerationListeners(
        **parts,
        generations=generations,
        runs=generation_runs,
        review=GenerationReview(store, generations),
        keeping=GeneratedCollections(store, generations, collections, authority),
        views=CollectionViews(collections, learned, SqlAuditLog(database), authority),
        models=cast(Any, None),
        authority=authority,
        documents=cast(Any, None),
        language=english,
    )


@pytest.fixture
async def written(started: Started, generation_runs: GenerationRuns) -> Generation:
    generation = await started(8)
    await generation_runs.work(generation.id)
    return generation


async def test_each_button_of_the_sample_does_what_it_says_and_shows_the_next(
    listeners: GenerationListeners, written: Generation, store: SqlGenerationStore, slack: InSlack
) -> None:
    answers = Answers()

    def shown(action: str) -> list[str]:
        return [value for id, value in answers.buttons if id == action]

    await listeners.sample(request(written.id, answers))
    one, other, third, *_ = map(review_blocks.read_spot, shown(review_blocks.KEEP))

    await listeners.keep(request(one.value, answers))
    assert one.value not in shown(review_blocks.KEEP)
    assert "1 of 8" in answers.text

    await listeners.open_edit(request(other.value, answers))
    values = {name: {name: {"value": said}} for name, said in (("question", "Is it free?"), ("answer", "Yes."))}
    window = {**slack.windows[-1].to_dict(), "state": {"values": values}}
    await listeners.edited(request(answers=answers, body={"view": window}))
    assert "2 of 8" in slack.told[-1].text

    await listeners.drop(request(third.value, answers))
    drafts = {draft.number: draft for draft in await store.drafts(written.id)}
    assert drafts[one.number].reviewer == ANA.user
    assert (drafts[other.number].question, drafts[other.number].editors) == ("Is it free?", (ANA.user,))
    assert drafts[third.number].why is Why.BY_PERSON

    await listeners.again(request(shown(review_blocks.AGAIN)[0], answers))
    await listeners.pause(request(written.id))
    paused = await store.get(written.id)
    assert paused is not None
    assert paused.state is RunState.PAUSED
    await listeners.resume(request(written.id))
    await listeners.cancel(request(written.id))
    cancelled = await store.get(written.id)
    assert cancelled is not None
    assert cancelled.state is RunState.CANCELLED


async def test_a_training_set_is_named_after_the_document_never_after_what_people_wrote_in_it(
    listeners: GenerationListeners, generations: Generations, generation_runs: GenerationRuns, teacher: Teacher
) -> None:
    thread = Topic("My parcel did not arrive", "My parcel did not arrive. What now?", ("U0BEN", "U0EVE"))
    wanted = msgspec.structs.replace(
        a_request(4, "refunds"), topics=(Topic("refunds"), thread), source="ab" * 32, source_name="support.json"
    )
    generation = await generations.start(await listeners.callers.of(request()), HERE, wanted)
    await generation_runs.work(generation.id)
    answers = Answers()
    await listeners.keep_all(request(generation.id, answers))
    assert "refunds" in answers.text
    assert "support.json" in answers.text
    assert "parcel" not in answers.text
