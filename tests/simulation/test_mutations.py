"""The simulation finds what it is there to find: bugs put into the code are seen within a few histories.

Where a bug needs a certain accident to show, the histories are prepared for it: a test of chance would be blind as soon
as the histories change.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import msgspec

from bot.backoff import Backoff
from bot.compare.comparison import Choice
from bot.conversations import answers
from bot.errors import NotFound
from bot.evaluations.model_answers import ModelAnswers
from bot.jobs import admission, states, sync
from bot.jobs.assessment import assessed
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.notices.deliver import Delivery
from bot.notices.interfaces import Pending
from bot.providers import openai_protocol
from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.comparisons import SqlComparisonStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import StoreTrouble
from bot.store.evaluations import SqlEvaluationStore
from bot.store.feedback import SqlRatingStore
from bot.store.inbox import SqlInbox
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.store.spending import SqlModelUseStore
from handlers.blocks.card import card as render
from handlers.bolt_listeners import BoltListeners
from handlers.web.poster import Poster
from tests.simulation.evaluation import EvaluationWorld, limit
from tests.simulation.feedback import Opinion
from tests.simulation.histories import judged
from tests.simulation.history import JobWorld, people
from tests.simulation.talk import Press, TalkWorld
from tests.simulation.world import EPOCH, Death

HISTORIES = 30
Prepare = Callable[[Any], None]


def found(*words: str, when: Prepare | None = None, of: str = "bug", first: int = 1) -> None:
    """Some history goes wrong in just this way; of conversations, where its seed says so. `first`: the number of one
    that is known to, so that none is played in vain."""
    for number in range(first, first + HISTORIES):
        wrong, _ = judged(f"{of} {number}", when)
        if any(all(word in sentence for word in words) for sentence in wrong):
            return
    raise AssertionError(f"none of {HISTORIES} histories went wrong")


def killed(**when: Any) -> Prepare:
    """The first process is killed just then."""
    return lambda world: world.deaths.insert(0, Death(**when))


def killed_often(world: JobWorld) -> None:
    world.deaths = [Death(at_commit=world.rng.randint(2, 12)) for _ in range(8)]


def trouble(path: str, fate: str) -> Prepare:
    return lambda world: world.network.troubles.append((path, fate))


def nobody_decides(world: JobWorld) -> None:
    world.decisive = 0.0


def tells_late(world: JobWorld) -> None:
    world.provider.tells_late = 1.0


def in_short_pages(world: JobWorld) -> None:
    world.provider.page = 2


def crowded(world: JobWorld) -> None:
    """Several jobs, none of which needs approval, and the provider runs one at a time."""
    acts = people(world.rng, crowded=True)
    world.acts = [replace(act, job=msgspec.structs.replace(act.job, estimated_cost=1.0)) for act in acts]
    world.provider.most_running = 1


def full_at_first(world: JobWorld) -> None:
    """The provider turns everybody away; when they are let through, nobody can reach it for a while."""
    world.provider.most_running = None
    world.provider.full_until = EPOCH + 50
    world.network.black_out("provider", 50, 200)


def both(*prepares: Prepare) -> Prepare:
    def prepare(world: JobWorld) -> None:
        for each in prepares:
            each(world)

    return prepare


@contextlib.contextmanager
def mutated(where: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    with patch.object(where, name, make(getattr(where, name))):
        yield


def test_a_submitter_that_forgets_its_intent() -> None:
    def forgets(original: Any) -> Any:
        async def set_(self: Submitter, job_id: str, **fields: Any) -> Job | None:
            job: Job | None = await original(self, job_id, **{**fields, "create_attempted_at": None})
            return job and msgspec.structs.replace(job, create_attempted_at=1.0)

        return set_

    with mutated(Submitter, "_set", forgets):
        found("was created", "times", when=killed(at_call=1, path="/fine_tuning/jobs"), first=3)


def test_a_submitter_that_creates_again_after_a_doubt() -> None:
    def again(_: Any) -> Any:
        async def settle(self: Submitter, job: Job) -> None:
            await self._set(job.id, create_attempted_at=None)
            await self._attempt(job)

        return settle

    with mutated(Submitter, "_settle", again):
        found("was created", "times", when=trouble("/fine_tuning/jobs", "reset after"))


def test_an_sdk_that_repeats_by_itself() -> None:
    def repeating(original: Any) -> Any:
        def init(self: OpenAIProtocol, name: str, client: Any, **options: Any) -> None:
            original(self, name, client, **options)
            self._client = client.with_options(max_retries=2)
            self._client._platform = "Linux"
            self._raw = self._client.with_raw_response

        return init

    with mutated(OpenAIProtocol, "__init__", repeating):
        found("was created", "times", when=trouble("/fine_tuning/jobs", "reset after"))


def test_a_look_up_that_sees_nothing() -> None:
    def unseeing(original: Any) -> Any:
        async def find(self: OpenAIProtocol, *arguments: Any) -> None:
            await original(self, *arguments)

        return find

    with mutated(OpenAIProtocol, "find_job", unseeing):
        found("is uncertain, though", when=both(trouble("/fine_tuning/jobs", "reset after"), nobody_decides))


def test_an_upload_that_is_not_looked_for() -> None:
    def unseeing(_: Any) -> Any:
        async def find(self: OpenAIProtocol, name: str) -> None:
            return None

        return find

    with mutated(OpenAIProtocol, "find_upload", unseeing):
        found("was uploaded", "times", when=trouble("/files", "reset after"))


def test_a_notice_that_is_posted_before_it_is_marked() -> None:
    def unmarked(_: Any) -> Any:
        async def attempting(self: SqlOutbox, notice_id: str, now: float) -> None: ...

        return attempting

    with mutated(SqlOutbox, "attempting", unmarked):
        found("was said", "times", when=killed(at_call=3, path="chat.postMessage"))


def test_a_notice_that_is_marked_as_said_before_it_is() -> None:
    def early(original: Any) -> Any:
        async def attempting(self: SqlOutbox, notice_id: str, now: float) -> None:
            await original(self, notice_id, now)
            await self.posted(notice_id, "1.0")

        return attempting

    with mutated(SqlOutbox, "attempting", early):
        found("was never said", when=killed(at_call=3, path="chat.postMessage", carried_out=False))


def test_a_delivery_that_does_not_look_before_it_says_it_again() -> None:
    def unheard(_: Any) -> Any:
        async def was_said(self: Delivery, pending: Pending) -> bool:
            return False

        return was_said

    with mutated(Delivery, "_was_said", unheard):
        found("was said", "times", when=killed(at_call=3, path="chat.postMessage"))


def test_notices_that_are_stored_after_what_they_tell() -> None:
    def apart(original: Any) -> Any:
        async def update(self: SqlJobStore, job_id: str, make: Callable[[Job], JobUpdate | None]) -> Job | None:
            kept: list[Any] = []

            def without(job: Job) -> JobUpdate | None:
                change = make(job)
                if change is None:
                    return None
                kept.extend(change.notices)
                return msgspec.structs.replace(change, notices=())

            job: Job | None = await original(self, job_id, without)
            await SqlOutbox(self._database).put(kept)
            return job

        return update

    with mutated(SqlJobStore, "update", apart):
        found("nobody was to be told", when=killed_often, first=6)


def test_notices_that_overtake_each_other() -> None:
    def hurried(original: Any) -> Any:
        async def next_(self: SqlOutbox, now: float, **options: Any) -> list[Pending]:
            first = await original(self, now, **options)
            rows = await self._database.read(
                lambda db: db.execute("SELECT value FROM notices WHERE state = 'pending' AND attempts = 0").fetchall()
            )
            threads = {pending.notice.under_card: pending.thread_ts for pending in first}
            notices = [msgspec.json.decode(row[0], type=type(first[0].notice)) for row in rows] if first else []
            known = {pending.notice.id for pending in first}
            return first + [
                Pending(notice, threads[notice.under_card], False, 0, None)
                for notice in notices
                if notice.id not in known and notice.under_card in threads
            ]

        return next_

    with mutated(SqlOutbox, "next", hurried):
        found("stand in another order")


def test_a_follower_that_does_not_look_once_more() -> None:
    def final(original: Any) -> Any:
        def apply_update(*arguments: Any, **options: Any) -> JobUpdate:
            change: JobUpdate = original(*arguments, **options)
            ended = change.job.state in states.ENDED
            return msgspec.structs.replace(change, followed=change.followed and not ended)

        return apply_update

    with mutated(sync, "apply_update", final):
        found("was missed", when=tells_late)


def test_a_follower_that_reads_a_single_page() -> None:
    def one_page(original: Any) -> Any:
        async def pages(read: Any) -> Any:
            async for page in original(read):
                yield page
                if read.__qualname__.startswith(OpenAIProtocol.events.__qualname__):
                    return

        return pages

    with mutated(openai_protocol, "_pages", one_page):
        found("was missed", when=in_short_pages)


def test_a_card_that_trusts_what_an_earlier_process_posted() -> None:
    """A bug that the simulation found in our own code: an old card, found after a crash, was taken for the latest."""

    def trusting(original: Any) -> Any:
        async def posted(self: SqlCardStore, job_id: str, ts: str, shown: str | None, notices: Any) -> None:
            jobs = SqlJobStore(self._database)
            job = await jobs.get(job_id)
            assert job is not None
            latest = render(job, await assessed(jobs, job), now=time.time())
            await original(self, job_id, ts, shown or latest.fingerprint, notices)

        return posted

    with mutated(SqlCardStore, "posted", trusting):
        found(
            "the card of",
            "shows",
            when=both(
                killed(at_call=1, path="chat.postMessage", away=300), *[trouble("conversations.history", "error")] * 4
            ),
            first=5,
        )


def test_a_line_that_serves_the_last_first() -> None:
    def turned_round(original: Any) -> Any:
        async def in_states(self: SqlJobStore, wanted: Any) -> list[Job]:
            return list(reversed(await original(self, wanted)))

        return in_states

    with mutated(SqlJobStore, "in_states", turned_round):
        found("overtakes", "which is in_line", when=crowded, first=2)


def test_a_line_that_forgets_who_is_on_the_way() -> None:
    """A bug that the simulation found in our own code: after a restart the next one went on at once."""

    def forgetful(original: Any) -> Any:
        async def in_states(self: SqlJobStore, wanted: Any) -> list[Job]:
            found: list[Job] = await original(self, wanted)
            is_line = states.IN_LINE in wanted
            return [job for job in found if not (is_line and job.state == states.SUBMITTING)]

        return in_states

    with mutated(SqlJobStore, "in_states", forgetful):
        found("overtakes", "which is submitting", when=both(crowded, full_at_first), first=3)


def test_a_line_in_which_nobody_goes_on() -> None:
    def full(_: Any) -> Any:
        async def has_room(self: JobQueue, *_: Any) -> bool:
            return False

        return has_room

    with mutated(JobQueue, "_has_room", full):
        found("does not come to rest", "is in_line", when=crowded)


def test_an_admission_that_asks_nobody() -> None:
    with mutated(admission, "needs_approval", lambda _: lambda *arguments: False):
        found("was created before it was approved")


def test_an_admission_that_does_not_count() -> None:
    def small_budget(world: JobWorld) -> None:
        world.budget = 1.5
        world.store.execute("INSERT OR REPLACE INTO budgets VALUES ('workspace', '', 1.5)")

    with mutated(admission, "check", lambda _: lambda *arguments: None):
        found("was created beyond the budget", when=both(crowded, small_budget))


# Conversations

TALK = "talk bug"


def test_an_inbox_that_is_done_before_the_work_is() -> None:
    def early(original: Any) -> Any:
        async def begin(self: SqlInbox, key: str) -> None:
            await original(self, key)
            await self.finish(key)

        return begin

    with mutated(SqlInbox, "begin", early):
        found("was lost", when=killed(at_call=1, path="/chat/completions"), of=TALK)


def test_an_answer_that_is_not_kept() -> None:
    def forgetful(_: Any) -> Any:
        async def answered(self: SqlConversationStore, conversation_id: str, turn: Any) -> None: ...

        return answered

    with mutated(SqlConversationStore, "answered", forgetful):
        found("shows an answer that is not kept", of=TALK)


def test_an_answer_that_counts_as_shown_once_it_is_kept() -> None:
    def early(original: Any) -> Any:
        async def answered(self: SqlConversationStore, conversation_id: str, turn: Any) -> None:
            await original(self, conversation_id, turn)
            await self.answer_shown(conversation_id, turn.ts)

        return answered

    with mutated(SqlConversationStore, "answered", early):
        found("is shown as", when=killed_often, of=TALK, first=2)


def test_a_message_of_an_answer_that_nobody_remembers() -> None:
    def forgetful(_: Any) -> Any:
        async def opened(self: SqlConversationStore, *message: str) -> None: ...

        return opened

    with mutated(SqlConversationStore, "answer_opened", forgetful), mutated(Poster, "find_answer", _unseeing):
        found("stands in", when=killed(at_call=1, path="chat.stopStream"), of=TALK, first=0)


def test_a_stream_in_doubt_that_is_not_looked_for() -> None:
    with mutated(Poster, "find_answer", _unseeing):
        found("belongs to nothing", when=trouble("chat.startStream", "reset after"), of=TALK)


def test_a_stream_in_doubt_that_is_looked_for_too_early() -> None:
    """A bug that the simulation found in our own code: Slack had read the request, and began the stream a moment
    later."""

    def hurried(_: Any) -> Any:
        return lambda self, failures: 0.1

    with mutated(Backoff, "delay", hurried):
        found("belongs to nothing", when=trouble("chat.startStream", "carried out later"), of=TALK)


def test_an_answer_that_is_not_counted() -> None:
    def forgetful(_: Any) -> Any:
        async def add(self: SqlModelUseStore, use: Any) -> None: ...

        return add

    with mutated(SqlModelUseStore, "add", forgetful):
        found("answers count, of", of=TALK)


def _unseeing(_: Any) -> Any:
    async def find(self: Poster, *arguments: Any, **options: Any) -> None:
        return None

    return find


# Arenas


def voting(world: TalkWorld) -> None:
    """Two people vote in an arena, and change their minds."""
    if world.arena is None:
        world.arena = "Which one?", 3
        world.to_say += 1
        world.timeline.at(5, lambda: world.open_arena("Which one?", 3))
    choices = ((10, Choice.FIRST), (40, Choice.SECOND))
    world.presses = [Press(at, user, choice) for user in ("U1", "U2") for at, choice in choices]


def test_votes_of_which_the_first_stands() -> None:
    def stubborn(original: Any) -> Any:
        async def vote(self: SqlComparisonStore, comparison_id: str, vote: Any, entry: Any) -> bool:
            known = {one.voter for one in await self.votes(comparison_id)}
            return vote.voter not in known and await original(self, comparison_id, vote, entry)

        return vote

    with mutated(SqlComparisonStore, "vote", stubborn):
        found("and first counts", when=voting, of=TALK, first=4)


def test_a_message_of_an_arena_that_is_not_looked_for() -> None:
    def unseeing(original: Any) -> Any:
        async def post_once(self: Poster, *arguments: Any, may_exist: bool, **options: Any) -> str:
            ts: str = await original(self, *arguments, may_exist=False, **options)
            return ts

        return post_once

    with mutated(Poster, "post_once", unseeing):
        found("was said 2 times", when=both(voting, trouble("chat.postMessage", "reset after")), of=TALK, first=0)


# Feedback


def correcting(world: TalkWorld) -> None:
    """Two people correct the same answers, and the process dies again and again."""
    world.feedback.opinions = [Opinion(5.0 + 3 * n, user, "correct", n) for n in range(4) for user in ("U1", "U2")]
    world.deaths = [Death(at_commit=world.rng.randint(10, 60)) for _ in range(6)]


def finding_bad(world: TalkWorld) -> None:
    """The process dies when it is about to ask what was wrong."""
    world.feedback.opinions = [Opinion(5.0, "U1", "bad", 0)]
    world.deaths = [Death(at_call=1, path="views.open", carried_out=False)]


def test_a_thumb_that_counts_each_time_it_is_worked_on() -> None:
    def eager(original: Any) -> Any:
        async def press(self: SqlRatingStore, press: Any, entry: Any) -> Any:
            return await original(self, msgspec.structs.replace(press, at=time.time()), entry)

        return press

    with mutated(SqlRatingStore, "press", eager):
        found("pressed", "is kept", when=finding_bad, of=TALK)


def test_a_request_that_has_another_time_when_it_is_worked_on_again() -> None:
    """A bug that the simulation found in our own code: a correction took what it had begun for somebody else's."""

    def late(original: Any) -> Any:
        async def accept(self: SqlInbox, key: str, payload: Any, received_at: float | None = None, **how: Any) -> bool:
            return bool(await original(self, key, payload, (received_at or time.time()) - 0.01, **how))

        return accept

    with mutated(SqlInbox, "accept", late):
        found("of which there are no two examples", when=correcting, of=TALK, first=42)


def test_a_correction_that_comes_late_and_holds() -> None:
    with mutated(answers, "is_edited_after", lambda _: lambda turn, at: False):
        found("the conversation goes on from", when=correcting, of=TALK, first=0)


def test_a_correction_that_is_told_without_a_look() -> None:
    def unseeing(original: Any) -> Any:
        async def post_once(self: Poster, *arguments: Any, may_exist: bool, **options: Any) -> str:
            return str(await original(self, *arguments, may_exist=False, **options))

        return post_once

    with mutated(Poster, "post_once", unseeing):
        found("was told 2 times", when=correcting, of=TALK, first=0)


def test_a_window_that_nobody_takes_after_a_crash() -> None:
    """A bug that the simulation found in our own code: it counted as failed while it was worked on, and the next crash
    lost it."""

    def unheard(original: Any) -> Any:
        def submission(self: BoltListeners, modal: Any, work: Any) -> Any:
            submitted = original(self, modal, work)

            async def listen(ack: Any, body: Any, context: Any) -> None:
                if context.get("inbox_again"):
                    self.worker.begin(work, body, context)
                else:
                    await submitted(ack, body, context)

            return listen

        return submission

    with mutated(BoltListeners, "submission", unheard):
        found("nobody takes this", when=correcting, of=TALK, first=0)


# Evaluations

EVALUATE = "evaluate bug"


def scanty(world: EvaluationWorld) -> None:
    """The budget is used up by the first answers, while others are held up."""
    limit(world, 0.00001)
    world.network.troubles += [("/chat/completions", "limited")] * 3


def test_answers_that_are_asked_for_again() -> None:
    def unseeing(_: Any) -> Any:
        async def answers(self: SqlEvaluationStore, keys: Any) -> dict[str, Any]:
            return {}

        return answers

    with mutated(SqlEvaluationStore, "answers", unseeing):
        found("though its answer is kept", when=killed(at_call=10, path="/chat/completions"), of=EVALUATE, first=0)


def test_a_run_that_takes_trouble_of_the_store_for_a_failure() -> None:
    def troubled(world: EvaluationWorld) -> None:
        world.store_trouble = 0.1

    def as_failure(original: Any) -> Any:
        async def get(self: ModelAnswers, *arguments: Any) -> Any:
            try:
                return await original(self, *arguments)
            except StoreTrouble as error:
                raise NotFound(str(error)) from error

        return get

    with mutated(ModelAnswers, "get", as_failure):
        found("holds trouble of the store for a failure", when=troubled, of=EVALUATE, first=0)


def test_a_run_that_looks_at_no_budget() -> None:
    def blind(_: Any) -> Any:
        async def check(self: ModelAnswers, *arguments: Any) -> None: ...

        return check

    with mutated(ModelAnswers, "_check_budget", blind):
        found("beyond the budget", when=scanty, of=EVALUATE, first=0)


def test_a_message_of_an_evaluation_that_is_not_looked_for() -> None:
    def unseeing(original: Any) -> Any:
        async def post_once(self: Poster, *arguments: Any, may_exist: bool, **options: Any) -> str:
            return str(await original(self, *arguments, may_exist=False, **options))

        return post_once

    with mutated(Poster, "post_once", unseeing):
        found("was said 2 times", when=trouble("chat.postMessage", "reset after"), of=EVALUATE, first=0)
