"""Thumbs below a model's answer, and what would have been right. Values come as they shall be shown."""

from texts.language import _


def good() -> str:
    return _("Good answer")


def bad() -> str:
    return _("Bad answer")


def edit_entry() -> str:
    return _("Edit answer")


def ratings_entry() -> str:
    return _("Ratings")


def title() -> str:
    return _("Correct the answer")


def intro() -> str:
    return _("What would have been right? The conversation goes on from your answer, and a model can learn from it.")


def private_needs_agreement() -> str:
    return _("This is private: others whose words it holds are asked before anything is learned from it.")


def why_label() -> str:
    return _("What was wrong?")


def reason(code: str) -> str:
    """`code`: as `bot.feedback.rating.Reason` has it."""
    return {
        "wrong": _("It is wrong"),
        "incomplete": _("Something is missing"),
        "tone": _("The tone is not right"),
        "unsafe": _("It is unsafe"),
        "other": _("Something else"),
    }[code]


def comment_label() -> str:
    return _("In your words")


def answer_label() -> str:
    return _("The right answer")


def goes_on_label() -> str:
    return _("It goes on")


def call_label(number: int) -> str:
    return _("Function {number}", number=number)


def arguments_label(number: int) -> str:
    return _("Arguments of function {number}, as JSON", number=number)


def send_button() -> str:
    return _("Send")


def corrections(model: str) -> str:
    """The name of the training set of chat examples."""
    return _("Corrections of {model}", model=model)


def preferences(model: str) -> str:
    """The name of the training set of preference pairs."""
    return _("Preferences over {model}", model=model)


def thanks() -> str:
    return _("Thank you. Your rating is kept.")


def rated_so_far(good: int, bad: int) -> str:
    return _("This answer has {good} 👍 {bad} 👎.", good=good, bad=bad)


def nobody_rated() -> str:
    return _("Nobody has rated this answer yet.")


def reasons_kept() -> str:
    return _("Thank you. What was wrong is kept with your rating.")


def withdrawn() -> str:
    return _("Your rating was withdrawn.")


def went_to(corrections: str, count: int, preferences: str, pairs: int) -> str:
    """`count` and `pairs`: how many examples each has now."""
    return _(
        "Thank you. Your answer went into {corrections} ({count}), and the pair of both into {preferences} ({pairs}).",
        corrections=corrections,
        count=count,
        preferences=preferences,
        pairs=pairs,
    )


def went_without_pair(corrections: str, count: int) -> str:
    return _(
        "Thank you. Your answer went into {corrections} ({count}). It makes no pair with what the model said: a"
        " training file may not hold that.",
        corrections=corrections,
        count=count,
    )


def see_corrections(command: str) -> str:
    return _("See it with {command}.", command=command)


def see(corrections: str, preferences: str) -> str:
    """Two commands."""
    return _(
        "See them with {corrections} and {preferences}.",
        corrections=corrections,
        preferences=preferences,
    )


def yours_holds(person: str) -> str:
    """`person`: a mention."""
    return _(
        "{person} corrected this answer, too, while you did. The conversation goes on from yours, and both are kept.",
        person=person,
    )


def theirs_holds(person: str) -> str:
    """`person`: a mention."""
    return _(
        "{person} corrected this answer, too, after you. The conversation goes on from theirs, and both are kept.",
        person=person,
    )


def corrected(person: str) -> str:
    """`person`: a mention."""
    return _("{person} corrected an answer. The conversation goes on from this one:", person=person)


def corrected_before(person: str) -> str:
    """`person`: a mention."""
    return _("{person} corrected an answer like this, before the correction that holds now:", person=person)
