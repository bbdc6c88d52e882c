"""Jobs that were found, in pages, and their settings and results beside each other."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.models.blocks import Block, ButtonElement, CheckboxesElement

from bot.experiments.filters import Filters, words_of
from bot.experiments.search import FEWEST_COMPARED, FIGURES, MOST_COMPARED, Comparison, JobPage, sorted_by
from bot.jobs.job import Job
from handlers.blocks.card import title
from handlers.blocks.data_table import DataTable
from handlers.blocks.job_entry import job_entry
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, message, option, section
from handlers.blocks.text import bold, clip, code
from texts import experiments as texts
from texts import history
from texts.jobs import jobs, no_jobs

EARLIER: Final = "jobs_earlier"
LATER: Final = "jobs_later"
COMPARE: Final = "jobs_compare"
METRICS: Final = "jobs_metrics"
CSV: Final = "jobs_csv"
CHOSEN: Final = "jobs_chosen"
_LINES_IN_SECTION: Final = 5
# Beside the id, in what Slack takes of an option.
_NAME: Final = 50


def job_page(page: JobPage, permalinks: Mapping[str, str]) -> Message:
    """`permalinks` of cards, by job id."""
    words = words_of(page.filters)
    if not page.jobs:
        text = texts.none_found() if words else no_jobs()
        return message(text, [section(text)])
    heading = jobs(page.count)
    blocks: list[Block] = [section(bold(heading))]
    if words:
        blocks.append(context(texts.filtered(_shown(page.filters))))
    entries = [
        job_entry(one.job, permalinks.get(one.job.id), one.assessment) + _value(page, one.job.id) for one in page.jobs
    ]
    blocks += [
        section("\n".join(entries[start : start + _LINES_IN_SECTION]))
        for start in range(0, len(entries), _LINES_IN_SECTION)
    ]
    shown = [one.job for one in page.jobs]
    if len(shown) >= FEWEST_COMPARED:
        blocks += [context(texts.choose()), actions(_choice(shown), block_id=CHOSEN)]
    blocks.append(actions(*_buttons(page, words, [job.id for job in shown])))
    if page.pages > 1:
        blocks.append(context(history.page(page.number, page.pages)))
    return message(heading, blocks)


def read_chosen(body: Mapping[str, Any]) -> list[str]:
    """Ids of the jobs that were ticked in the message in which a button was pressed."""
    state = (body.get("state") or {}).get("values") or {}
    ticked = ((state.get(CHOSEN) or {}).get(CHOSEN) or {}).get("selected_options") or ()
    return [str(one.get("value") or "") for one in ticked]


def comparison(found: Comparison) -> Message:
    heading = texts.settings_of(len(found.experiments))
    names = [one.job.suffix or title(one.job) for one in found.experiments]
    columns = [texts.setting_column(), *(_column(one.job, names) for one in found.experiments)]
    rows = [[name, *(_setting(value) for value in values)] for name, values in found.settings]
    rows += [
        [texts.result_name(name), *(texts.result(name, value) for value in values)] for name, values in found.results
    ]
    blocks: list[Block] = [section(bold(heading))]
    if not found.settings:
        blocks.append(section(texts.no_difference()))
    blocks.append(DataTable(heading, columns, rows))
    ids = " ".join(one.job.id for one in found.experiments)
    blocks.append(actions(button(texts.metrics_button(), METRICS, ids)))
    return message(heading, blocks)


def _column(job: Job, names: Sequence[str]) -> str:
    """A job by its name, and by its id where another one is called the same."""
    name = job.suffix or title(job)
    return name if names.count(name) == 1 else job.id


def _setting(value: object) -> str:
    return texts.not_set() if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _shown(filters: Filters) -> str:
    """Filters as mrkdwn: mentions of people and channels are seen as such."""
    words = words_of(filters).split(" ")
    mentions = [word for word in words if word.startswith("<")]
    others = " ".join(word for word in words if not word.startswith("<"))
    return " ".join([*mentions, *([code(others, 200)] if others else [])])


def _value(page: JobPage, job_id: str) -> str:
    """What a job was sorted by, in words; empty for the date."""
    known = page.outcomes.get(job_id)
    found = sorted_by(known, page.filters)
    if found is None or page.filters.sort == "date":
        return ""
    part, value = found
    name = f"{part}_{FIGURES[page.filters.sort]}" if part else {"cost": "usd", "time": "seconds"}[page.filters.sort]
    return f" · {texts.result_name(name).lower()} {bold(texts.result(name, value))}"


def _choice(shown: Sequence[Job]) -> CheckboxesElement:
    options = [option(f"{clip(job.suffix or title(job), _NAME)} · {job.id}", job.id) for job in shown]
    return CheckboxesElement(action_id=CHOSEN, options=options)


def _buttons(page: JobPage, words: str, ids: Sequence[str]) -> list[ButtonElement]:
    turning = []
    if page.number > 1:
        turning.append(button(history.later(), LATER, f"{words} page={page.number - 1}".strip()))
    if page.number < page.pages:
        turning.append(button(history.earlier(), EARLIER, f"{words} page={page.number + 1}".strip()))
    first = " ".join(ids[:MOST_COMPARED])
    comparing = [
        button(texts.compare_button(), COMPARE, first),
        button(texts.metrics_button(), METRICS, first),
    ]
    everything = button(texts.csv_button(), CSV, words or "csv")
    return [*turning, *(comparing if len(ids) >= FEWEST_COMPARED else []), everything]
