from bot.jobs.job import Approval, QueuePlace
from bot.spending.budget import NotAdmitted
from handlers.start.blocks.admission_preview import admission_preview, refusal_preview
from tests.parts import a_job


def test_nothing_is_said_of_a_job_that_would_simply_begin() -> None:
    assert admission_preview(a_job(state="submitting")) == ""


def test_who_has_to_approve_and_why_is_said() -> None:
    approval = Approval(0.0, 25.0, ("U0BEN", "S0LEADS"))
    said = admission_preview(a_job(state="awaiting_approval", approval=approval, estimated_cost=30.0))
    assert "It is estimated at *$30.00*; above $25.00 jobs need approval." in said
    assert "<@U0BEN> and <!subteam^S0LEADS> can approve it." in said
    unknown = admission_preview(a_job(state="awaiting_approval", approval=approval, estimated_cost=None))
    assert "Nobody knows its price beforehand." in unknown


def test_the_place_in_line_is_said() -> None:
    assert "place 3 of 3" in admission_preview(a_job(state="in_line", queue_place=QueuePlace(3, 3)))


def test_what_hinders_it_is_said_with_what_to_do() -> None:
    assert refusal_preview(NotAdmitted("nobody_to_approve", above=25.0)).startswith(
        "*Cannot be started like this:* A job above $25.00, or of unknown price, needs the approval of somebody else"
    )
