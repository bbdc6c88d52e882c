"""The words in pictures, and what pictures show in words, for people who do not see them: 1,000 characters at most."""

from collections.abc import Callable, Sequence
from typing import Final

from bot.charts.words import ChartWords, EvaluationWords
from bot.evaluations.statistics import Binary, Calibration, Classification, Compared, Estimate, Verdict
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


def evaluation_words() -> EvaluationWords:
    """In the language in force."""
    return EvaluationWords(
        score=_("Score, with 95% interval"),
        gain=_("Gain against the baseline, with 95% interval"),
        gain_in_points=_("Gain against the baseline in points, with 95% interval"),
        # Translators: behind a figure.
        interval=_("({low} to {high})"),
        better=_("better"),
        worse=_("worse"),
        cannot_tell=_("cannot tell"),
        nothing=_("no scores"),
        more_models=_("and {count} more"),
        truth=_("Right label"),
        prediction=_("Model's answer"),
        other=_("no label"),
        more_labels=_("{count} others"),
        # Translators: of a label whose name the picture's font cannot write: "label 3".
        label=_("label {number}"),
        roc=_("ROC"),
        false_positive_rate=_("False positive rate"),
        true_positive_rate=_("True positive rate"),
        precision_recall=_("Precision and recall"),
        recall=_("Recall"),
        precision=_("Precision"),
        by_chance=_("by chance"),
        # Translators: those under the two curves.
        areas=_("areas {roc} and {precision_recall}"),
        confidence=_("Probability the model gives its answer"),
        share_right=_("Share of answers that are right"),
        calibrated=_("as sure as it is right"),
        # Translators: expected calibration error.
        error=_("error {figure}"),
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


def scores_alt_text(scores: Sequence[tuple[str, Estimate]]) -> str:
    """Of `bot.evaluations.charts.scores_chart`."""
    known = [bound for _name, one in scores for bound in (one.value, one.low, one.high) if bound is not None]
    form = percent if known and min(known) >= 0 and max(known) <= 1 else _figure
    said = [_said(name, form, one.value, one.low, one.high) for name, one in scores]
    return sentences(_("Chart of scores with 95% intervals."), *said)[:ALT_TEXT]


def gains_alt_text(gains: Sequence[tuple[str, Compared]]) -> str:
    """Of `bot.evaluations.charts.gains_chart`."""
    verdicts = {Verdict.BETTER: _("better"), Verdict.WORSE: _("worse"), Verdict.CANNOT_TELL: _("cannot tell")}
    known = [bound for _name, one in gains for bound in (one.gain, one.low, one.high) if bound is not None]
    shares = known and max(map(abs, known)) <= 1
    form = _points if shares else _signed
    said = [
        _said(_("{name}, {verdict}", name=name, verdict=verdicts[one.verdict]), form, one.gain, one.low, one.high)
        for name, one in gains
    ]
    if shares:
        return sentences(_("Chart of gains against the baseline in points, with 95% intervals."), *said)[:ALT_TEXT]
    return sentences(_("Chart of gains against the baseline with 95% intervals."), *said)[:ALT_TEXT]


def confusion_alt_text(found: Classification) -> str:
    """Of `bot.evaluations.charts.confusion_chart`."""
    mistaken = sorted(
        (-count, found.labels[y], found.labels[x])
        for y, row in enumerate(found.confusion)
        for x, count in enumerate(row[:-1])
        if x != y and count
    )
    said = [
        _("Confusion matrix of {n} answers, {share} of them right.", n=found.n, share=percent(found.accuracy.value))
    ]
    said += [
        plural(
            "{truth} was taken for {label} {count} time.",
            "{truth} was taken for {label} {count} times.",
            -count,
            truth=truth,
            label=label,
        )
        for count, truth, label in mistaken[:5]
    ]
    if found.other:
        said.append(plural("{count} answer is no label.", "{count} answers are no label.", found.other))
    return sentences(*said)[:ALT_TEXT]


def curves_alt_text(models: Sequence[tuple[str, Binary]]) -> str:
    """Of `bot.evaluations.charts.curves_chart`."""
    said = [
        _(
            "{name}: area under ROC {roc}, under precision and recall {precision_recall}.",
            name=name,
            roc=_figure(one.auroc or 0),
            precision_recall=_figure(one.auprc or 0),
        )
        for name, one in models
        if one.roc
    ]
    return sentences(_("ROC curve, and precision over recall."), *said)[:ALT_TEXT]


def calibration_alt_text(models: Sequence[tuple[str, Calibration]]) -> str:
    """Of `bot.evaluations.charts.calibration_chart`."""
    said = [_("{name}: calibration error {error}.", name=name, error=_figure(one.ece)) for name, one in models]
    return sentences(_("Chart of how many answers are right, by the probability that the model gave them."), *said)[
        :ALT_TEXT
    ]


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
        _("Most, {examples}, have {low}.", examples=fullest.examples, low=fullest.low)
        if fullest.low == fullest.high
        else _(
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


def _said(name: str, form: Callable[[float], str], value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return _("{name}: no scores.", name=name)
    if low is None or high is None:
        return _("{name}: {value}.", name=name, value=form(value))
    return _("{name}: {value} ({low} to {high}).", name=name, value=form(value), low=form(low), high=form(high))


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")


def _figure(value: float) -> str:
    return f"{value:.3g}"
