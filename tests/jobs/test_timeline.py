"""What led to what in a job's life is told in order, from what was stored anyway."""

from parts import a_job, event, measured

from bot.audit import Entry, Outcome
from bot.jobs.timeline import Delivered, Received, timeline
from bot.providers.protocol import JobError

T0 = 1_700_000_000.0
JOB = a_job(created_at=T0, create_attempted_at=T0 + 2, cause="command/1")


def test_everything_stands_in_order_of_time_whoever_did_it() -> None:
    moments = timeline(
        JOB,
        received=Received("command/1", T0 - 1, 1, "done"),
        acts=[Entry("k", T0 + 50, "U0BEN", "cancel", "job-1", outcome=Outcome.REFUSED, details="Only the person")],
        events=[measured(2), measured(1), event(20, "Odd", level="warn"), event(1, "Second"), event(1, "First")],
        deliveries=[
            Delivered("card", "posted", 1, T0 + 3, T0 + 4),
            Delivered("job-1/started", "posted", 2, T0, T0 + 30),
        ],
    )
    assert [(moment.source, moment.what) for moment in moments] == [
        ("slack", "Requested in Slack (command)."),
        ("bot", f"Job job-1 on {JOB.base_model} stored, before anything was sent"),
        ("bot", "The job was sent to acme"),
        ("provider", "First"),
        ("provider", "Second"),
        ("delivery", "Said in Slack: card"),
        ("provider", "warn: Odd"),
        ("delivery", "Said in Slack at attempt 2: started"),
        ("person", "cancel (refused): Only the person"),
        ("provider", "Figures of 2 steps from here on, the last one: Step 2"),
    ]


def test_what_was_never_said_and_what_nobody_knows_is_told_too() -> None:
    moments = timeline(
        a_job(created_at=T0, state="failed", finished_at=T0 + 9, error=JobError("x", "no quota")),
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
        "It ended, failed: no quota",
        "Tried to say in Slack: failed; given up (is_archived)",
        "Tried to say in Slack: started; not sure that it arrived; it is looked for",
    ]
