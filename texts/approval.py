"""Asking for the approval of a job, and what became of it. Values come as they shall be shown."""

from texts.language import _, plural


def others(count: int) -> str:
    """At the end of a list of people."""
    return plural("{count} other", "{count} others", count)


def unknown_price() -> str:
    return _("Nobody knows its price beforehand.")


def estimated(estimate: str, above: str) -> str:
    """Why a job needs approval."""
    return _("It is estimated at {estimate}; above {above} jobs need approval.", estimate=estimate, above=above)


def approved_by(person: str) -> str:
    return _("{person} approved it.", person=person)


def declined_by(person: str, reason: str) -> str:
    return _("{person} declined it: {reason}", person=person, reason=reason)


def wish(person: str, job: str) -> str:
    return _("{person} wants to train {job}.", person=person, job=job)


def ask_one(approver: str, wish: str, necessity: str) -> str:
    """`wish`, `necessity`: sentences."""
    return _(
        "{approver}: {wish} {necessity} Nothing is spent before you agree.",
        approver=approver,
        wish=wish,
        necessity=necessity,
    )


def ask(approvers: str, wish: str, necessity: str) -> str:
    """`wish`, `necessity`: sentences."""
    return _(
        "{approvers}: {wish} {necessity} Nothing is spent before one of you agrees.",
        approvers=approvers,
        wish=wish,
        necessity=necessity,
    )


def ask_directly(wish: str, necessity: str, channel: str) -> str:
    """In direct messages. `wish`, `necessity`: sentences; `channel`: where it was asked for."""
    return _(
        "{wish} {necessity} It was asked for in {channel}; nothing is spent before somebody agrees.",
        wish=wish,
        necessity=necessity,
        channel=channel,
    )


def still_waits() -> str:
    return _("This job still waits.")


def goes_on(person: str, decision: str) -> str:
    """`decision`: who approved it, as a sentence."""
    return _("{person} {decision} It goes on by itself.", person=person, decision=decision)


def job_goes_on(job: str, decision: str) -> str:
    """In direct messages. `decision`: who approved it, as a sentence."""
    return _("{job}: {decision} It goes on by itself.", job=job, decision=decision)


def withdrawn() -> str:
    return _("It was withdrawn.")


def too_late(what_happened: str) -> str:
    """`what_happened`: a sentence."""
    return _("Thank you, but this job waits for no approval any more. {what_happened}", what_happened=what_happened)


def you_approved(job: str) -> str:
    return _("You approved {job}.", job=job)


def you_declined(job: str) -> str:
    return _("You declined {job}.", job=job)


def approve_button() -> str:
    return _("Approve")


def decline_button() -> str:
    return _("Decline")


def decline_title() -> str:
    return _("Decline a job")


def not_now_button() -> str:
    return _("Not now")


def say_why() -> str:
    """Where the reason is missing."""
    return _("Say in a few words why.")


def reason() -> tuple[str, str]:
    """Label and hint."""
    return _("Why not?"), _("The requester reads it, and so does everybody in the job's thread.")
