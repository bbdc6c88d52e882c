"""Pausing, resuming, cancelling and deciding, as people ask for it in Slack."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from bot.access import Action, Caller
from bot.errors import Conflict
from bot.jobs.controls import JobControls
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from handlers.blocks import job_controls as buttons
from handlers.callers import Callers
from handlers.job_controls.listeners import JobControlListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request

Listener = Callable[..., Awaitable[None]]


class Controls:
    """The use case and the look-up: what was asked of them, and what a job's state is afterwards."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []
        self.state = "paused"

    async def named(self, caller: Caller, word: str, action: Action) -> Job:
        return a_job(id={"support": "job-1"}.get(word, word))

    async def check(self, caller: Caller, word: str, action: Action) -> Job:
        if word == "job-ended":
            raise Conflict("nothing_to_pause", state="failed")
        return await self.named(caller, word, action)

    def __getattr__(self, name: str) -> Callable[[Caller, str], Awaitable[Job]]:
        async def carry_out(caller: Caller, job_id: str) -> Job:
            assert caller.user == ANA.user
            self.asked.append((name, job_id, caller.answers_in.alone))
            return a_job(id=job_id, state=self.state)

        return carry_out


@pytest.fixture
def controls() -> Controls:
    return Controls()


@pytest.fixture
def listeners(slack: Slack, controls: Controls) -> JobControlListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    callers = Callers(People(Poster(slack.client), "T0ACME", Roles()), "T0ACME")
    return JobControlListeners(callers, cast(JobLookup, controls), cast(JobControls, controls))


def _button(answers: Answers) -> dict[str, Any]:
    (element,) = answers[-1].blocks[-1].to_dict()["elements"]
    return dict(element)


@pytest.mark.parametrize(
    ("command", "heading", "action_id"),
    [
        (JobControlListeners.pause_command, "Pause this job?", buttons.PAUSE_CONFIRMED),
        (JobControlListeners.resume_command, "Resume this job?", buttons.RESUME_CONFIRMED),
        (JobControlListeners.cancel_command, "Cancel this job?", buttons.CANCEL_CONFIRMED),
    ],
)
async def test_a_command_asks_before_it_does_anything(
    listeners: JobControlListeners, controls: Controls, command: Listener, heading: str, action_id: str
) -> None:
    answers = Answers()
    await command(listeners, a_request("`support`", answers))
    assert heading in answers.text
    assert (_button(answers)["action_id"], _button(answers)["value"]) == (action_id, "job-1")
    assert controls.asked == []


async def test_what_cannot_be_done_is_not_asked_back(listeners: JobControlListeners) -> None:
    answers = Answers()
    with pytest.raises(Conflict, match="nothing_to_pause"):
        await listeners.pause_command(a_request("job-ended", answers))
    assert answers == []


@pytest.mark.parametrize(
    ("command", "name", "state", "told"),
    [
        (JobControlListeners.pause_command, "pause", "paused", "is paused now"),
        (JobControlListeners.pause_command, "pause", "pausing", "is about to pause"),
        (JobControlListeners.resume_command, "resume", "running", "goes on"),
        (JobControlListeners.resume_command, "resume", "queued", "in the queue again"),
        (JobControlListeners.resume_command, "resume", "napping", "another state now: `napping`"),
        (JobControlListeners.cancel_command, "cancel", "cancelled", "is cancelled"),
        (JobControlListeners.cancel_command, "cancel", "running", "Its state at the moment: Training"),
    ],
)
async def test_with_confirm_yes_it_is_done_at_once(
    listeners: JobControlListeners, controls: Controls, command: Listener, name: str, state: str, told: str
) -> None:
    controls.state = state
    answers = Answers()
    await command(listeners, a_request("support confirm=yes", answers))
    assert controls.asked == [(name, "job-1", True)]
    assert told in answers.text


@pytest.mark.parametrize(
    ("confirmed", "name"),
    [
        (JobControlListeners.pause_confirmed, "pause"),
        (JobControlListeners.resume_confirmed, "resume"),
        (JobControlListeners.cancel_confirmed, "cancel"),
    ],
)
async def test_what_came_of_it_takes_the_questions_place_for_all_who_see_that(
    listeners: JobControlListeners, controls: Controls, confirmed: Listener, name: str
) -> None:
    answers, replaced = Answers(), Answers()
    body = {"container": {"is_ephemeral": False}}
    await confirmed(listeners, a_request("job-1", answers, replace_message=replaced.show, body=body))
    assert controls.asked == [(name, "job-1", False)]
    assert (len(answers), len(replaced)) == (0, 1)


@pytest.mark.parametrize(
    ("listener", "name", "told"),
    [
        (JobControlListeners.pause, "pause", "is paused now"),
        (JobControlListeners.adopt, "adopt", "Found it"),
        (JobControlListeners.submit_again, "submit_again", "is on its way"),
    ],
)
async def test_a_button_of_the_card_does_it_and_answers_who_pressed_it(
    listeners: JobControlListeners, controls: Controls, listener: Listener, name: str, told: str
) -> None:
    answers = Answers()
    await listener(listeners, a_request("job-1", answers))
    assert controls.asked == [(name, "job-1", True)]
    assert told in answers.text
