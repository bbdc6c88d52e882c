"""What was measured of a run, and what that says about it."""

from bot.jobs.diagnosis import Diagnosis, Problem
from bot.jobs.figures import Figure, Quantity
from texts.formats import figure, percent, sentences, step
from texts.language import _, plural


def name(quantity: Quantity, *, validates: bool) -> str:
    """As a heading."""
    training, validation = {
        "loss": (_("Training loss"), _("Validation loss")),
        "mean_token_accuracy": (_("Token accuracy"), _("Validation token accuracy")),
        "reward_accuracy": (_("Reward accuracy"), _("Validation reward accuracy")),
        "reward_margin": (_("Reward margin"), _("Validation reward margin")),
        "mean_reward": (_("Training reward"), _("Validation reward")),
    }[quantity]
    return validation if validates else training


def quantity(quantity: Quantity) -> str:
    """As a heading, of training and validation alike."""
    return {
        "loss": _("Loss"),
        "mean_token_accuracy": _("Token accuracy"),
        "reward_accuracy": _("Reward accuracy"),
        "reward_margin": _("Reward margin"),
        "mean_reward": _("Reward"),
    }[quantity]


def value(one: Figure, latest: int) -> str:
    """ "0.128 (mean of 5 steps)". `latest`: the last step of all figures beside it."""
    measured = percent(one.value) if "accuracy" in one.quantity else figure(one.value)
    of_what = _of_what(one, latest)
    return _("{value} ({of_what})", value=measured, of_what=of_what) if of_what else measured


def _of_what(one: Figure, latest: int) -> str:
    if one.whole:
        return step(one.step) if one.step < latest else ""
    if one.part == "training":
        return "" if one.over == 1 else plural("mean of {count} step", "mean of {count} steps", one.over)
    return plural("one batch", "mean of {count} batches", one.over)


def verdict(problem: Problem) -> str:
    """A few words."""
    return {
        Problem.DIVERGED: _("Diverged"),
        Problem.VALIDATION_ROSE: _("Validation got worse"),
        Problem.OVERFITTED: _("Overfitted"),
        Problem.NOT_LEARNED: _("Learned next to nothing"),
        Problem.COLLAPSED: _("Always the same answer"),
        Problem.NOTHING_TO_LEARN: _("Nothing to learn from"),
    }[problem]


def diverged(found: Diagnosis, rate: str | None, advised: str | None, *, over: bool) -> tuple[str, str]:
    """Heading, and what to do. `rate`: the multiplier it was trained with, `advised` the one to try; `over`: training
    has ended."""
    if over:
        heading = _("Training diverged:")
        advice = _("The model most likely answers nonsense. Start again with a lower learning rate.")
        if rate and advised:
            advice = _(
                "The model most likely answers nonsense. Start again with a lower learning rate, such as {advised} "
                "(it was {rate}).",
                advised=advised,
                rate=rate,
            )
    else:
        heading = _("Training diverges:")
        advice = _("If it does not come back soon, cancel it and start again with a lower learning rate.")
        if rate and advised:
            advice = _(
                "If it does not come back soon, cancel it and start again with a lower learning rate, such as "
                "{advised} (it was {rate}).",
                advised=advised,
                rate=rate,
            )
    return heading, f"{_course(found)} {advice}"


def _course(found: Diagnosis) -> str:
    if found.ended is None:
        return _("the loss is no number any more.")
    began, ended = figure(found.began), figure(found.ended)
    if found.of_validation:
        return _("the loss began at {began}, and that of the validation file is {ended} now.", began=began, ended=ended)
    return _("the training loss went from {began} to {ended}.", began=began, ended=ended)


def validation_rose(found: Diagnosis) -> tuple[str, str]:
    """Heading, and what to do."""
    return _("The validation loss got worse:"), _(
        "it went from {began} to {ended}. What the model has learned does not hold for the validation file. Try a "
        "lower learning rate or more examples, and make sure that both files are about the same task.",
        began=figure(found.began),
        ended=figure(found.ended),
    )


def not_learned(found: Diagnosis) -> tuple[str, str]:
    """Heading, and what to do."""
    return _("The training loss never fell:"), _(
        "it went from {began} to {ended}, and the model has learned next to nothing. Try a higher learning rate or "
        "more epochs, and check that the answers in the file follow from its questions.",
        began=figure(found.began),
        ended=figure(found.ended),
    )


def collapsed(found: Diagnosis) -> tuple[str, str]:
    """Heading, and what to do."""
    return _("Always the same answer:"), plural(
        "for {count} step the model has given one and the same answer to each prompt, at a mean reward of {reward}, "
        "and learns nothing more. Use an earlier checkpoint, and try a lower learning rate. See what the grader "
        "rewards: the answer may be a way around it.",
        "for {count} steps the model has given one and the same answer to each prompt, at a mean reward of {reward}, "
        "and learns nothing more. Use an earlier checkpoint, and try a lower learning rate. See what the grader "
        "rewards: the answer may be a way around it.",
        found.steps or 0,
        reward=figure(found.ended),
    )


def nothing_to_learn(found: Diagnosis) -> tuple[str, str]:
    """Heading, and what to do."""
    return _("Nothing to learn from:"), plural(
        "for {count} step all answers to a prompt have scored the same, at a mean reward of {reward}, and the model "
        "has learned nothing. Take prompts that it answers well now and then, a grader with more than right and wrong, "
        "or fine-tune it on some good answers first.",
        "for {count} steps all answers to a prompt have scored the same, at a mean reward of {reward}, and the model "
        "has learned nothing. Take prompts that it answers well now and then, a grader with more than right and wrong, "
        "or fine-tune it on some good answers first.",
        found.steps or 0,
        reward=figure(found.ended),
    )


def overfitted(
    found: Diagnosis, better: int | None, checkpoints: str, fewer: int | None, epochs: int | None
) -> tuple[str, str]:
    """Heading, and what to do. `better`: the step of a checkpoint to use instead, found under the button
    `checkpoints`; `fewer`: epochs to try instead of `epochs`."""
    said = _(
        "the validation loss was lowest at step {step} ({best}) and rose to {ended} while the training loss went on "
        "falling. The model learns the examples by heart.",
        step=found.best_step or 0,
        best=figure(found.best),
        ended=figure(found.ended),
    )
    instead = ""
    if better is not None:
        instead = _(
            "Use the checkpoint of step {step} instead (under {checkpoints}).", step=better, checkpoints=checkpoints
        )
    advice = _("Try fewer epochs or more examples.")
    if fewer is not None and epochs is not None:
        advice = _("Try fewer epochs ({fewer} instead of {epochs}) or more examples.", fewer=fewer, epochs=epochs)
    return _("Overfitted:"), sentences(said, instead, advice)
