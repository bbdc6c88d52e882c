"""The message of a report, as a listener has it: a real store, and a Web API behind a real socket."""

from typing import Any, cast

import pytest

from bot.datasets.dataset import Dataset
from bot.datasets.report import DatasetReport, DatasetReports
from bot.datasets.second_pass import SecondPass
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from handlers.datasets.reactions import Reactions
from handlers.datasets.reports import ReportMessages
from handlers.languages import english
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA


class KnownReports:
    """The use case that says what a report shows: what was set, and no picture."""

    async def of(self, dataset: Dataset) -> DatasetReport | None:
        return DatasetReport(dataset, dataset.report) if dataset.report and dataset.deleted_at is None else None

    async def picture(self, dataset: Dataset, words: object) -> bytes | None:
        return None


class Added(list[str]):
    """What waits for the second pass."""

    def add(self, dataset_id: str) -> None:
        self.append(dataset_id)


@pytest.fixture
def datasets(database: Database) -> SqlDatasetStore:
    return SqlDatasetStore(database)


@pytest.fixture
def second_pass() -> Added:
    return Added()


@pytest.fixture
def report_messages(slack: Slack, datasets: SqlDatasetStore, second_pass: Added) -> ReportMessages:
    poster = Poster(slack.client)
    return ReportMessages(
        datasets=datasets,
        reports=cast(DatasetReports, KnownReports()),
        second_pass=cast(SecondPass, second_pass),
        reactions=Reactions(datasets, poster),
        poster=poster,
        language=english,
        between_edits=1.5,
    )


@pytest.fixture
def dropped() -> Any:
    """A data set that Ana dropped into a public channel."""

    def dropped(dataset_id: str = "ds-1", **fields: Any) -> Dataset:
        return Dataset(
            **{
                "id": dataset_id,
                "sha256": "abc",
                "name": "train.jsonl",
                "bytes": 3,
                "owner": ANA.user,
                "team": "T0ACME",
                "channel": "C0TRAINING",
                "channel_private": False,
                "thread_ts": "1.0",
                "created_at": 1.0,
                **fields,
            }
        )

    return dropped
