"""What was measured of runs: a picture, a table, and what shows in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.experiments.observations import Kind, Observation
from bot.experiments.run_metrics import RunMetrics, Summary
from handlers.blocks.card import title
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.figures import diagnosis
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, image, message, section
from handlers.blocks.text import bold, code, link
from texts import figures
from texts import metrics as texts
from texts.datasets.report import split_button
from texts.formats import sentences
from texts.repair import repair_button

NUMBERS: Final = "metrics_numbers"
_GUIDE: Final = "https://developers.openai.com/api/docs/guides/fine-tuning-best-practices"


def runs_message(
    runs: Sequence[RunMetrics], *, smooth: float, by_epoch: bool, chart: str | None = None, chart_alt: str = ""
) -> Message:
    """`chart`: Slack's id of the picture."""
    measured = [run for run in runs if run.is_measured]
    if not measured:
        lines = [texts.nothing_measured(code(title(run.job), 100)) for run in runs]
        return message(lines[0], [section("\n".join(lines))])
    heading = texts.metrics_of(code(title(runs[0].job), 150))
    if len(runs) > 1:
        heading = texts.metrics_of_several(len(runs))
    blocks: list[Block] = [section(bold(heading))]
    if chart:
        blocks.append(image(chart, chart_alt))
    names = run_names(runs) if len(runs) > 1 else {}
    blocks.append(_table(measured, names))
    remarks = [_remarks(run, names.get(run.job.id)) for run in runs]
    blocks += [section(remark) for remark in remarks if remark]
    reading = (
        texts.reading(smooth, checkpoints=any(run.checkpoints for run in runs), by_epoch=by_epoch) if chart else ""
    )
    advised = texts.guide(link(_GUIDE, texts.guide_name())) if any(map(_advises, runs)) else ""
    if foot := sentences(reading, advised):
        blocks.append(context(foot))
    blocks.append(actions(button(texts.numbers_button(), NUMBERS, " ".join(run.job.id for run in runs))))
    return message(heading, blocks)


def run_names(runs: Sequence[RunMetrics], room: int = 100) -> dict[str, str]:
    """What each job is called, by its id: the same name for two, or for two in so many characters, would tell nobody
    which is which."""
    names = {run.job.id: run.job.suffix or title(run.job) for run in runs}
    begun = Counter(name[:room] for name in names.values())
    return {job_id: name if begun[name[:room]] == 1 else job_id for job_id, name in names.items()}


def _table(runs: Sequence[RunMetrics], names: Mapping[str, str]) -> DataTable:
    """`names` by job id; none where there is one job."""
    columns = [
        *([texts.job_column()] if names else []),
        texts.quantity_column(),
        texts.training_column(),
        texts.validation_column(),
        texts.gap_column(),
        texts.best_column(),
        texts.best_step_column(),
    ]
    rows: list[list[Cell]] = []
    for run in runs:
        for one in run.summaries:
            rows.append([*([names[run.job.id]] if names else []), *_cells(one)])
    return DataTable(texts.table_caption(), columns, rows)


def _cells(one: Summary) -> list[Cell]:
    name = figures.quantity(one.quantity)
    ends = [figure.value if figure else None for figure in (one.training, one.validation)]
    gap: Cell = "–" if one.gap is None else Number(one.gap, texts.gap(one.quantity, one.gap))
    return [
        name,
        *(_number(one.quantity, value) for value in ends),
        gap,
        _number(one.quantity, one.best),
        Number(one.best_step, f"{one.best_step:,}"),
    ]


def _number(quantity: str, value: float | None) -> Cell:
    return "–" if value is None else Number(value, texts.value(quantity, value))


def _remarks(run: RunMetrics, name: str | None) -> str:
    """What shows in a run, as mrkdwn; empty where nothing does. `name`: where there are several."""
    lines = [diagnosis(run.job, run.assessment), *(_said(one) for one in run.observations)]
    if name and not run.is_measured:
        lines = [texts.nothing_measured(code(title(run.job), 100))]
    elif name and any(lines):
        lines.insert(0, code(name, 100))
    return "\n".join(filter(None, lines))


def _advises(run: RunMetrics) -> bool:
    return bool(run.assessment.diagnosis or run.observations)


def _said(one: Observation) -> str:
    name = figures.name(one.quantity, validates=one.of_validation)
    before, after = texts.value(one.quantity, one.before), texts.value(one.quantity, one.after)
    match one.kind:
        case Kind.PLATEAU:
            heading, text = texts.plateau(name, one.step, one.total, before, after)
        case Kind.STILL_IMPROVING:
            heading, text = texts.still_improving(name, one.step, before, after)
        case Kind.NOT_FINITE:
            heading, text = texts.not_finite(one.count, one.total)
        case Kind.NOT_VALIDATED:
            heading, text = texts.not_validated(bold(split_button()))
        case Kind.OVERLAP:
            heading, text = texts.overlap(one.count, one.total, bold(repair_button()))
    return f"{bold(heading)} {text}"
