"""One model is asked one question of a comparison; what it says is kept, and so is why it said nothing."""

from typing import Any

import msgspec
import pytest

from bot.audit import Entry
from bot.compare.asking import Asking
from bot.compare.comparison import Answers, Comparison, Failure, ModelAnswer, Question
from bot.conversations.completion import CompletionFormat
from bot.conversations.conversation import BROKEN
from bot.conversations.starter import Starter
from bot.providers.chat import ChatMessage, Usage
from bot.spending.budget import Scope
from bot.store.comparisons import SqlComparisonStore
from bot.store.spending import SqlBudgetStore
from tests.parts import CHANNEL, MODEL
from tests.slack_requests import ANA
from tests.stand_in_provider import StandInProvider

COMPARISON = Comparison("cmp-1", (MODEL, "ft:other"), "T0ACME", CHANNEL, ANA.user, 1.0)
ENTRY = Entry("compare", 1.0, ANA.user, "compare", "cmp-1", CHANNEL)


def question(text: str, number: int = 1) -> Question:
    return Question(str(number), (ChatMessage("user", text),), COMPARISON.models, ANA.user)


@pytest.fixture
def ask(asking: Asking, store: SqlComparisonStore) -> Any:
    async def asked(
        *questions: Question, answers: Answers | None = None, grown: list[str] | None = None, **changes: Any
    ) -> ModelAnswer:
        await store.open(COMPARISON, questions, ENTRY)
        comparison = msgspec.structs.replace(COMPARISON, **changes)
        heard = grown if grown is not None else []
        answer = await asking.ask(comparison, questions or [question("Who?")], answers or {}, MODEL, heard.append)
        assert (await store.answers("cmp-1"))[(questions[-1] if questions else question("Who?")).id, MODEL] == answer
        return answer

    return asked


async def test_an_answer_with_what_it_took(ask: Any, stand_in: StandInProvider) -> None:
    stand_in.usage = (1_000_000, 2_000_000)
    grown: list[str] = []
    answer = await ask(question("Who?"), grown=grown)
    assert answer.content == "The answer, in several pieces. "
    assert grown[0] == "The "
    assert grown[-1] == answer.content
    assert answer.usage == Usage(1_000_000, 2_000_000)
    assert answer.first_token is not None
    assert 0 < answer.first_token <= answer.seconds
    assert answer.failure is None


async def test_a_model_is_told_what_its_training_file_begins_with_and_what_it_said_itself(
    ask: Any, stand_in: StandInProvider
) -> None:
    tool = {"type": "function", "function": {"name": "look"}}
    before = {
        ("1", MODEL): ModelAnswer("I am."),
        ("1", "ft:other"): ModelAnswer("Somebody else."),
        ("2", MODEL): ModelAnswer(failure=Failure("model_said_nothing")),
    }
    starters = {MODEL: Starter("Be kind.", tools=(tool,))}
    await ask(question("Who?"), question("Lost?", 2), question("And?", 3), answers=before, starters=starters)
    (chat,) = stand_in.chats
    assert [(one["role"], one["content"]) for one in chat["messages"]] == [
        ("system", "Be kind."),
        ("user", "Who?"),
        ("assistant", "I am."),
        ("user", "And?"),
    ]
    assert chat["tools"] == [tool]


async def test_a_prompt_with_a_system_message_of_its_own_keeps_that(ask: Any, stand_in: StandInProvider) -> None:
    prompt = (ChatMessage("system", "Be brief."), ChatMessage("user", "Who?"))
    await ask(msgspec.structs.replace(question("Who?"), messages=prompt), starters={MODEL: Starter("Be kind.")})
    assert [one["content"] for one in stand_in.chats[0]["messages"]] == ["Be brief.", "Who?"]


async def test_a_completion_model_is_asked_in_the_format_of_its_file(ask: Any, stand_in: StandInProvider) -> None:
    await ask(question("Who?"), starters={MODEL: Starter(completion=CompletionFormat(" ->", " ", "\n"))})
    assert stand_in.chats == []
    assert stand_in.completions[0]["prompt"] == "Who? ->"


async def test_what_is_too_long_is_asked_with_less_of_what_was_said_before(ask: Any, stand_in: StandInProvider) -> None:
    stand_in.context = 1_200
    questions = [question("long " * 60, number) for number in range(1, 5)]
    answers = {(one.id, MODEL): ModelAnswer("long " * 60) for one in questions[:-1]}
    answer = await ask(*questions, answers=answers)
    assert answer.content
    assert [one["role"] for one in stand_in.chats[-1]["messages"]] == ["user", "assistant", "user"]
    alone = await ask(question("long " * 400, 9))
    assert alone.failure == Failure("question_too_long")


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ({"status": 403, "message": "Not you."}, Failure("Not you.", by_provider=True, code="")),
        ({"status": 403, "message": "Half \ud800."}, Failure("Half \ufffd.", by_provider=True, code="")),
    ],
)
async def test_what_the_provider_refuses_is_kept_in_its_words(
    ask: Any, stand_in: StandInProvider, fault: dict[str, Any], failure: Failure
) -> None:
    stand_in.fault("POST /chat/completions", **fault)
    assert (await ask(question("Who?"))).failure == failure


async def test_a_model_that_warms_up_is_asked_again_and_one_that_is_gone_is_not(
    ask: Any, stand_in: StandInProvider
) -> None:
    stand_in.fault("POST /chat/completions", status=404, code="model_not_found", message="Not yet.")
    assert (await ask(question("Who?"))).content
    stand_in.base_models.clear()
    assert (await ask(question("Who?", 2))).failure == Failure("model_is_gone")


async def test_a_provider_that_does_not_answer_is_a_sentence_of_ours(ask: Any, stand_in: StandInProvider) -> None:
    await stand_in.down()
    failure = (await ask(question("Who?"))).failure
    assert failure is not None
    assert not failure.by_provider


async def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came(ask: Any, stand_in: StandInProvider) -> None:
    stand_in.fault("POST /chat/completions", cut=2)
    answer = await ask(question("Who?"))
    assert (answer.content, answer.finish_reason) == ("The answer, ", BROKEN)


async def test_a_model_that_says_nothing_and_one_that_says_what_is_no_text(ask: Any, stand_in: StandInProvider) -> None:
    stand_in.answer = " "
    assert (await ask(question("Who?"))).failure == Failure("model_said_nothing")
    stand_in.answer = "\ud83d\ude00 \udc00!"
    assert (await ask(question("Who?", 2))).content == "\U0001f600 \ufffd! "


async def test_functions_that_it_calls_are_part_of_its_answer(ask: Any, stand_in: StandInProvider) -> None:
    stand_in.calls = [("look", '{"at": "it"}')]
    tool = {"type": "function", "function": {"name": "look"}}
    answer = await ask(question("Who?"), starters={MODEL: Starter(tools=(tool,))})
    assert answer.failure is None
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [("look", '{"at": "it"}')]


async def test_answers_count_within_the_budgets_and_end_with_them(
    ask: Any, stand_in: StandInProvider, budgets: SqlBudgetStore
) -> None:
    await budgets.set_budget(Scope.WORKSPACE, "", 1.0, Entry("budget", 1.0, ANA.user, "set budget", "workspace"))
    stand_in.usage = (1_000_000, 1_000_000)
    first = await ask(question("Who?"))
    assert first.cost_usd is not None
    assert first.cost_usd > 1
    second = await ask(question("And?", 2))
    assert second.failure is not None
    assert (second.failure.kind, second.failure.values["scope"]) == ("budget_used_up", Scope.WORKSPACE)
    assert len(stand_in.chats) == 1
