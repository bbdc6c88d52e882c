"""Asking for the approval of several jobs at once, and what became of it. Values come as they shall be shown."""

from texts.language import _, plural


def unknown_price() -> str:
    return _("Nobody knows beforehand what all of them cost.")


def estimated(estimate: str, above: str) -> str:
    """Why they need approval."""
    return _(
        "Together they are estimated at {estimate}; above {above} jobs need approval.", estimate=estimate, above=above
    )


def still_waits() -> str:
    return _("These jobs still wait.")


def go_on(person: str, decision: str) -> str:
    """`decision`: who approved it, as a sentence."""
    return _("{person} {decision} All jobs go on by themselves.", person=person, decision=decision)


def too_late(what_happened: str) -> str:
    """`what_happened`: a sentence."""
    return _("Thank you, but these jobs wait for no approval any more. {what_happened}", what_happened=what_happened)


def decided(count: int, *, approved: bool) -> str:
    """To whoever did."""
    if approved:
        return plural("You approved {count} job.", "You approved {count} jobs.", count)
    return plural("You declined {count} job.", "You declined {count} jobs.", count)


def decline_title() -> str:
    """At most 24 characters."""
    return _("Decline these jobs")
