"""Pausing, resuming, cancelling: the buttons, the questions before (plain text that fits a dialog of Slack's, 300
characters), and what came of it."""

from typing import Literal

from bot.jobs import states
from texts.formats import sentences
from texts.language import _

Control = Literal["cancel", "pause", "resume"]


def button(control: Control) -> str:
    return {"cancel": _("Cancel"), "pause": _("Pause"), "resume": _("Resume")}[control]


def question(control: Control) -> tuple[str, str, str]:
    """Heading, yes and no."""
    return {
        "cancel": (_("Cancel this job?"), _("Cancel the job"), _("Keep training")),
        "pause": (_("Pause this job?"), _("Pause it"), _("Keep training")),
        "resume": (_("Resume this job?"), _("Resume it"), _("Not yet")),
    }[control]


def pause(spent: str | None) -> str:
    """`spent`: what of the estimate, where that is known."""
    return sentences(
        _("Training stops, and what was learned is kept."),
        _spent(spent),
        _("Nothing more is trained, or paid for, until somebody presses {resume}.", resume=button("resume")),
    )


def resume(left: str | None) -> str:
    """`left`: what of the estimate, where that is known."""
    coming = _("About {amount} of the estimate is still to come.", amount=left) if left else None
    return sentences(_("Training goes on from where it was paused."), coming)


def cancel(spent: str | None) -> str:
    """While it trains."""
    return sentences(
        _(
            "Training stops at once and there will be no finished model; what was learned since the last checkpoint "
            "is lost."
        ),
        _spent(spent),
        _("A provider may charge for the steps done so far."),
    )


def cancel_before_training() -> str:
    return _("Training has not begun, so nothing is lost: the file and its report stay.")


def cancelled(job: str) -> str:
    return _("Job {job} is cancelled.", job=job)


def asked_to_cancel(job: str, state: str) -> str:
    """`state`: as a card says it."""
    return _("The provider was asked to cancel job {job}. Its state at the moment: {state}.", job=job, state=state)


def done(job: str, state: str, words: str) -> str:
    """After pausing or resuming. `words`: the `state` as a card says it."""
    say = {
        states.PAUSED: _("Done: job {job} is paused now.", job=job),
        states.PAUSING: _("Done: job {job} is about to pause.", job=job),
        states.QUEUED: _("Done: job {job} is in the queue again.", job=job),
        states.RUNNING: _("Done: job {job} goes on.", job=job),
    }
    return say.get(state) or _("Job {job} is in another state now: {state}.", job=job, state=words)


def adopted(job: str) -> str:
    return _("Found it: job {job} goes on.", job=job)


def _spent(amount: str | None) -> str | None:
    return _("About {amount} of the estimate is spent.", amount=amount) if amount else None
