"""What came of an evaluation, as people read it."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from bot.evaluations.differences import ToldDifference
from bot.evaluations.evaluation import DrawnItem, Evaluation, GradeRow, Place, Task
from bot.evaluations.result import Result, Scores, compute
from handlers.blocks.message import Message
from handlers.evaluations.result_blocks import classes_message, differences_message, result_message
from sandbox.validation.surfaces import check_message_blocks
from texts.language import Language, speaking

TUNED = "ft:gpt-4.1-mini:acme:support:abc"
MODELS = ("gpt-4.1-mini", TUNED)
EVALUATION = Evaluation(
    id="eval-1",
    models=MODELS,
    dataset_id="ds-1",
    file_name="held-back.jsonl",
    file="aa",
    grader={"type": "normalized", "name": "match"},
    grader_name="match",
    n=200,
    seed=1,
    team="T1",
    channel="C1",
    owner="U0ADA",
    created_at=0.0,
    n_in_file=900,
)


def result(base: list[float], model: list[float], models: tuple[str, ...] = MODELS, **changes: Any) -> Result:
    items = tuple(DrawnItem(number, number + 1, 0, "", "", {}, None) for number in range(len(base)))
    columns = [base, *[model] * (len(models) - 1)]
    rows = [
        GradeRow(Place(at, number), column[number]) for at, column in enumerate(columns) for number in range(len(base))
    ]
    return compute(msgspec.structs.replace(Scores(models, Task.TEXT, (), items, tuple(rows), 1), **changes))


def shares(right: int, of: int) -> list[float]:
    return [1.0] * right + [0.0] * (of - right)


@pytest.mark.parametrize(
    ("base", "model", "said"),
    [
        (
            shares(142, 200),
            shares(164, 200),
            "🟢 *`support`* is better than *`gpt-4.1-mini`*: 82% against 71%, +11 points",
        ),
        (
            shares(164, 200),
            shares(142, 200),
            "🔴 *`support`* is worse than *`gpt-4.1-mini`*: 71% against 82%, -11 points",
        ),
        (
            shares(25, 50),
            shares(26, 50),
            "⚪ *`support`* and *`gpt-4.1-mini`*: cannot tell which is better. 52% against 50%",
        ),
        (
            shares(25, 50),
            shares(25, 50),
            "⚪ *`support`* and *`gpt-4.1-mini`* did equally well on each example: 50%, n=50.",
        ),
    ],
)
def test_the_sentence_comes_first(
    base: list[float], model: list[float], said: str, seen: Callable[[Message], str]
) -> None:
    assert seen(result_message(EVALUATION, result(base, model))).startswith(said)


def test_promote_is_offered_for_a_model_that_is_better_only(buttons: Callable[[Message], dict[str, Any]]) -> None:
    better = buttons(result_message(EVALUATION, result(shares(142, 200), shares(164, 200))))
    worse = buttons(result_message(EVALUATION, result(shares(164, 200), shares(142, 200))))
    assert better["evaluation_promote"]["value"] == f"eval-1 {TUNED}"
    assert "evaluation_promote" not in worse


def test_more_examples_are_offered_as_far_as_the_file_has_them(entries: Callable[[Message], dict[str, str]]) -> None:
    close = result(shares(100, 200), shares(92, 200))
    offered = entries(result_message(EVALUATION, close))["evaluation_ask_more"]
    assert 200 < int(offered.split()[1]) <= 900
    all_asked = msgspec.structs.replace(EVALUATION, n_in_file=200)
    assert list(entries(result_message(all_asked, close))) == ["evaluation_another_grader"]


def test_answers_that_failed_can_be_asked_for_again(buttons: Callable[[Message], dict[str, Any]]) -> None:
    whole = result(shares(30, 40), shares(30, 40))
    failed = msgspec.structs.replace(whole, scores=(msgspec.structs.replace(whole.scores[0], failed=3),))
    assert buttons(result_message(EVALUATION, failed))["evaluation_resume"]["value"] == "eval-1"
    assert "evaluation_resume" not in buttons(result_message(EVALUATION, whole))


def test_one_model_alone_is_measured(seen: Callable[[Message], str]) -> None:
    alone = result(shares(30, 40), [], MODELS[:1])
    assert seen(result_message(EVALUATION, alone)).startswith("*`gpt-4.1-mini`*: 75% (95%: 59.8% to 85.8%), n=40.")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "nasty", ["", "<!channel> `x` *y*" * 200, "🦙" * 3000, "\x00\n\n", "sk-proj-abcdefghijklmnop1234"]
)
def test_whatever_models_and_files_say_slack_takes_it(
    nasty: str, language: Language, seen: Callable[[Message], str]
) -> None:
    models = ("gpt-4.1-mini", nasty[:90] or "m", TUNED)
    found = result(shares(20, 60), shares(50, 60), models)
    told = [ToldDifference(3, nasty, nasty, models[0], nasty, models[1], nasty, 1.0, 0.0)] * 10
    evaluation = msgspec.structs.replace(EVALUATION, models=models, file_name=nasty, grader_name=nasty)
    with speaking(language):
        messages = [result_message(evaluation, found), differences_message(found, told)]
    for message in filter(None, messages):
        sent = message.as_arguments()
        check_message_blocks(sent["blocks"], Mock())
        shown = "\n".join([message.text, seen(message), seen(message.in_words)])
        assert "<!channel" not in shown
        assert "sk-proj-abcdefgh" not in shown


def test_labels_have_their_own_figures(seen: Callable[[Message], str]) -> None:
    items = tuple(DrawnItem(n, n + 1, 0, "", "", {}, "yes" if n % 2 else "no") for n in range(20))
    rows = [
        GradeRow(Place(model, n), float(model or n % 2), None, "yes" if model == 0 or n % 2 else "no")
        for model in (0, 1)
        for n in range(20)
    ]
    found = compute(Scores(MODELS, Task.CLASSIFICATION, ("no", "yes"), items, tuple(rows), 1))
    message = classes_message(found)
    assert message is not None
    assert "*`support`*: accuracy 100%, macro F1 1.00, weighted F1 1.00" in seen(message)
    table = message.as_arguments()["blocks"]
    assert isinstance(table, list)
    assert [row[0]["text"] for row in table[1]["rows"]] == ["Label", "no", "yes"]
