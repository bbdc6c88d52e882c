"""Pausing, resuming, cancelling: the buttons, and the questions before it is done. In plain text that fits a dialog of
Slack's (300 characters)."""

from typing import Literal

from texts.language import _

Action = Literal["cancel", "pause", "resume"]


def button(act: Action) -> str:
    return {"cancel": _("Cancel"), "pause": _("Pause"), "resume": _("Resume")}[act]


def question(act: Action) -> tuple[str, str, str]:
    """Heading, yes and no."""
    return {
        "cancel": (_("Cancel this job?"), _("Cancel the job"), _("Keep training")),
        "pause": (_("Pause this job?"), _("Pause it"), _("Keep training")),
        "resume": (_("Resume this job?"), _("Resume it"), _("Not yet")),
    }[act]


def pause(spent: str | None) -> str:
    """`spent`: what of the estimate, where that is known."""
    return _sentences(
        _("Training stops, and what was learned is kept."),
        _spent(spent),
        _("Nothing more is trained, or paid for, until somebody presses {resume}.", resume=button("resume")),
    )


def resume(left: str | None) -> str:
    """`left`: what of the estimate, where that is known."""
    coming = _("About {amount} of the estimate is still to come.", amount=left) if left else None
    return _sentences(_("Training goes on from where it was paused."), coming)


def cancel(spent: str | None) -> str:
    """While it trains."""
    return _sentences(
        _(
            "Training stops at once and there will be no finished model; what was learned since the last checkpoint "
            "is lost."
        ),
        _spent(spent),
        _("A provider may charge for the steps done so far."),
    )


def cancel_before_training() -> str:
    return _("Training has not begun, so nothing is lost: the file and its report stay.")


def _spent(amount: str | None) -> str | None:
    return _("About {amount} of the estimate is spent.", amount=amount) if amount else None


def _sentences(*sentences: str | None) -> str:
    return " ".join(filter(None, sentences))
