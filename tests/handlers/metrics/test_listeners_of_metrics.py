"""`/finetune metrics` in Slack: the answer comes with or without its picture."""

from typing import Any, cast

import pytest

from bot.access import Caller
from bot.experiments.run_metrics import MetricsOverview, RunMetrics, summaries
from bot.jobs.assessment import Assessment
from bot.jobs.overview import JobOverview
from bot.providers.protocol import Metrics
from bot.worker_processes import WorkerPools
from handlers.callers import Callers
from handlers.languages import english
from handlers.metrics.listeners import MetricsListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request
from training_files import TrainingFileError

TOLD = [Metrics(1, 2, train_loss=1.0), Metrics(2, 2, train_loss=0.5)]


class Runs:
    """Use cases and worker processes, and what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.fails = False

    async def of(self, caller: Caller, words: tuple[str, ...], *, to_post: bool = False) -> list[RunMetrics]:
        self.asked.append((list(words), to_post))
        return [RunMetrics(a_job(id=word), TOLD, (), summaries("", TOLD), Assessment(), (), None) for word in words]

    async def latest_in(self, channel: str, thread_ts: str | None) -> str | None:
        return "job-here"

    async def run(self, *args: Any, **kwargs: Any) -> bytes:
        if self.fails:
            raise TrainingFileError("took_too_long", minutes=1)
        return b"\x89PNG"


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def listeners(slack: Slack, runs: Runs) -> MetricsListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["files.getUploadURLExternal"] = [{"ok": True, "upload_url": slack.url + "upload", "file_id": "F0NEW"}]
    slack.replies["upload"] = [{"ok": True}]
    slack.replies["files.completeUploadExternal"] = [{"ok": True, "files": [{"id": "F0NEW"}]}]
    shown = {"id": "F0NEW", "mimetype": "image/png", "shares": {"public": {}}}
    slack.replies["files.info"] = [{"ok": True, "file": shown}]
    poster = Poster(slack.client)
    return MetricsListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        overview=cast(JobOverview, runs),
        metrics_of=cast(MetricsOverview, runs),
        pools=cast(WorkerPools, runs),
        poster=poster,
        language_of=english,
    )


def kinds(answers: Answers) -> list[str]:
    return [str(block.type) for block in answers[-1].blocks]


async def test_the_latest_job_here_is_meant_where_none_is_named(listeners: MetricsListeners, runs: Runs) -> None:
    answers = Answers()
    await listeners.metrics(a_request("smooth=0.9", answers))
    assert runs.asked == [(["job-here"], False)]
    assert kinds(answers) == ["section", "image", "data_table", "context", "actions"]


async def test_an_answer_whose_picture_cannot_be_drawn_comes_without(listeners: MetricsListeners, runs: Runs) -> None:
    runs.fails = True
    answers = Answers()
    await listeners.metrics(a_request("job-1 job-2", answers))
    assert kinds(answers) == ["section", "data_table", "actions"]


async def test_the_numbers_are_posted_for_all_who_may_see_each_job(
    listeners: MetricsListeners, runs: Runs, slack: Slack
) -> None:
    await listeners.numbers(a_request("job-1 job-2", thread_ts="9.0"))
    assert runs.asked == [(["job-1", "job-2"], True)]
    (shared,) = slack.called("files.completeUploadExternal")
    assert (shared["channel_id"], shared["thread_ts"]) == ("C0TRAINING", "9.0")
