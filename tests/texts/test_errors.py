"""Every error that is raised by its kind has a sentence, in both languages, that takes its values."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.access import Action
from bot.errors import Ambiguous, BotError, Conflict, Denied, NotFound
from bot.providers.interface import Doubtful, Refused
from bot.spending.budget import NotAdmitted, OverBudget, Scope
from graders.errors import GraderError
from texts import errors, training_file_errors
from texts.language import Language, speaking
from texts.sentences import Sentences

ROOT = Path(__file__).parents[2]
OF_THE_BOT = (
    *("BotError", "Denied", "NotFound", "Invalid", "Conflict", "NotAdmitted", "OverBudget", "StartError"),
    *("GraderError", "AnswerError", "NotAvailable"),
    *("StoreTrouble", "Unopened", "UnknownProvider", "Doubtful", "Unintelligible", "super().__init__"),
)
OF_FILES = ("TrainingFileError", "Interrupted")


def raised(*classes: str) -> Iterator[tuple[str, str, set[str]]]:
    """Where, kind and values of each error in the program whose first argument is one word."""
    for where, call in calls_with_a_word():
        if ast.unparse(call.func) in classes:
            values = {keyword.arg or "" for keyword in call.keywords} - {"code"}  # is the provider's
            yield where, ast.literal_eval(call.args[0]), values


@cache
def calls_with_a_word() -> list[tuple[str, ast.Call]]:
    """All in the program whose first argument is one, and where."""
    return [
        (f"{path.name}:{node.lineno}", node)
        for room in ("app", "bot", "graders", "handlers", "training_files")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).isidentifier()
    ]


@pytest.mark.parametrize(
    ("classes", "sentences"), [(OF_THE_BOT, errors.ERRORS), (OF_FILES, training_file_errors.ERRORS)]
)
def test_each_error_has_a_sentence_that_takes_its_values(classes: tuple[str, ...], sentences: Sentences) -> None:
    found = list(raised(*classes))
    wanted = {kind: set(sentences.parameters(kind)) for kind in sentences}
    for where, kind, values in found:
        if "" in values:  # some are handed on as a dictionary
            assert values - {""} < wanted.get(kind, set()), (where, kind)
        else:
            assert values == wanted.get(kind), (where, kind)
    assert sorted(set(wanted) - {kind for _, kind, _ in found}) == []


@pytest.mark.parametrize(
    ("error", "english", "chinese"),
    [
        (Conflict("paused_already"), "This job is paused already.", "这个任务已经暂停。"),
        (
            Conflict("nothing_to_cancel", state="failed"),
            "This job has already ended (Failed), so there is nothing to cancel.",
            "这个任务已经结束（失败），无法再取消。",
        ),
        (
            NotFound("unknown_job", word="job-9"),
            "There is no job job-9 here. `/finetune jobs` lists them.",
            "这里没有任务 job-9。输入 `/finetune jobs` 可列出任务。",
        ),
        (
            Ambiguous("voice", [f"a{n}" for n in range(7)]),
            "voice could be any of these: a0, a1, a2, a3, a4 and 2 more. Write more of the name.",
            "voice 可能是以下任意一个：a0、a1、a2、a3、a4，另有 2 个。请把名称写得更完整。",
        ),
        (
            Ambiguous("big-4", ["job-1 (A)", "job-2 (B)"], shared=True),
            "big-4 could be any of these: job-1 (A), job-2 (B). They share that name, so write the id.",
            "big-4 可能是以下任意一个：job-1 (A)、job-2 (B)。它们同名，请写 ID。",
        ),
        (
            Denied("only_owner", action=Action.CANCEL, kind="job"),
            "Only the person who started this job or an administrator may cancel it.",
            "只有发起这个任务的人或管理员可以取消它。",
        ),
        (
            Denied("only_owner", action=Action.EXPORT, kind="job"),
            "Only the person whom this model belongs to or an administrator may export it.",
            "只有这个模型的所有者或管理员可以导出它。",
        ),
    ],
)
def test_an_error_is_said_in_the_language_in_force(error: Conflict, english: str, chinese: str) -> None:
    assert errors.sentence(error) == english
    with speaking(Language.CHINESE):
        assert errors.sentence(error) == chinese


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", ["grader_judge_failed", "grader_embedding_failed"])
@pytest.mark.parametrize("error", [Doubtful("no_answer_in_time", code="timeout"), NotFound("model_is_gone")])
def test_what_kept_a_judge_from_answering_is_said_as_a_sentence(language: Language, kind: str, error: BotError) -> None:
    with speaking(language):
        said = errors.sentence(GraderError(kind, model="judge", problem=str(error)))
        assert errors.sentence(error).rstrip(".。") in said
        assert ".." not in said
        assert "。." not in said
        assert "。。" not in said
        assert "Slow down" in errors.sentence(GraderError(kind, model="judge", problem="Slow down."))


def test_what_a_provider_answers_is_never_taken_for_a_kind_of_ours() -> None:
    assert errors.sentence(Refused("not_allowed", code="no_access", status=403)) == "not_allowed"
    assert errors.sentence(Doubtful("no_answer_in_time", code="timeout")) == "The provider did not answer in time."


def test_a_sentence_that_was_raised_as_one_is_said_as_it_stands() -> None:
    assert errors.sentence(Conflict("It cannot be done today.")) == "It cannot be done today."


@pytest.mark.parametrize(
    "error",
    [
        Denied("only_owner", action=Action.CANCEL, kind="job"),
        Denied("only_administrators", action=Action.SET_BUDGET),
        Denied("audit_for_one"),
        NotFound("unknown_job", word="my job=1"),
        NotAdmitted("nobody_to_approve", above=25.0),
        OverBudget("over_budget", scope=Scope.PERSON, usd=5, budget=9.5, taken=8, promised=6, left=1.5, until=1.8e9),
    ],
)
def test_what_the_audit_log_kept_of_an_error_is_said_as_the_error_was(error: BotError) -> None:
    for language in Language:
        with speaking(language):
            assert errors.recorded_sentence(str(error)) == errors.sentence(error) != str(error)


@pytest.mark.parametrize(
    "details",
    [
        "guest accounts are too dear",
        "ambiguous wish word=x choices=y",
        "",
        "20 $ a month",
        "You may not do that.",
        "only_owner",
        "only_owner kind=job",
    ],
)
def test_other_details_of_the_audit_log_are_shown_as_they_stand(details: str) -> None:
    assert errors.recorded_sentence(details) == details
