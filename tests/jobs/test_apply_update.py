"""What news of the provider does to a job, whatever its order."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from bot.jobs import states
from bot.jobs.apply_update import apply_update
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Accepted, CheckpointMade, Ended, EndedElsewhere, ProviderSaid, Started
from bot.providers.interface import RemoteEvent, RemoteJob
from bot.providers.protocol import Checkpoint, Hyperparameters, JobError, Metrics
from tests.parts import CHANNEL, a_job, event, followed_job, measured, remote_job

EVENTS = [
    event(1, "Created fine-tuning job: ftjob-1"),
    event(2, "Fine-tuning job started"),
    event(3, "Something odd in line 7", level="warn"),
    event(4, "It went wrong", level="error"),
    event(5, "What level is this?", level="moderation"),
    measured(1),
    measured(2, valid_loss=2.5),
    measured(9, full_valid_loss=1.5),
]
CHECKPOINTS = [Checkpoint(f"ftckpt-{step}", f"ft:model:ckpt-step-{step}", step) for step in (3, 6, 10)]
STATUSES = [
    "validating_files",
    "queued",
    "running",
    "paused",
    "pausing",
    "succeeded",
    "failed",
    "cancelled",
    "new_word",
]


class News(NamedTuple):
    remote: RemoteJob
    events: list[RemoteEvent]
    checkpoints: list[Checkpoint]


news = st.builds(
    News,
    st.builds(
        remote_job,
        st.sampled_from(STATUSES),
        finished_at=st.none() | st.just(1_700_000_500.0),
        error=st.none() | st.just(JobError("server_error", "It went wrong")),
        fine_tuned_model=st.none() | st.just("ft:model"),
        trained_tokens=st.none() | st.just(4321),
        hyperparameters=st.just(Hyperparameters()) | st.just(Hyperparameters(3, 1, 1.8)),
    ),
    st.lists(st.sampled_from(EVENTS), unique=True),
    st.lists(st.sampled_from(CHECKPOINTS), unique=True),
)
histories = st.lists(news, max_size=12)


def live_through(job: Job, history: Sequence[News]) -> list[JobUpdate]:
    """As the follower does it: known events are not handed on, known checkpoints are named."""
    changes: list[JobUpdate] = []
    events: set[str] = set()
    checkpoints: set[str] = set()
    for at, (remote, told, listed) in enumerate(history):
        fresh = [one for one in told if one.id not in events]
        change = apply_update(
            job, remote, fresh, listed, known_checkpoints=checkpoints, now=1_700_001_000.0 + at, notices_channel="C0ALL"
        )
        events |= {one.id for one in fresh}
        checkpoints |= {one.id for one in listed}
        job = change.job
        changes.append(change)
    return changes


@given(histories)
def test_no_notice_is_made_twice(history: list[News]) -> None:
    made = Counter(notice.id for change in live_through(a_job(), history) for notice in change.notices)
    assert [notice for notice, times in made.items() if times > 1] == []


@given(histories)
def test_it_is_told_once_that_a_job_ended_and_only_when_it_did(history: list[News]) -> None:
    changes = live_through(a_job(), history)
    told = [n for change in changes for n in change.notices if isinstance(n.body, Ended)]
    ended = any(change.job.state in states.ENDED for change in changes)
    assert len(told) == int(ended)


@given(histories)
def test_what_has_ended_stays_ended(history: list[News]) -> None:
    after_the_end: set[str] = set()
    for change in live_through(a_job(), history):
        if after_the_end:
            assert {change.job.state} == after_the_end
        if change.job.state in states.ENDED:
            after_the_end = {change.job.state}
            assert change.job.finished_at is not None


@given(histories)
def test_until_the_end_the_job_is_in_the_state_that_the_provider_says(history: list[News]) -> None:
    for one, change in zip(history, live_through(a_job(), history), strict=True):
        assert change.job.state == one.remote.status or change.job.state in states.ENDED


@given(histories)
def test_what_is_known_is_never_unlearned(history: list[News]) -> None:
    before = a_job()
    for change in live_through(before, history):
        after = change.job
        for field in ("provider_job_id", "started_at", "finished_at", "fine_tuned_model", "trained_tokens", "latest"):
            assert getattr(before, field) is None or getattr(after, field) is not None
        if before.latest and after.latest:
            assert after.latest.step >= before.latest.step
        if before.hyperparameters.n_epochs != "auto":
            assert after.hyperparameters.n_epochs == before.hyperparameters.n_epochs
        before = after


@given(histories)
def test_in_whichever_order_figures_come_the_latest_are_those_of_the_highest_step(history: list[News]) -> None:
    changes = live_through(a_job(), history)
    steps = [e.metrics.step for change in changes for e in change.events if e.metrics]
    latest = changes[-1].job.latest if changes else None
    assert (latest.step if latest else None) == (max(steps) if steps else None)


def bodies(change: JobUpdate) -> list[type]:
    return [type(notice.body) for notice in change.notices]


def test_a_state_of_the_future_is_kept_as_it_is() -> None:
    change = apply_update(followed_job("ftjob-1"), remote_job("reticulating"), now=1)
    assert change.job.state == "reticulating"
    assert change.followed


def test_a_job_that_the_provider_has_just_taken_is_accepted() -> None:
    change = apply_update(a_job(), remote_job("validating_files"), now=1)
    assert bodies(change) == [Accepted]
    assert change.job.provider_job_id == "ftjob-1"
    assert change.job.training_file == "file-1"


def test_notices_come_in_the_order_of_what_happened() -> None:
    change = apply_update(
        a_job(),
        remote_job("succeeded", fine_tuned_model="ft:model"),
        [EVENTS[1], EVENTS[2], measured(10)],
        CHECKPOINTS[:1],
        now=1,
    )
    assert bodies(change) == [Accepted, Started, ProviderSaid, CheckpointMade, Ended]


def test_training_began_with_the_first_sign_of_it() -> None:
    change = apply_update(followed_job("ftjob-1"), remote_job("running"), [measured(2), measured(1)], now=5)
    assert change.job.started_at == measured(1).created_at
    assert bodies(change) == [Started]


def test_without_such_a_sign_it_began_when_it_was_first_seen_running() -> None:
    assert apply_update(followed_job("ftjob-1"), remote_job("running"), now=5).job.started_at == 5


def test_events_that_come_after_the_end_are_kept_and_told_where_they_matter() -> None:
    ended = followed_job("ftjob-1", state="succeeded", started_at=1, finished_at=2)
    late = event(50, "Your quota is nearly used up", level="warn")
    change = apply_update(ended, remote_job("succeeded"), [late], now=9, last_look=True)
    assert list(change.events) == [late]
    assert bodies(change) == [ProviderSaid]
    assert not change.followed


def test_the_error_that_ends_a_job_is_told_by_its_ending_alone() -> None:
    remote = remote_job("failed", error=JobError("invalid_n_examples", "Training file has 7 example(s)"))
    change = apply_update(followed_job("ftjob-1"), remote, [event(1, "Training file has 7", level="error")], now=1)
    assert bodies(change) == [Ended]
    assert change.job.error == remote.error


def test_a_healthy_job_keeps_no_error() -> None:
    remote = remote_job("running", error=JobError(None, "odd, but it runs"))
    assert apply_update(followed_job("ftjob-1"), remote, now=1).job.error is None


def test_the_channel_for_notices_hears_the_end_of_public_jobs_only() -> None:
    private = Origin("T0ACME", CHANNEL, True)
    for origin, channel, told in (
        (a_job().origin, "C0ALL", [Ended, EndedElsewhere]),
        (a_job().origin, CHANNEL, [Ended]),
        (a_job().origin, None, [Ended]),
        (private, "C0ALL", [Ended]),
    ):
        job = followed_job("ftjob-1", origin=origin, started_at=1)
        assert bodies(apply_update(job, remote_job("cancelled"), now=1, notices_channel=channel)) == told


def test_what_a_person_asked_for_stands_until_the_provider_has_chosen() -> None:
    asked = Hyperparameters(n_epochs=2)
    job = followed_job("ftjob-1", hyperparameters=asked, requested_hyperparameters=asked)
    job = apply_update(job, remote_job("queued"), now=1).job
    assert job.hyperparameters.n_epochs == 2
    job = apply_update(job, remote_job("running", hyperparameters=Hyperparameters(2, 8, 1.8)), now=2).job
    assert job.hyperparameters == Hyperparameters(2, 8, 1.8)
    assert job.requested_hyperparameters == asked


def test_the_figures_of_one_step_may_come_in_several_events() -> None:
    later = event(60, "Step 2", type="metrics", metrics=Metrics(2, 10, valid_loss=2.5))
    job = apply_update(followed_job("ftjob-1"), remote_job("running"), [measured(2), later], now=1).job
    assert job.latest == Metrics(2, 10, train_loss=1.5, valid_loss=2.5)
