"""All answers of an evaluation as a file."""

import csv
import io

import orjson

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.evaluations.evaluation import EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.export import EvaluationExport
from bot.evaluations.runs import EvaluationRuns
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.worker_processes import WorkerPools
from tests.evaluating import a_chat
from tests.evaluations.test_runs import HERE, TUNED, Drop
from tests.parts import MODEL
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider


async def test_all_answers_are_there_as_a_table_and_as_lines(
    evaluations: Evaluations,
    runs: EvaluationRuns,
    store: SqlEvaluationStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    stand_in: StandInProvider,
    dropped: Drop,
) -> None:
    dataset: Dataset = await dropped(*[a_chat(f"Sum {n}?", "=1+1") for n in range(3)])
    stand_in.answer_to = lambda body: "=1+1" if body["model"] == TUNED else "@two"
    started = await evaluations.start(a_caller(), HERE, EvaluationRequest((MODEL, TUNED), dataset.id))
    await runs.work(started.id)
    export = EvaluationExport(evaluations, store, datasets, file_store, pools)
    told = await export.exported(a_caller(), started.id)
    head, *rows = csv.reader(io.StringIO(told.csv.decode("utf-8-sig")))
    assert head[:4] == ["line", "turn", "question", "reference"]
    assert head[4:7] == [MODEL, f"{MODEL}: score", f"{MODEL}: right"]
    assert rows[0] == ["1", "1", "Sum 0?", "'=1+1", "'@two", "0.0", "0", "'=1+1", "1.0", "1"], "no formula is run"
    lines = [orjson.loads(line) for line in told.jsonl.splitlines()]
    assert len(lines) == 6
    assert lines[1]["model"] == TUNED
    assert (lines[1]["answer"].strip(), lines[1]["score"], lines[1]["right"]) == ("=1+1", 1.0, True)
    assert lines[1]["messages"] == [{"role": "user", "content": "Sum 0?"}]
    file_store.remove(dataset.sha256)
    gone = await export.exported(a_caller(), started.id)
    assert b"Sum 0?" not in gone.csv + gone.jsonl
