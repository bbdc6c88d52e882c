"""*Use it here*, and what is asked after it."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

from bot.conversations.conversation import Conversation
from bot.errors import Denied
from bot.moves.succession import StillUsed
from handlers.succession.listeners import SuccessionListeners
from tests.parts import a_job
from tests.slack_requests import Answers, a_request

OLD, NEW = "ft:gpt:acme:support:1", "ft:smol:acme:support-home:2"
SUCCESSOR = SimpleNamespace(move=SimpleNamespace(id="move-1"), job=a_job(id="job-9"), old=OLD, new=NEW)
THREADS = [Conversation(f"cv-{n}", OLD, "T0ACME", "C0TRAINING", f"{n}.0", "U0ANA", 1.0) for n in range(3)]
THE_SUCCESSOR = "move-1/job-9"


def listeners(used: StillUsed, **changes: Any) -> SuccessionListeners:
    succession = AsyncMock()
    succession.adopt.return_value = succession.get.return_value = SUCCESSOR
    succession.still_used.return_value = used
    for name, value in changes.items():
        setattr(succession, name, value)
    return SuccessionListeners(AsyncMock(), succession, AsyncMock())


async def test_whoever_adopts_a_model_is_asked_about_what_else_uses_the_old_one() -> None:
    answers = Answers()
    await listeners(StillUsed(THREADS, (), ["tone.json"])).adopt(a_request(THE_SUCCESSOR, answers))
    assert answers.buttons == [("successor_switch", THE_SUCCESSOR), ("successor_offer", THE_SUCCESSOR)]
    shown = str([block.to_dict() for block in answers[-1].blocks])
    assert "3 threads of the last 30 days still talk to the old one" in shown
    assert "In `tone.json` the judge is `support`" in shown


async def test_where_nothing_else_uses_it_here_only_other_channels_are_left_to_ask() -> None:
    answers = Answers()
    await listeners(StillUsed()).adopt(a_request(THE_SUCCESSOR, answers))
    assert answers.buttons == [("successor_offer", THE_SUCCESSOR)]


async def test_what_one_may_not_switch_is_told_and_holds_up_nothing_else() -> None:
    answers = Answers()
    made = listeners(StillUsed(THREADS, [AsyncMock()]), repeat_with=AsyncMock(side_effect=Denied("own_job")))
    await made.switch(a_request(THE_SUCCESSOR, answers))
    assert [call.args[2] for call in made.shown.change_model.await_args_list] == [NEW] * 3  # type: ignore[attr-defined]
    assert "Threads: 3. Repeated evaluations: 0." in answers.text
    assert "1 could not be switched: " in answers.text


async def test_the_channels_that_were_asked_are_named() -> None:
    answers = Answers()
    await listeners(StillUsed(), offer=AsyncMock(return_value=["C0A", "C0B"])).offer(a_request(THE_SUCCESSOR, answers))
    assert "<#C0A> and <#C0B>" in answers.text
