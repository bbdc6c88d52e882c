"""The words in pictures, and what pictures show in words, for people who do not see them: 1,000 characters at most."""

from collections.abc import Callable, Sequence
from typing import Final

from bot.charts.words import ChartWords
from bot.jobs.figures import Points, Quantity, quantities, training, validation
from bot.providers.protocol import Metrics
from texts.formats import grouped, labelled, percent, sentences
from texts.language import _, plural
from training_files.report import Bar, Tokens

ALT_TEXT: Final = 1_000  # files.getUploadURLExternal takes 1,000 in alt_txt, an image block 2,000 (read 2026-11-21)


def words() -> ChartWords:
    """In the language in force."""
    return ChartWords(
        loss=_("Loss"),
        loss_log=_("Loss, log scale"),
        token_accuracy=_("Token accuracy"),
        reward_accuracy=_("Reward accuracy"),
        reward=_("Reward"),
        training=_("Training set"),
        training_smoothed=_("Training set, smoothed"),
        validation=_("Validation set"),
        validation_smoothed=_("Validation set, smoothed"),
        reward_margin=_("Reward margin"),
        step=_("Step"),
        epoch=_("Epoch"),
        checkpoint=_("Checkpoint"),
        nothing=_("Nothing measured yet"),
        examples=_("Examples"),
        tokens=_("Tokens"),
        median=_("median {length}"),
        share=_("95% up to {length}"),
        cut=_("cut at {length}"),
    )


def loss_alt_text(metrics: Sequence[Metrics], *, method: str = "") -> str:
    """Of `bot.charts.training.loss_chart`."""
    said = []
    measured = quantities(method, metrics)
    if measured[0] == "mean_reward":
        return _reward_alt_text(training(metrics, "mean_reward").points, validation(metrics, "mean_reward").points)
    train, valid = training(metrics, "loss").points, validation(metrics, "loss").points
    if train:
        said.append(_("Training loss {course} at step {step}.", course=_course(train, _figure), step=train[-1][0]))
    if valid:
        step, least = min(valid, key=lambda point: point[1])
        if len(valid) > 1:
            said.append(
                _(
                    "Validation loss {course}; lowest, {least}, at step {step}.",
                    course=_course(valid, _figure),
                    least=_figure(least),
                    step=step,
                )
            )
        else:
            said.append(_("Validation loss {course}.", course=_course(valid, _figure)))
    if accuracy := _accuracy(metrics, measured[1]):
        said.append(accuracy)
    if not said:
        return _("Chart of training loss by step; nothing has been measured yet.")
    return sentences(_("Line chart by training step."), *said)[:ALT_TEXT]


def metrics_alt_text(runs: Sequence[tuple[str, Sequence[Metrics], str]]) -> str:
    """Of `bot.charts.metrics.metrics_chart`. `runs`: name, figures and method of each."""
    if len(runs) == 1:
        return loss_alt_text(runs[0][1], method=runs[0][2])
    said = []
    for name, metrics, method in runs:
        quantity = quantities(method, metrics)[0]
        points = validation(metrics, quantity).points or training(metrics, quantity).points
        said.append(labelled(name, _course(points, _figure) if points else _("nothing measured")))
    kind = plural("Line chart of {count} job.", "Line chart of {count} jobs.", len(runs))
    return f"{kind} {grouped(said)}"[:ALT_TEXT]


def length_alt_text(bars: Sequence[Bar], tokens: Tokens, *, limit: int | None = None) -> str:
    """Of `bot.charts.lengths.length_chart`."""
    fullest = max(bars, key=lambda bar: bar.examples)
    said = [
        _("Histogram of the lengths of {examples} examples.", examples=sum(bar.examples for bar in bars)),
        _(
            "They have {least} to {most} tokens; half have at most {median}, 95% at most {p95}.",
            least=bars[0].low,
            most=tokens.max,
            median=tokens.median,
            p95=tokens.p95,
        ),
        _(
            "Most, {examples}, have {low} to {high}.",
            examples=fullest.examples,
            low=fullest.low,
            high=fullest.high,
        ),
    ]
    if limit is not None and tokens.max > limit:
        longer = sum(bar.examples for bar in bars if bar.low > limit)
        said.append(
            plural(
                "{count} is longer than the {limit} that the model takes, and is cut.",
                "{count} are longer than the {limit} that the model takes, and are cut.",
                longer,
                limit=limit,
            )
        )
    return sentences(*said)[:ALT_TEXT]


def _reward_alt_text(train: Points, valid: Points) -> str:
    said = []
    if train:
        said.append(_("Training reward {course} at step {step}.", course=_course(train, _figure), step=train[-1][0]))
    if valid:
        said.append(_("Validation reward {course}.", course=_course(valid, _figure)))
    if not said:
        return _("Chart of the reward by step; nothing has been measured yet.")
    return sentences(_("Line chart by training step."), *said)[:ALT_TEXT]


def _accuracy(metrics: Sequence[Metrics], quantity: Quantity) -> str:
    """Of the validation file, where that was measured."""
    held_out = validation(metrics, quantity).points
    points = held_out or training(metrics, quantity).points
    if not points:
        return ""
    course = _course(points, lambda value: percent(value, 0))
    if quantity == "reward_accuracy":
        if held_out:
            return _("Validation reward accuracy {course}.", course=course)
        return _("Training reward accuracy {course}.", course=course)
    if held_out:
        return _("Validation token accuracy {course}.", course=course)
    return _("Training token accuracy {course}.", course=course)


def _course(points: Points, form: Callable[[float], str]) -> str:
    """How it went, as the end of a sentence."""
    first, last = form(points[0][1]), form(points[-1][1])
    if len(points) == 1:
        # Translators: "Training loss is 0.5."
        return _("is {last}", last=last)
    if first == last:
        # Translators: "Training loss stays at 0.5."
        return _("stays at {last}", last=last)
    if points[-1][1] < points[0][1]:
        # Translators: "Training loss falls from 3 to 0.5."
        return _("falls from {first} to {last}", first=first, last=last)
    # Translators: "Training loss rises from 0.5 to 3."
    return _("rises from {first} to {last}", first=first, last=last)


def _figure(value: float) -> str:
    return f"{value:.3g}"
