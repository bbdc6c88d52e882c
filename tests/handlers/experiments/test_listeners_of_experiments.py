"""`/finetune jobs` in Slack: pages, comparisons and files, and the same from its buttons."""

from typing import Any, cast

import pytest

from bot.access import Caller
from bot.errors import Invalid
from bot.experiments.filters import Filters
from bot.experiments.interfaces import JobOutcome
from bot.experiments.search import Comparison, Experiment, JobPage, JobSearch
from bot.jobs.overview import AssessedJob
from bot.notices.interfaces import Card, CardStore
from handlers.callers import Callers
from handlers.experiments.listeners import ExperimentListeners
from handlers.languages import english
from handlers.metrics.listeners import MetricsListeners
from handlers.request import Request
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request

CHANNEL = "C0TRAINING"


class Search:
    """The use case, with one job, and what was asked of it. Of metrics only what is asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def page(self, caller: Caller, filters: Filters, number: int) -> JobPage:
        self.asked.append((filters, number, caller.answers_in.alone))
        return JobPage(filters, [AssessedJob(a_job())] * 2, {}, number, 3, 23)

    async def compare(self, caller: Caller, filters: Filters) -> Comparison:
        self.asked.append(filters.jobs)
        return Comparison([Experiment(a_job(), JobOutcome())] * 2, [], [])

    async def export(self, caller: Caller, filters: Filters) -> list[Experiment]:
        return [Experiment(a_job(suffix="=evil"), JobOutcome())]

    async def metrics(self, request: Request) -> None:
        self.asked.append(request.text)

    async def card(self, job_id: str) -> Card | None:
        return Card(job_id, CHANNEL, 1.0, ts="5.0")


@pytest.fixture
def search() -> Search:
    return Search()


@pytest.fixture
def listeners(slack: Slack, search: Search) -> ExperimentListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/archives/C0TRAINING/p5"}]
    slack.replies["files.getUploadURLExternal"] = [{"ok": True, "upload_url": slack.url + "upload", "file_id": "F0CSV"}]
    slack.replies["upload"] = [{"ok": True}]
    slack.replies["files.completeUploadExternal"] = [{"ok": True, "files": [{"id": "F0CSV"}]}]
    poster = Poster(slack.client)
    return ExperimentListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        search=cast(JobSearch, search),
        drawn=cast(MetricsListeners, search),
        cards=cast(CardStore, search),
        poster=poster,
        language_of=english,
    )


async def test_a_page_links_each_job_to_its_card(listeners: ExperimentListeners, search: Search) -> None:
    answers = Answers()
    await listeners.jobs(a_request("mine page=2", answers))
    assert search.asked == [(Filters(requester=ANA.user), 2, True)]
    assert "23 jobs" in answers.text
    assert "<https://acme.slack.com/archives/C0TRAINING/p5?" in str([block.to_dict() for block in answers[-1].blocks])


async def test_pages_are_turned_in_place_for_the_eyes_of_all_who_see_them(
    listeners: ExperimentListeners, search: Search
) -> None:
    answers, replaced = Answers(), Answers()
    request = a_request("sort=loss page=2", answers, replace_message=replaced.show, body={"container": {}})
    await listeners.turned(request)
    assert search.asked == [(Filters(sort="loss"), 2, False)]
    assert (len(answers), len(replaced)) == (0, 1)


async def test_what_is_ticked_is_compared_and_drawn_and_else_the_first(
    listeners: ExperimentListeners, search: Search
) -> None:
    chosen = {"jobs_chosen": {"jobs_chosen": {"selected_options": [{"value": "job-3"}, {"value": "job-4"}]}}}
    ticked = a_request("job-1 job-2", body={"state": {"values": chosen}})
    for request in (ticked, a_request("job-1 job-2")):
        await listeners.compare(request)
        await listeners.metrics(request)
    assert search.asked == [("job-3", "job-4"), "job-3 job-4", ("job-1", "job-2"), "job-1 job-2"]


@pytest.mark.parametrize("words", ["csv", "mine csv"])
async def test_a_file_of_all_goes_into_the_channel(listeners: ExperimentListeners, slack: Slack, words: str) -> None:
    await listeners.jobs(a_request(words, thread_ts="9.0"))
    (shared,) = slack.called("files.completeUploadExternal")
    assert (shared["channel_id"], shared["thread_ts"]) == (CHANNEL, "9.0")
    assert "1 job with its settings and results" in shared["initial_comment"]


async def test_bad_words_are_answered_with_what_there_is(listeners: ExperimentListeners) -> None:
    with pytest.raises(Invalid, match="unknown_job_filter"):
        await listeners.jobs(a_request("the best ones"))
