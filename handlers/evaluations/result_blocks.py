"""What came of an evaluation: the sentence first, then the figures. What models and files say is untrusted."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement, OverflowMenuElement

from bot.evaluations.differences import ToldDifference
from bot.evaluations.evaluation import Evaluation
from bot.evaluations.result import ModelScore, Result, SliceScore
from bot.evaluations.statistics import Chosen, Compared, Estimate, Verdict
from bot.evaluations.statistics.classification import Classification
from bot.models.names import short_name
from graders.grader import needs_model
from graders.reading import grader_of
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.evaluation_menu import MORE
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, confirm, context, divider, entry, image, menu, message, section
from handlers.blocks.text import bold, code, person, quoted, size
from handlers.blocks.verdict import SYMBOLS, verdict_words
from handlers.evaluations.card import CONTROLS
from handlers.evaluations.drift_blocks import REPEAT, WEEKLY
from handlers.judges.blocks import CHECK
from texts.evaluations import card, differences, figures, tables
from texts.evaluations import result as texts
from texts.evaluations.repeats import repeat_question
from texts.formats import clauses, first_of, percent, sentences, with_remark
from texts.judges import check_button

ALL_ANSWERS: Final = "evaluation_answers"
PROMOTE: Final = "evaluation_promote"
ASK_MORE: Final = "evaluation_ask_more"
ANOTHER_GRADER: Final = "evaluation_another_grader"
_SLICES: Final = 8
_CLASSES: Final = 30
_WORDS: Final = 220
_ANSWER: Final = 260


Picture = tuple[str, str]
"""Slack's id of a file, and what it shows in words."""


def result_message(evaluation: Evaluation, result: Result, pictures: Sequence[Picture] = ()) -> Message:
    """The first message: verdicts, table, picture, and what can be done next."""
    said = _said(result)
    blocks: list[Block] = [section("\n".join(said)), context(_what_figures_are(evaluation, result))]
    blocks.append(_score_table(result))
    blocks += [image(*picture) for picture in pictures]
    blocks += [section(line) for line in _forgetting(result)]
    if result.chosen is not None:
        blocks.append(section(_chosen(result.chosen)))
    blocks.append(actions(*_buttons(evaluation, result)))
    blocks.append(
        context(card.started(person(evaluation.owner), _models(evaluation.models), code(evaluation.file_name)))
    )
    return message(said[0], blocks)


def score_words(result: Result) -> str:
    """The first sentence, as plain text."""
    return _said(result)[0].replace("*", "").replace("`", "")


def _said(result: Result) -> list[str]:
    return [verdict_words(gain) for gain in result.gains] or [alone_words(result)]


def alone_words(result: Result) -> str:
    score = result.scores[0]
    if score.estimate.value is None:
        return texts.nothing_graded(bold(named(score.model)))
    return texts.alone(
        bold(named(score.model)), figures.score(score.estimate.value), _interval(score.estimate), score.estimate.n
    )


def model_in_question(result: Result) -> str | None:
    """The one whose differences from the baseline are shown: the best of those that are better, else the last, which is
    what a job has made; None where there is only one model."""
    return _best(result) or (result.gains[-1].model if result.gains else None)


def best_classifier(result: Result) -> str | None:
    """None where the answers are no labels."""
    found = result.classification
    return max(found, key=lambda model: found[model].accuracy.value or 0) if found else None


def classes_message(result: Result, pictures: Sequence[Picture] = ()) -> Message | None:
    """How well each label was predicted, by the model that does best; None where the answers are no labels."""
    best = best_classifier(result)
    if best is None:
        return None
    blocks: list[Block] = [section("\n".join(map(_classified, *zip(*result.classification.items(), strict=True))))]
    blocks.append(_class_table(best, result.classification[best]))
    blocks += [image(*picture) for picture in pictures]
    return message(tables.classes_caption(named(best)), blocks)


def differences_message(result: Result, told: Sequence[ToldDifference]) -> Message | None:
    """Where the models differ: slices, and single examples; None where they do not."""
    blocks: list[Block] = []
    if slices := _slices(result):
        blocks += [section("\n".join([bold(differences.slices_title()), *slices]))]
    if told:
        blocks.append(section(bold(differences.differences_title())))
        for one in told:
            blocks += [divider(), section(_difference(one))]
    return message(differences.differences_title(), blocks) if blocks else None


def _what_figures_are(evaluation: Evaluation, result: Result) -> str:
    grader = code(evaluation.grader_name)
    told = texts.shares_of_right(grader) if result.binary else texts.mean_scores(grader)
    return sentences(told, texts.holm() if len(result.gains) > 1 else "")


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return figures.no_interval()
    return figures.confidence(figures.score(estimate.low), figures.score(estimate.high))


def _score_table(result: Result) -> DataTable:
    has_right = not result.binary and any(score.right is not None for score in result.scores)
    columns = [tables.model_column(), tables.n_column(), tables.score_column(), tables.interval_column()]
    if has_right:
        columns.append(tables.right_column())
    if result.gains:
        columns += [tables.gain_column(), tables.p_column(), tables.better_column(), tables.worse_column()]
    columns.append(tables.failed_column())
    gains = {gain.model: gain.compared for gain in result.gains}
    rows = []
    for score in result.scores:
        one = score.estimate
        row: list[Cell] = [
            short_name(score.model),
            Number(one.n, str(one.n)),
            _share(one.value),
            figures.span(one.low, one.high),
        ]
        if has_right:
            row.append(_share(score.right.value if score.right else None))
        if result.gains:
            row += _gain_cells(gains[score.model]) if score.model in gains else [tables.baseline(), *["–"] * 3]
        row.append(_count(score))
        rows.append(row)
    return DataTable(tables.table_caption(), columns, rows)


def _gain_cells(compared: Compared) -> list[Cell]:
    if compared.gain is None:
        return ["–"] * 4
    p = compared.p if compared.p_adjusted is None else compared.p_adjusted
    return [
        Number(100 * compared.gain, figures.points(compared.gain)),
        Number(p, "<0.001" if p < 0.001 else f"{p:.3f}"),
        Number(compared.better, str(compared.better)),
        Number(compared.worse, str(compared.worse)),
    ]


def _count(score: ModelScore) -> Cell:
    return Number(score.failed + score.ungraded, str(score.failed + score.ungraded))


def _share(value: float | None) -> Cell:
    return "–" if value is None else Number(value, percent(value))


def _figure(value: float | None) -> Cell:
    return "–" if value is None else Number(value, f"{value:.2f}")


def _classified(model: str, found: Classification) -> str:
    line = tables.classified(
        bold(named(model)),
        figures.score(found.accuracy.value),
        _two(found.macro_f1.value),
        _two(found.weighted_f1),
    )
    more = []
    if found.binary is not None and found.binary.auroc is not None:
        more.append(tables.areas(_two(found.binary.auroc), _two(found.binary.auprc)))
    if found.calibration is not None:
        more.append(tables.calibration(_two(found.calibration.ece), _two(found.calibration.brier)))
    return clauses(line, *more)


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _class_table(model: str, found: Classification) -> DataTable:
    columns = [
        tables.class_column(),
        tables.precision_column(),
        tables.recall_column(),
        tables.f1_column(),
        tables.count_column(),
    ]
    rows: list[list[Cell]] = [
        [one.label, _figure(one.precision), _figure(one.recall), _figure(one.f1), Number(one.support, str(one.support))]
        for one in found.classes[:_CLASSES]
    ]
    return DataTable(tables.classes_caption(short_name(model)), columns, rows)


def _forgetting(result: Result) -> list[str]:
    """What the control set says of each model."""
    if result.control is None:
        return []
    lines = []
    for gain in result.control.gains:
        if gain.compared.gain is None:
            continue
        before, after = figures.score(gain.compared.before), figures.score(gain.compared.after)
        worse = gain.compared.verdict is Verdict.WORSE
        say = texts.forgets if worse else texts.forgets_nothing
        told = say(bold(named(gain.model)), named(gain.base), before, after, gain.compared.n)
        lines.append(f"{'🔴' if worse else '⚪'} {told}")
    return lines


def _chosen(chosen: Chosen) -> str:
    return texts.chosen(
        bold(named(chosen.model)), figures.score(chosen.estimate.value), _interval(chosen.estimate), chosen.estimate.n
    )


def _slices(result: Result) -> list[str]:
    """Those of which a verdict can be said, the clearest first."""
    told = [
        (compared, model, one)
        for one in result.slices
        for model, compared in one.gains.items()
        if compared.verdict is not Verdict.CANNOT_TELL and compared.gain is not None
    ]
    told.sort(key=lambda found: found[0].p)
    several = len(result.gains) > 1
    return [_slice_line(one, model, compared, several=several) for compared, model, one in told[:_SLICES]]


def _slice_line(one: SliceScore, model: str, compared: Compared, *, several: bool) -> str:
    name = differences.slice_name(one.slice) or quoted(one.slice, 60)
    line = differences.slice_line(
        name,
        differences.slice_value(one.slice, one.value) or code(one.value, 60),
        figures.score(compared.before),
        figures.score(compared.after),
        figures.points(compared.gain or 0.0),
        compared.n,
    )
    model_too = f"{named(model)} · " if several else ""
    return f"{SYMBOLS[compared.verdict]} {model_too}{line}"


def _difference(one: ToldDifference) -> str:
    if one.after < one.before:
        title = differences.got_worse(one.line) if (one.before, one.after) == (1, 0) else differences.differs(one.line)
    else:
        title = differences.got_better(one.line) if (one.before, one.after) == (0, 1) else differences.differs(one.line)
    heading = bold(title)
    if {one.before, one.after} != {0, 1}:
        heading = with_remark(heading, f"{figures.score(one.before)} → {figures.score(one.after)}")
    lines = [
        f"{'🔴' if one.after < one.before else '🟢'} {heading}",
        differences.asked(quoted(one.question, _WORDS)),
        *([differences.reference(quoted(one.reference, _WORDS))] if one.reference else []),
        differences.answered(named(one.base_model), quoted(one.base, _ANSWER) or differences.said_nothing()),
        differences.answered(named(one.model), quoted(one.answer, _ANSWER) or differences.said_nothing()),
    ]
    return "\n".join(lines)


def _buttons(evaluation: Evaluation, result: Result) -> list[ButtonElement | OverflowMenuElement]:
    """Four buttons at most, and a menu for what is rarely needed."""
    buttons = [button(texts.all_answers_button(), ALL_ANSWERS, evaluation.id)]
    best = _best(result)
    if best is not None and size(best) <= 1_900:
        buttons.append(
            button(
                texts.promote_button(),
                PROMOTE,
                f"{evaluation.id} {best}",
                style="primary",
                confirm=confirm(*texts.promote_question(short_name(best)), style="primary"),
            )
        )
    if any(score.failed for score in result.scores):
        buttons.append(button(texts.try_failed_button(), CONTROLS.resume, evaluation.id))
    if not evaluation.again:
        weekly = f"{evaluation.id} {WEEKLY}"
        buttons.append(button(texts.repeat_button(), REPEAT, weekly, confirm=confirm(*repeat_question())))
    rarer = [entry(ANOTHER_GRADER, evaluation.id, texts.another_grader_button())]
    if evaluation.n < evaluation.n_in_file:
        n = min(evaluation.n_in_file, _more(result) or 2 * evaluation.n)
        rarer.insert(0, entry(ASK_MORE, f"{evaluation.id} {n}", texts.ask_more_button()))
    if needs_model(grader_of(evaluation.grader)):
        rarer.append(entry(CHECK, evaluation.id, check_button()))
    return [*buttons, menu(MORE, rarer)]


def _more(result: Result) -> int | None:
    """Examples that would tell the differences that these do not."""
    return max((gain.compared.needed for gain in result.gains if gain.compared.needed), default=None)


def _best(result: Result) -> str | None:
    """The model that is better than the baseline, by most; None where there is none."""
    won = [gain for gain in result.gains if gain.compared.verdict is Verdict.BETTER]
    return max(won, key=lambda gain: gain.compared.gain or 0).model if won else None


def _models(models: Sequence[str]) -> str:
    return first_of([named(model) for model in models])
