"""The card of an evaluation: how far it is."""

from texts.formats import money, number, rough_duration
from texts.language import _, plural


def title(count: int) -> str:
    """Over the card of an evaluation of so many models."""
    return plural("Evaluation of {count} model", "Evaluation of {count} models", count)


def started(person: str, models: str, file: str) -> str:
    return _("{person} evaluates {models} on {file}", person=person, models=models, file=file)


def state(name: str) -> str:
    return {
        "running": _("Running"),
        "paused": _("Paused"),
        "cancelled": _("Cancelled"),
        "finished": _("Finished"),
        "failed": _("Failed"),
    }[name]


def of_answers(done: int, of: int) -> str:
    return plural("{done} of {count} answer", "{done} of {count} answers", of, done=done)


def by_model(model: str, done: int, failed: int) -> str:
    if not failed:
        return _("{model}: {done}", model=model, done=number(done))
    return plural("{model}: {done}, {count} failed", "{model}: {done}, {count} failed", failed, model=model, done=done)


def cost(usd: float, *, unknown: bool, ended: bool) -> str:
    """`unknown`: some models have no known price."""
    known = _("unknown") if unknown and not usd else money(usd)
    return _("Cost: {usd}", usd=known) if ended else _("Cost so far: {usd}", usd=known)


def known_before(count: int) -> str:
    return plural("{count} known before, at no cost", "{count} known before, at no cost", count)


def time_left(seconds: float) -> str:
    return _("Time left: {time}", time=rough_duration(seconds))


def is_grading() -> str:
    return _("All answers are there; the figures are being worked out.")


def why(reason: str) -> str:
    """`reason`: a sentence."""
    return _("Why: {reason}", reason=reason)


def pause_button() -> str:
    return _("Pause")


def resume_button() -> str:
    return _("Resume")


def cancel_button() -> str:
    return _("Cancel")


def cancel_question() -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Cancel this evaluation?"),
        _("No more models are asked. Answers that are there are kept, and cost nothing the next time."),
        _("Cancel it"),
        _("Go on"),
    )


def failed(reason: str) -> str:
    """`reason`: a sentence."""
    return _("The evaluation failed. {reason}", reason=reason)
