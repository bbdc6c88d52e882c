"""The Home tab: tabs as buttons, what needs the person, and what stands at the tab that they have chosen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import Block, ButtonElement

from bot.datasets.dataset import Dataset
from bot.home import Home, Spot, Tab, TeamModel
from handlers.blocks.card import JOB_EVALUATE, fitting_buttons
from handlers.blocks.help import CHAT, COMPARE, EVALUATE, HELP, RUN, START
from handlers.blocks.model_name import chat_button
from handlers.blocks.move import OPEN as MOVE
from handlers.blocks.parts import VALUE, actions, button, context, divider, section
from handlers.blocks.text import bold, code, date, person, size
from handlers.datasets.blocks import report
from handlers.launcher import blocks as launcher
from handlers.retirement.blocks import by_day
from handlers.spending import blocks as spending
from texts import home as texts
from texts import jobs as job_texts
from texts import launcher as launcher_texts
from texts import models as model_texts
from texts import retirement as retirement_texts
from texts.compare import compare_button
from texts.datasets import report as report_texts
from texts.datasets import tables
from texts.evaluations.figures import score
from texts.evaluations.question import evaluate_button
from texts.formats import full_day
from texts.moves import move_button
from texts.repair import convert_button

JOBS: Final = "home_jobs"
MODELS: Final = "home_models"
DATA: Final = "home_data"
SPENDING: Final = "home_spending"
MY_SETTINGS: Final = "home_settings"
WHOSE: Final = "home_whose"
PREVIOUS: Final = "home_previous"
NEXT: Final = "home_next"
_MINE: Final = "mine"
_ALL: Final = "all"
_MOST_BLOCKS: Final = 100


def home_view(home: Home, channel: str, links: Mapping[str, str]) -> dict[str, Any]:
    """`channel`: the person's direct messages with the bot, where its buttons are answered; `links`: to the cards of
    jobs, by job id."""
    blocks = [_tabs(home.spot), *_needs(home, links), *_content(home, links), *_turning(home), divider(), *_ways_on()]
    return _view(blocks, channel)


def refused(why: str, channel: str) -> dict[str, Any]:
    """For somebody who may not use the bot. `why` is escaped already."""
    return _view([section(why)], channel)


def read_spot(value: str) -> Spot:
    """What one of its buttons carries: "jobs 2 mine"."""
    tab, page, whose = value.split()
    return Spot(Tab(tab), int(page), mine=whose == _MINE)


def _view(blocks: Sequence[Block], channel: str) -> dict[str, Any]:
    # Ids of blocks that stay the same: whoever opens a menu keeps it while the page is brought up to date.
    shown = [{"block_id": f"home-{number}"} | block.to_dict() for number, block in enumerate(blocks[:_MOST_BLOCKS])]
    return {"type": "home", "blocks": shown, "private_metadata": msgspec.json.encode({"channel": channel}).decode()}


def _tabs(spot: Spot) -> Block:
    return actions(
        _tab(spot, Tab.JOBS, JOBS, launcher_texts.jobs_button()),
        _tab(spot, Tab.MODELS, MODELS, launcher_texts.models_button()),
        _tab(spot, Tab.DATA, DATA, texts.data_button()),
        _tab(spot, Tab.SPENDING, SPENDING, texts.spending_button()),
        _tab(spot, Tab.SETTINGS, MY_SETTINGS, launcher_texts.settings_button()),
    )


def _tab(spot: Spot, tab: Tab, action_id: str, text: str) -> ButtonElement:
    """Jobs and data begin with the person's own, models with the team's."""
    to = Spot(tab, mine=tab is not Tab.MODELS)
    return button(text, action_id, _value(to), style="primary" if spot.tab is tab else None)


def _needs(home: Home, links: Mapping[str, str]) -> Iterator[Block]:
    needing = launcher.needing(home.needs, links)
    if needing:
        yield section(bold(launcher_texts.needs_you_heading()))
        yield from needing
        yield divider()


def _content(home: Home, links: Mapping[str, str]) -> Iterator[Block]:
    match home.spot.tab:
        case Tab.JOBS:
            yield _heading(home.spot, texts.my_jobs(), texts.all_jobs())
            yield from launcher.running_runs(home.runs)
            if not home.jobs and not home.runs:
                yield section(texts.no_jobs(bold(job_texts.start_button())))
            for one in home.jobs:
                yield section(launcher.job_line(one.job, links.get(one.job.id), one.assessment))
                yield actions(*fitting_buttons(one.job, one.assessment, abilities=one.abilities))
        case Tab.MODELS:
            if home.retiring:
                yield section(bold(texts.ends_next()), button=button(texts.all_days_button(), RUN, "retiring"))
                yield from by_day(home.retiring)
                yield divider()
            yield _heading(home.spot, texts.my_models(), texts.all_models())
            if home.models is None:
                yield section(texts.models_unknown())
            elif not home.models:
                yield section(model_texts.none_yet())
            for model in home.models or ():
                yield from _model(model, home)
        case Tab.DATA:
            yield _heading(home.spot, texts.my_data(), texts.all_data())
            if not home.datasets:
                yield section(texts.no_data())
            for dataset in home.datasets:
                yield _dataset(dataset, home)
        case Tab.SPENDING:
            if home.spending is not None:
                yield from spending.month(home.spending).blocks
        case Tab.SETTINGS:
            if home.settings is not None:
                yield from launcher.settings(home.settings).blocks


def _heading(spot: Spot, mine: str, everybodys: str) -> Block:
    """What is listed, and the button for the other list."""
    other = texts.everybodys_button() if spot.mine else texts.mine_button()
    to = Spot(spot.tab, mine=not spot.mine)
    return section(bold(mine if spot.mine else everybodys), button=button(other, WHOSE, _value(to)))


def _model(shown: TeamModel, home: Home) -> Iterator[Block]:
    model = shown.model
    facts = [model_texts.made_from(code(model.base_model, 80))]
    if model.owner:
        facts.append(model_texts.kept_by(person(model.owner)) if model.kept else person(model.owner))
    if shown.score is not None:
        facts.append(texts.scored(score(shown.score.score), shown.score.n))
    if shown.last_used_at is not None:
        facts.append(retirement_texts.last_used(date(shown.last_used_at), []))
    else:
        facts.append(retirement_texts.never_used())
    if model.shutdown_date is not None:
        facts.append(model_texts.stops_answering(full_day(model.shutdown_date)))
    yield section(f"{code(model.name, 120)}\n{' · '.join(facts)}")
    buttons = [] if (chat := chat_button(model.id)) is None else [chat]
    if model.job_id is not None:
        buttons.append(button(evaluate_button(), JOB_EVALUATE, model.job_id))
    if model.shutdown_date is not None and home.may_submit and size(model.id) <= VALUE:
        buttons.append(button(move_button(), MOVE, model.id))
    if buttons:
        yield actions(*buttons)


def _dataset(dataset: Dataset, home: Home) -> Block:
    found = dataset.report
    assert found is not None
    ready = found.ok and found.complete
    if found.table is not None:
        verdict = texts.to_convert(bold(convert_button()))
        length = tables.rows(found.table.rows, exact=found.table.exact)
    else:
        verdict = texts.ready() if ready else texts.to_correct()
        length = report_texts.examples(found.examples)
    facts = [verdict, length, person(dataset.owner), date(dataset.created_at)]
    sign = "📄" if ready or found.table is not None else "⚠️"
    start = button(job_texts.start_button(), report.START, dataset.id) if ready and home.may_submit else None
    return section(f"{sign} {code(dataset.name, 120)}\n{' · '.join(facts)}", button=start)


def _turning(home: Home) -> Iterator[Block]:
    if home.pages == 1:
        return
    spot, turning = home.spot, []
    if spot.page > 1:
        to = msgspec.structs.replace(spot, page=spot.page - 1)
        turning.append(button(texts.previous_button(), PREVIOUS, _value(to)))
    if spot.page < home.pages:
        to = msgspec.structs.replace(spot, page=spot.page + 1)
        turning.append(button(texts.next_button(), NEXT, _value(to)))
    yield actions(*turning)
    yield context(retirement_texts.page(spot.page, home.pages))


def _ways_on() -> Sequence[Block]:
    return [
        actions(
            button(launcher_texts.start_button(), START, "start"),
            button(launcher_texts.chat_button(), CHAT, "chat"),
            button(compare_button(), COMPARE, "compare"),
            button(evaluate_button(), EVALUATE, "evaluate"),
            button(launcher_texts.help_button(), HELP, "help"),
        ),
        context(texts.where_answers_are()),
    ]


def _value(spot: Spot) -> str:
    return f"{spot.tab} {spot.page} {_MINE if spot.mine else _ALL}"
