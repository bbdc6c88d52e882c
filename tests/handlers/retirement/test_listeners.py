"""`/finetune retiring` and `/finetune unused`, as they are read in Slack."""

from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest

from bot.access import Caller
from bot.errors import Invalid
from bot.models.model import FineTunedModel
from bot.models.retirement_calendar import CalendarEntry, CalendarPage, RetirementCalendar
from bot.unused import Unused, UnusedFile, UnusedModel, UnusedThings
from handlers.callers import Callers
from handlers.request import Request
from handlers.retirement.listeners import RetirementListeners
from tests.parts import a_dataset
from tests.slack_requests import Answers, a_caller, a_request
from texts.language import Language, speaking

MINI = "gpt-4.1-mini-2025-04-14"
DAY = date(2027, 1, 14)
ENTRIES = [
    CalendarEntry("ft:1", "voice", MINI, DAY, 46, owner="U0ANA", channels=2, last_used_at=1_700_000_000.0),
    CalendarEntry(MINI, MINI, MINI, DAY, 46, training_ends=date(2027, 1, 6)),
    CalendarEntry("ft:2", "old", "davinci-002", date(2026, 10, 23), -37),
]


class Calendar:
    def __init__(self) -> None:
        self.asked: list[int] = []

    async def page(self, caller: Caller, number: int) -> CalendarPage:
        self.asked.append(number)
        return CalendarPage(ENTRIES, number, 3, 25)


class Things:
    async def of(self, caller: Caller, days: int) -> Unused:
        if days == 365:
            return Unused(days, [], [])
        kept = FineTunedModel("ft:1:acme:voice:1", MINI, owner="U0ANA", created_at=1.0)
        models = [UnusedModel(kept, 5.0, current=True, repeated=True, may_delete=True)]
        files = [
            UnusedFile(a_dataset(), 7.0, ["ft:1:acme:voice:1"], may_delete=False),
            UnusedFile(a_dataset(id="ds-2"), None, [], may_delete=True),
        ]
        return Unused(days, models, files)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def listeners(calendar: Calendar) -> RetirementListeners:
    async def of(request: Request) -> Caller:
        return a_caller()

    callers = cast(Callers, SimpleNamespace(of=of))
    return RetirementListeners(callers, cast(RetirementCalendar, calendar), cast(UnusedThings, Things()))


async def test_models_stand_under_their_day(listeners: RetirementListeners) -> None:
    answers = Answers()
    await listeners.retiring(a_request("", answers))
    shown = str([block.to_dict() for block in answers[-1].blocks])
    assert "*25 models that stop answering*" in shown
    assert "*14 January 2027: 46 days left*\\n• `voice` · from `gpt-4.1-mini-2025-04-14` · <@U0ANA>" in shown
    assert "used in 2 channels · last used <!date" in shown
    assert "• `gpt-4.1-mini-2025-04-14` · no more jobs from 6 January 2027'" in shown
    assert "*23 October 2026: over*\\n• `old` · from `davinci-002` · not used yet" in shown
    assert answers.buttons == [("move_open", "all"), ("retiring_later", "2")]


async def test_pages_are_turned_in_place_or_asked_for(listeners: RetirementListeners, calendar: Calendar) -> None:
    answers = Answers()
    await listeners.turned(a_request("2", answers))
    await listeners.retiring(a_request("page=3", answers))
    assert calendar.asked == [2, 3]
    assert answers.buttons == [("move_open", "all"), ("retiring_earlier", "2")]
    with pytest.raises(Invalid) as error:
        await listeners.retiring(a_request("soon"))
    assert error.value.kind == "retiring_usage"


async def test_it_is_read_in_chinese(listeners: RetirementListeners) -> None:
    answers = Answers()
    with speaking(Language.CHINESE):
        await listeners.retiring(a_request("", answers))
    assert "2027年1月14日：还剩 46 天" in str([block.to_dict() for block in answers[-1].blocks])


async def test_what_nobody_uses_stands_with_what_hangs_on_it_and_a_button_for_those_who_may(
    listeners: RetirementListeners,
) -> None:
    answers = Answers()
    await listeners.unused(a_request("", answers))
    shown = str([block.to_dict() for block in answers[-1].blocks])
    assert "*1 model that nobody has used for 90 days*" in shown
    assert "`voice`\\nfrom `gpt-4.1-mini-2025-04-14` · <@U0ANA> · still the current model of a channel" in shown
    assert "*2 training files that nothing has used for 90 days*" in shown
    assert "trained `voice` · last used <!date" in shown
    assert "no model came of it · made <!date" in shown
    assert answers.buttons == [("model_delete_asked", "ft:1:acme:voice:1"), ("dataset_delete_asked", "ds-2")]
    await listeners.unused(a_request("days=365", answers))
    assert "in the last 365 days" in answers[-1].text
    for wrong in ("days=0", "long"):
        with pytest.raises(Invalid) as error:
            await listeners.unused(a_request(wrong))
        assert error.value.kind == "unused_usage"
