"""What is known of jobs, as people ask for it in Slack."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.collections.learned import LearnedModels
from bot.errors import Invalid, NotFound
from bot.jobs.assessment import RankedCheckpoint
from bot.jobs.history import EventPage, JobHistory
from bot.jobs.import_job import JobImport
from bot.jobs.job import Job, KeptCheckpoint, Origin
from bot.jobs.kept_checkpoints import KeptCheckpoints
from bot.jobs.links import JobLinks
from bot.jobs.overview import AssessedJob, JobOverview
from bot.jobs.results import JobResults, Results
from bot.jobs.timeline import Moment
from bot.notices.interfaces import Card, CardStore
from bot.providers.protocol import Checkpoint
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.jobs.blocks import history as history_blocks
from handlers.jobs.listeners import JobListeners
from handlers.modals import Modals
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import a_job, event
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language

CHANNEL = "C0TRAINING"
CHECKPOINT = Checkpoint("ck-1", "ft:m:acme:support:1:ckpt-step-4", 4)


class Jobs:
    """All use cases, with one job, and what was asked of them."""

    def __init__(self) -> None:
        self.job = a_job(state="running")
        self.asked: list[Any] = []
        self.here: str | None = "job-here"

    async def latest_in(self, channel: str, thread_ts: str | None) -> str | None:
        self.asked.append((channel, thread_ts))
        return self.here

    async def one(self, caller: Caller, word: str) -> AssessedJob:
        self.asked.append(word)
        return AssessedJob(self.job)

    async def checkpoints(self, caller: Caller, job_id: str) -> tuple[Job, Sequence[RankedCheckpoint]]:
        return self.job, [RankedCheckpoint(CHECKPOINT)]

    async def check(self, caller: Caller, word: str, step: int) -> tuple[Job, Checkpoint]:
        return self.job, CHECKPOINT

    async def keep(self, caller: Caller, word: str, step: int, name: str | None = None) -> tuple[Job, Checkpoint]:
        self.asked.append(("keep", word, step, name))
        kept = {CHECKPOINT.model: KeptCheckpoint(caller.user, 1.0, name)}
        self.job = msgspec.structs.replace(self.job, kept=kept)
        return self.job, CHECKPOINT

    async def release(self, caller: Caller, word: str, step: int) -> tuple[Job, Checkpoint]:
        self.asked.append(("release", word, step))
        self.job = msgspec.structs.replace(self.job, kept={})
        return self.job, CHECKPOINT

    async def events(self, caller: Caller, word: str, number: int, size: int) -> EventPage:
        self.asked.append((word, number, caller.answers_in.alone))
        return EventPage(self.job, [event(1, "Said & done")], number, 3 * size)

    async def timeline(self, caller: Caller, word: str) -> tuple[Job, Sequence[Moment]]:
        self.asked.append((word, caller.answers_in.alone))
        return self.job, self.moments

    moments: Sequence[Moment] = ()

    async def of(self, caller: Caller, word: str) -> Results:
        self.asked.append(word)
        return Results(self.job, b"step,train_loss\n1,0.5\n", b"step,train_loss\r\n1,0.5\r\n")

    async def follow(self, caller: Caller, provider_job_id: str, origin: Origin) -> Job:
        self.asked.append((provider_job_id, origin))
        return a_job(id="job-9", provider_job_id=provider_job_id)

    async def collections_of(self, caller: Caller, models: Sequence[str]) -> dict[str, list[str]]:
        return {model: ["House voice"] for model in models}

    def to(self, job: Job) -> str | None:
        return f"https://finetune.example.com/jobs/{job.id}"

    async def card(self, job_id: str) -> Card | None:
        return Card(job_id, CHANNEL, 1.0, ts="5.0")


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def listeners(slack: Slack, jobs: Jobs) -> JobListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"id": CHANNEL, "is_member": True}}]
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/archives/C0TRAINING/p5"}]
    slack.replies["files.getUploadURLExternal"] = [
        {"ok": True, "upload_url": slack.url + "upload", "file_id": "F0RESULTS"}
    ]
    slack.replies["upload"] = [{"ok": True}]
    slack.replies["files.completeUploadExternal"] = [{"ok": True, "files": [{"id": "F0RESULTS"}]}]
    poster = Poster(slack.client)

    async def language_of(channel: str, person: str) -> Language:
        return Language.CHINESE if channel == CHANNEL else Language.ENGLISH

    return JobListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        overview=cast(JobOverview, jobs),
        job_history=cast(JobHistory, jobs),
        keeping=cast(KeptCheckpoints, jobs),
        results=cast(JobResults, jobs),
        imports=cast(JobImport, jobs),
        learned=cast(LearnedModels, jobs),
        links=cast(JobLinks, jobs),
        cards=cast(CardStore, jobs),
        modals=Modals(poster),
        poster=poster,
        language_of=language_of,
    )


def _buttons(answers: Answers) -> dict[str, str]:
    return {
        element["action_id"]: element.get("value", "")
        for block in answers[-1].blocks
        for element in block.to_dict().get("elements", ())
        if "action_id" in element
    }


def _shown(answers: list[Message]) -> str:
    return "\n".join(str(block.to_dict()) for block in answers[-1].blocks)


async def test_the_status_of_a_job_with_a_model_names_the_training_sets_that_it_learned_from(
    listeners: JobListeners, jobs: Jobs
) -> None:
    answers = Answers()
    await listeners.status(a_request("support", answers))
    assert "Learned from" not in str(answers[-1].as_arguments())
    jobs.job = a_job(state="succeeded", fine_tuned_model="ft:m:acme:support:1")
    await listeners.status(a_request("support", answers))
    assert "Learned from `House voice`" in str(answers[-1].as_arguments())


async def test_the_status_of_a_job_has_its_link_for_outside_slack(listeners: JobListeners) -> None:
    answers = Answers()
    await listeners.status(a_request("support", answers))
    assert "<https://finetune.example.com/jobs/job-1|link for outside Slack>" in _shown(answers)


async def test_a_status_without_a_word_is_that_of_the_latest_job_here(listeners: JobListeners, jobs: Jobs) -> None:
    await listeners.status(a_request("", thread_ts="1.0"))
    await listeners.status(a_request("support"))
    assert jobs.asked == [(CHANNEL, "1.0"), "job-here", "support"]


@pytest.mark.parametrize("member", [True, False])
async def test_where_no_job_was_started_it_says_how_to_begin(
    listeners: JobListeners, jobs: Jobs, slack: Slack, member: bool
) -> None:
    jobs.here = None
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"id": CHANNEL, "is_member": member}}]
    with pytest.raises(NotFound, match=f"no_job_here member={member}"):
        await listeners.status(a_request())


@pytest.mark.parametrize(
    ("words", "asked"), [("`job-1`", 1), ("job-1 3", 3), ("job-1 page=2", 2), ("job-1 x", 1), ("job-1 9999999", 1)]
)
async def test_events_are_asked_for_by_page(listeners: JobListeners, jobs: Jobs, words: str, asked: int) -> None:
    answers = Answers()
    await listeners.events(a_request(words, answers))
    assert jobs.asked == [("job-1", asked, True)]
    assert "Said &amp; done" in _shown(answers)


async def test_pages_are_turned_in_place_for_the_eyes_of_all_who_see_them(listeners: JobListeners, jobs: Jobs) -> None:
    answers, replaced = Answers(), Answers()
    request = a_request("job-1 2", answers, replace_message=replaced.show, body={"container": {"is_ephemeral": False}})
    await listeners.events_turned(request)
    await listeners.explain_turned(request)
    assert jobs.asked == [("job-1", 2, False), ("job-1", False)]
    assert (len(answers), len(replaced)) == (0, 2)


async def test_each_page_of_events_leads_to_its_neighbours(listeners: JobListeners) -> None:
    answers = Answers()
    await listeners.events(a_request("job-1 2", answers))
    assert _buttons(answers) == {history_blocks.EVENTS_LATER: "job-1 1", history_blocks.EVENTS_EARLIER: "job-1 3"}


async def test_following_takes_one_id_of_the_provider(listeners: JobListeners) -> None:
    for words, trigger in (("", None), ("ftjob-1 ftjob-2", "trigger-1")):
        with pytest.raises(Invalid, match="which_provider_job"):
            await listeners.follow(a_request(words, trigger_id=trigger))


async def test_a_job_is_followed_where_the_bot_can_post_its_card(
    listeners: JobListeners, jobs: Jobs, slack: Slack
) -> None:
    answers = Answers()
    await listeners.follow(a_request("`ftjob-7`", answers))
    assert jobs.asked == [("ftjob-7", Origin("T0ACME", CHANNEL, False))]
    assert "I follow `ftjob-7` as job `job-9`" in answers.text
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"id": "C0OTHER", "is_member": False}}]
    with pytest.raises(Invalid, match="not_in_channel"):
        await listeners.follow(a_request("ftjob-7", channel="C0OTHER"))


async def test_a_checkpoint_is_there_to_talk_to_and_to_go_on_from(listeners: JobListeners) -> None:
    answers = Answers()
    await listeners.checkpoints(a_request("job-1", answers))
    assert _buttons(answers) == {
        "model_chat": "ft:m:acme:support:1:ckpt-step-4",
        "checkpoint_continue": "job-1 ft:m:acme:support:1:ckpt-step-4",
        "checkpoint_keep": "job-1 4",
    }


async def test_a_checkpoint_is_kept_under_the_name_that_its_modal_asks_for(
    listeners: JobListeners, jobs: Jobs, slack: Slack
) -> None:
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    await listeners.keep(a_request("job-1 4"))
    (opened,) = slack.called("views.open")
    view = opened["view"]
    answers = Answers()
    for typed, name in (("  formal ", "formal"), ("", None)):
        values = {"name": {"name": {"value": typed}}}
        sent = {"view": {"private_metadata": view["private_metadata"], "state": {"values": values}}}
        await listeners.kept(a_request("", answers, body=sent))
        assert jobs.asked[-1] == ("keep", "job-1", 4, name)
    assert "`formal` stands among the team's models now" in _shown(answers[:1])
    assert "`support, step 4` stands among" in _shown(answers)


async def test_a_kept_checkpoint_is_released_in_place(listeners: JobListeners, jobs: Jobs) -> None:
    jobs.job = msgspec.structs.replace(jobs.job, kept={CHECKPOINT.model: KeptCheckpoint("U0BEN", 1.0, "formal")})
    answers, replaced = Answers(), Answers()
    await listeners.checkpoints(a_request("job-1", answers))
    assert "kept as `formal` by <@U0BEN>" in _shown(answers)
    assert _buttons(answers)["checkpoint_release"] == "job-1 4"
    await listeners.release(a_request("job-1 4", answers, replace_message=replaced.show))
    assert "checkpoint_keep" in _buttons(replaced)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("job-1 keep 4", ("keep", "job-1", 4, None)),
        ("`job-1` keep 4 `formal`", ("keep", "job-1", 4, "formal")),
        ("keep 4 formal", ("keep", "job-here", 4, "formal")),
        ("keep 4 “formal”", ("keep", "job-here", 4, "formal")),
        ("keep 4 two words", ("keep", "job-here", 4, "two words")),
        ("support release 4", ("release", "support", 4)),
        ("release 4", ("release", "job-here", 4)),
    ],
)
async def test_checkpoints_are_kept_and_released_by_words(
    listeners: JobListeners, jobs: Jobs, words: str, asked: object
) -> None:
    await listeners.checkpoints_command(a_request(words))
    assert jobs.asked[-1] == asked


@pytest.mark.parametrize("words", ["keep", "job-1 keep", "job-1 keep formal", "job-1 release 4 x", "job-1 what"])
async def test_words_about_checkpoints_that_make_no_sense_are_explained(listeners: JobListeners, words: str) -> None:
    with pytest.raises(Invalid, match="checkpoints_usage"):
        await listeners.checkpoints_command(a_request(words))


async def test_results_go_into_the_thread_of_the_card_in_the_language_of_the_channel(
    listeners: JobListeners, slack: Slack
) -> None:
    answers = Answers()
    await listeners.results_file(a_request("job-1", answers, thread_ts="9.0"))
    (shared,) = slack.called("files.completeUploadExternal")
    assert (shared["channel_id"], shared["thread_ts"]) == (CHANNEL, "5.0")
    assert "的结果" in shared["initial_comment"]
    assert answers.text.startswith("The files are in <https://acme.slack.com/archives/C0TRAINING/p5?thread_ts=5.0")


@pytest.mark.parametrize("asked", [{"thread_ts": "5.0"}, {"body": {"message": {"ts": "5.0"}}}])
async def test_whoever_asks_for_results_in_the_thread_of_the_card_needs_no_link_to_it(
    listeners: JobListeners, asked: dict[str, Any]
) -> None:
    answers = Answers()
    await listeners.results_file(a_request("job-1", answers, **asked))
    assert not answers


async def test_without_a_word_checkpoints_and_results_are_those_of_the_latest_job_here(
    listeners: JobListeners, jobs: Jobs
) -> None:
    await listeners.checkpoints(a_request("", thread_ts="1.0"))
    await listeners.results_file(a_request("", thread_ts="1.0"))
    assert jobs.asked == [(CHANNEL, "1.0"), (CHANNEL, "1.0"), "job-here"]


@pytest.mark.parametrize(("there", "shared"), [("job-1-provider-results.csv", 0), ("other.csv", 1)])
async def test_results_that_were_posted_before_a_crash_are_not_posted_again(
    listeners: JobListeners, slack: Slack, there: str, shared: int
) -> None:
    message = {"ts": "1700000001.000100", "files": [{"name": there}]}
    slack.replies["conversations.replies"] = [{"ok": True, "messages": [message]}]
    await listeners.results_file(a_request("job-1", is_retry=True))
    assert len(slack.called("files.completeUploadExternal")) == shared


async def test_results_that_are_asked_for_elsewhere_stay_there(listeners: JobListeners, slack: Slack) -> None:
    await listeners.results_file(a_request("job-1", channel="D0ANA", thread_ts="9.0"))
    (shared,) = slack.called("files.completeUploadExternal")
    assert (shared["channel_id"], shared["thread_ts"]) == ("D0ANA", "9.0")
    assert "Results of" in shared["initial_comment"]
