"""What led to what in a job's life is told in order, from what was stored anyway."""

from bot.audit import Entry, Outcome
from bot.jobs.timeline import Delivered, Ended, LastNews, Measured, Received, Sent, Stored, timeline
from bot.providers.protocol import JobError
from tests.parts import a_job, event, measured

T0 = 1_700_000_000.0
JOB = a_job(created_at=T0, create_attempted_at=T0 + 2, cause="command/1")


def test_everything_stands_in_order_of_time_whoever_did_it() -> None:
    received = Received("command/1", T0 - 1, 1, "done")
    refused = Entry("k", T0 + 50, "U0BEN", "cancel", "job-1", outcome=Outcome.REFUSED, details="guest")
    first, second, odd = event(1, "First"), event(1, "Second"), event(20, "Odd", level="warn")
    moments = timeline(
        JOB,
        received=received,
        acts=[refused],
        events=[measured(2), measured(1), odd, second, first],
        deliveries=[
            Delivered("card", "posted", 1, T0 + 3, T0 + 4),
            Delivered("job-1/started", "posted", 2, T0, T0 + 30),
        ],
    )
    assert [moment.what for moment in moments] == [
        received,
        Stored("job-1", JOB.base_model),
        Sent("acme"),
        first,
        second,
        Delivered("card", "posted", 1, T0 + 3, T0 + 4),
        odd,
        Delivered("started", "posted", 2, T0, T0 + 30),
        refused,
        Measured(2, "Step 2"),
    ]
    assert [moment.actor for moment in moments if moment.actor] == [JOB.requester, "U0BEN"]


def test_what_was_never_said_and_what_nobody_knows_is_told_too() -> None:
    error = JobError("x", "no quota")
    moments = timeline(
        a_job(created_at=T0, state="failed", finished_at=T0 + 9, error=error),
        received=None,
        acts=[],
        events=[],
        deliveries=[
            Delivered("job-1/failed", "given_up", 3, T0 + 10, None, "is_archived"),
            Delivered("job-1/started", "attempting", 1, T0 + 11, None),
            Delivered("job-1/later", "pending", 0, None, None),
        ],
    )
    assert [moment.what for moment in moments[1:]] == [
        Ended("failed", error),
        Delivered("failed", "given_up", 3, T0 + 10, None, "is_archived"),
        Delivered("started", "attempting", 1, T0 + 11, None),
    ]


def test_the_last_news_of_a_quiet_job_have_their_moment() -> None:
    quiet = a_job(created_at=T0, create_attempted_at=T0 + 1, state="running", heard_at=T0 + 5, stuck=True)
    moments = timeline(quiet, received=None, acts=[], events=[], deliveries=[])
    assert (moments[-1].what, moments[-1].at) == (LastNews(), T0 + 5)
