"""A process that works on the evaluations of a store, as the bot does, until somebody kills it.

python -m tests.evaluation_process FOLDER URL KEY
"""

import asyncio
import sys
from pathlib import Path

import openai

from bot.datasets.file_store import FileStore
from bot.evaluations.model_answers import ModelAnswers
from bot.evaluations.runs import EvaluationRuns
from bot.models.answer_cost import answer_cost
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelSpending
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore, SqlModelUseStore
from bot.worker_processes import WorkerPools


async def main(folder: Path, url: str, key: str) -> None:
    database = await Database.open(folder / "data")
    http = openai.DefaultAsyncHttpxClient(verify=False)
    providers = Providers(OpenAIProtocol("acme", openai.AsyncOpenAI(api_key=key, base_url=url, http_client=http)))
    jobs, store = SqlJobStore(database), SqlEvaluationStore(database)
    catalogue, lost = Catalogue(providers, jobs), LostModels(jobs, providers)
    spending = ModelSpending(SqlModelUseStore(database), SqlBudgetStore(database), jobs, answer_cost)
    await EvaluationRuns(
        store,
        ModelAnswers(store, catalogue, lost, spending),
        spending,
        jobs,
        SqlDatasetStore(database),
        FileStore(folder / "files", 1_000_000),
        WorkerPools(),
    ).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
