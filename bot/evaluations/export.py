"""All answers of an evaluation, as a table and as JSON lines."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.access import Caller
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.evaluations.evaluation import Evaluation, EvaluationStore, GradeRow, Item, Place, StoredAnswer
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.items import items_in
from bot.evaluations.run import Reason
from bot.worker_processes import Pool, WorkerPools
from training_files.spreadsheet import as_csv

_AT_ONCE: Final = 500


class Exported(msgspec.Struct, frozen=True):
    """`csv`: a row an item, with three columns a model (its answer, its score, whether it counts as right).
    `jsonl`: a line an answer, with all that was asked and how it was graded."""

    csv: bytes
    jsonl: bytes


class EvaluationExport:
    def __init__(
        self,
        evaluations: Evaluations,
        store: EvaluationStore,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
    ) -> None:
        self._evaluations = evaluations
        self._store = store
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools

    async def exported(self, caller: Caller, evaluation_id: str) -> Exported:
        """As far as there are answers; without the questions where the file is gone. Raises Denied, NotFound,
        TrainingFileError."""
        evaluation = await self._evaluations.get(caller, evaluation_id)
        items = {item.number: item for item in await self._store.items(evaluation.id)}
        grades = {row.place: row for row in await self._store.grades(evaluation.id)}
        keys = await self._store.answered(evaluation.id)
        failures = await self._store.failures(evaluation.id)
        asked = await self._asked(evaluation, {(item.line, item.turn) for item in items.values() if not item.control})
        csv: list[list[str | int | float]] = []
        jsonl: list[bytes] = []
        numbers = [number for number, item in items.items() if not item.control]
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            places = [place for number in some for place in _places(evaluation, number)]
            answers = await self._store.answers({keys[place] for place in places if place in keys})
            for number in some:
                item = asked.get((items[number].line, items[number].turn))
                answered = [
                    _Answered(place, answers.get(keys.get(place, "")), grades.get(place), failures.get(place))
                    for place in _places(evaluation, number)
                ]
                head: list[str | int | float] = [items[number].line, items[number].turn + 1]
                question = [str(item.fields["prompt"]), _reference(item)] if item else ["", ""]
                csv += _rows([*head, *question], evaluation, answered)
                jsonl += [_line(evaluation, items[number].line, items[number].turn, item, one) for one in answered]
        columns = ["line", "turn", "question", "reference", *(["sample"] if evaluation.samples > 1 else [])]
        for model in evaluation.models:
            columns += [model, f"{model}: score", f"{model}: right"]
        return Exported(as_csv(columns, csv), b"".join(jsonl))

    async def _asked(self, evaluation: Evaluation, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], Item]:
        dataset = await self._datasets.get(evaluation.dataset_id)
        if dataset is None or dataset.deleted_at is not None or not self._file_store.has(evaluation.file):
            return {}
        async with self._file_store.plain(evaluation.file) as path:
            return await self._pools.run(_read, path, wanted, pool=Pool.of_work(dataset.bytes))


class _Answered(msgspec.Struct, frozen=True):
    place: Place
    answer: StoredAnswer | None
    grade: GradeRow | None
    failure: Reason | None


def _read(path: Path, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], Item]:
    return {(item.line, item.turn): item for item in items_in(path, set(wanted))}


def _places(evaluation: Evaluation, number: int) -> Iterator[Place]:
    for sample in range(evaluation.samples):
        for model in range(len(evaluation.models)):
            yield Place(model, number, sample)


def _rows(
    head: Sequence[str | int | float], evaluation: Evaluation, answered: Sequence[_Answered]
) -> list[list[str | int | float]]:
    rows = []
    for sample in range(evaluation.samples):
        row = [*head, *([sample + 1] if evaluation.samples > 1 else [])]
        for one in answered:
            if one.place.sample == sample:
                grade = one.grade
                score = "" if grade is None or grade.reward is None else grade.reward
                right = "" if grade is None or grade.passed is None else int(grade.passed)
                row += [_said(one.answer), score, right]
        rows.append(row)
    return rows


def _line(evaluation: Evaluation, line: int, turn: int, item: Item | None, one: _Answered) -> bytes:
    told: dict[str, Any] = {"line": line, "turn": turn + 1, "model": evaluation.models[one.place.model]}
    if evaluation.samples > 1:
        told["sample"] = one.place.sample + 1
    if item is not None:
        told |= {"messages": item.messages, "tools": item.tools} if item.tools else {"messages": item.messages}
        told |= {"reference": item.reference, "reference_calls": item.fields["reference_calls"]}
    if one.answer is not None:
        told |= {"answer": one.answer.content, "tool_calls": one.answer.tool_calls, "usage": one.answer.usage}
        if one.answer.probabilities:
            told["probabilities"] = dict(one.answer.probabilities)
    if one.grade is not None:
        told |= {"score": one.grade.reward, "right": one.grade.passed, "parts": one.grade.parts}
        if one.grade.fault is not None:
            told["fault"] = one.grade.fault.kind
    if one.failure is not None:
        told["failure"] = one.failure.kind
    return msgspec.json.encode(told) + b"\n"


def _said(answer: StoredAnswer | None) -> str:
    if answer is None:
        return ""
    return " ".join(filter(None, [answer.content, *(f"{call.name}({call.arguments})" for call in answer.tool_calls)]))


def _reference(item: Item) -> str:
    calls = [call["function"] for call in item.fields["reference_calls"]]
    return " ".join(filter(None, [item.reference, *(f"{call['name']}({call['arguments']})" for call in calls)]))
