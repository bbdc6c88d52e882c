from collections.abc import Callable

from bot.jobs.job import Approval, Job, QueuePlace
from bot.spending.budget import NotAdmitted
from handlers.start.blocks.outlook import hindrance, outlook

MakeJob = Callable[..., Job]


def test_nothing_is_said_of_a_job_that_would_simply_begin(make_job: MakeJob) -> None:
    assert outlook(make_job(state="submitting")) == ""


def test_who_has_to_approve_and_why_is_said(make_job: MakeJob) -> None:
    approval = Approval(0.0, 25.0, ("U0BEN", "S0LEADS"))
    said = outlook(make_job(state="awaiting_approval", approval=approval, estimated_cost=30.0))
    assert "It is estimated at *$30.00*; above $25.00 jobs need approval." in said
    assert "<@U0BEN> and <!subteam^S0LEADS> can approve it." in said
    unknown = outlook(make_job(state="awaiting_approval", approval=approval, estimated_cost=None))
    assert "Nobody knows its price beforehand." in unknown


def test_the_place_in_line_is_said(make_job: MakeJob) -> None:
    assert "place 3 of 3" in outlook(make_job(state="in_line", in_line=QueuePlace(3, 3)))


def test_what_hinders_it_is_said_with_what_to_do() -> None:
    assert hindrance(NotAdmitted("nobody_to_approve", above=25.0)).startswith(
        "*Cannot be started like this:* A job above $25.00, or of unknown price, needs the approval of somebody else"
    )
