"""A job's messages in Chinese: nothing of them is left in English, and marks stand where Slack sees them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from bot.jobs import notice, states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.diagnosis import Diagnosis, Problem
from bot.jobs.job import Approval, Job, Loss, QueuePlace
from bot.providers.protocol import Checkpoint, JobError, Metrics
from handlers.blocks.card import card
from handlers.blocks.job_controls import question
from handlers.blocks.message import Message
from handlers.jobs.blocks.jobs import job_list, job_status
from handlers.outgoing.notice_blocks import render
from texts.language import Language, speaking

See = Callable[[Message], str]
MakeJob = Callable[..., Job]

# What is no sentence of ours: code, mentions, links, date tokens, names, and terms that stay English.
_NOT_OURS = re.compile(r"```.*?```|`[^`]*`|<[^>]*>|\S+\.jsonl → \S+|openai|token|US\$|UTC", re.DOTALL)
_ENGLISH = re.compile(r"[A-Za-z]{2,}")
# A mark of bold beside a Chinese character is shown as it is.
_BOLD = re.compile(r"(.?)\*[^*\n]+\*(.?)")
_HAN = re.compile(r"[\u3400-\u9fff]")


def states_of_a_job(make_job: MakeJob) -> Iterator[Job]:
    for state in (*states.OURS, *states.ENDED, "validating_files", "queued", "running", "pausing", "paused"):
        yield make_job(state=state, queued_at=1_795_000_000.0, queue_position=3, in_line=QueuePlace(1, 1, 2, 5))
    yield make_job(state="failed", error=JobError("invalid_file", "第 3 行"))
    yield make_job(state="awaiting_approval", approval=Approval(0, 5.0, tuple(f"U0{n}" for n in range(12))))
    yield make_job(
        state="cancelled", approval=Approval(0, 5.0, ("U0A",), approved=False, decided_by="U0A", reason="太贵")
    )
    for loss in Loss:
        yield make_job(
            state="succeeded", fine_tuned_model="ft:x", lost_models={"ft:x": loss}, finished_at=1_795_000_400.0
        )


def everything(make_job: MakeJob, measured: Assessment) -> Iterator[Message]:
    found = [Diagnosis(problem, False, 3.0, 9.0, best_step=20, best=1.0) for problem in Problem]
    assessments = [UNASSESSED, measured, *(msgspec.structs.replace(measured, diagnosis=one) for one in found)]
    for job in states_of_a_job(make_job):
        for assessment in assessments:
            yield card(job, assessment, now=1_795_000_200.0)
            yield job_status(job, None, assessment)
        bodies: list[Any] = [notice.Accepted(job), notice.Started(job), notice.Uncertain(job), notice.Approved(job)]
        bodies += [notice.Linked(job, "https://a.b/c"), notice.ApprovalAsked(job, again=True)]
        bodies += [notice.ProviderSaid(job, level, "") for level in ("warn", "error")]
        bodies += [notice.WaitsInLine(job), notice.ProviderBusy(job), notice.ProviderBack(job), notice.Stuck(job, 2)]
        bodies += [notice.ProviderSilent(job, refusal) for refusal in (None, JobError("rate_limit_exceeded", ""))]
        bodies += [notice.Steered(job, "pause", "U0A"), notice.Steered(job, "resume", "U0A")]
        bodies += [notice.CheckpointMade(job, Checkpoint("c", "ft:x", 30, Metrics(30)))]
        if job.state in states.ENDED:
            bodies += [notice.Ended(job), notice.EndedElsewhere(job)]
        yield from (render(body, measured) for body in bodies)
        yield from (question(act, job, "a.jsonl → b") for act in ("cancel", "pause", "resume"))
        yield job_list([job], more=3)
    yield job_list([])


def test_a_jobs_messages_are_all_chinese(make_job: MakeJob, measured: Assessment, seen: See) -> None:
    with speaking(Language.CHINESE):
        shown = {line for message in everything(make_job, measured) for line in seen(message).splitlines()}
        shown |= {message.text for message in everything(make_job, measured)}
    left = sorted(line for line in shown if _ENGLISH.search(_NOT_OURS.sub("", line)))
    assert left == []
    beside = [(line, *mark.groups()) for line in shown for mark in _BOLD.finditer(line)]
    assert [line for line, before, after in beside if _HAN.search(before + after)] == []
    assert beside


@pytest.mark.parametrize("language", Language)
def test_a_card_says_where_a_job_stands(make_job: MakeJob, seen: See, t0: float, language: Language) -> None:
    with speaking(language):
        lines = seen(card(make_job(), now=t0 + 200)).splitlines()
    assert (
        lines[1:4]
        == {
            Language.ENGLISH: [
                "✓ Checked · ✓ Queued · ● *Training* · ○ Ready",
                "▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 30 % · step 30 of 100, epoch 2 of 4",
                "Training for 2 min, about 5 min left",
            ],
            Language.CHINESE: [
                "✓ 已检查 · ✓ 排队中 · ● *训练中* · ○ 已就绪",
                "▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 30% · 第 30 步，共 100 步，第 2 轮，共 4 轮",
                "已训练 2 分钟，大约还需 5 分钟",
            ],
        }[language]
    )
