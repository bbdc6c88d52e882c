"""What a channel reads in its digest, in both languages."""

from collections.abc import Mapping
from datetime import date

from bot.digest.digest import Digest, RetiresSoon
from bot.jobs import states
from bot.spending.budget import Used
from handlers.outgoing.digest_blocks import digest
from tests.parts import a_job
from texts.language import Language, speaking

MODEL = "ft:gpt-4.1-mini-2025-04-14:acme:voice:1"
ENDED = a_job(id="job-1", state=states.SUCCEEDED, fine_tuned_model=MODEL, estimated_cost=2.0)
TOLD = Digest(
    1_700_000_000.0,
    1_700_086_400.0,
    ended=[ENDED, a_job(id="job-2", state=states.FAILED)],
    asked=1,
    running=[a_job(id="job-3", state=states.RUNNING)],
    waiting=[a_job(id="job-4", state=states.AWAITING_APPROVAL)],
    retiring=[RetiresSoon(MODEL, date(2027, 1, 14), 20)],
    month=Used(usd=12.4, jobs=3),
    budget=200.0,
)


def shown(told: Digest, language: Language = Language.ENGLISH, links: Mapping[str, str] = {}) -> str:
    with speaking(language):
        return "\n".join(str(block.to_dict()) for block in digest(told, links).blocks)


def test_it_says_what_ended_and_how_what_goes_on_what_waits_and_what_was_spent() -> None:
    said = shown(TOLD)
    assert "*2 jobs ended*" in said
    assert "Ready · `train.jsonl → gpt-4.1-mini-2025-04-14` · `voice` · $2.00" in said
    assert "<@" not in said  # nobody is called
    assert "Failed" in said
    assert "*1 job goes on*" in said
    assert "*1 job waits for somebody*" in said
    assert "`voice` · 14 January 2027: 20 days left" in said
    assert "$12.40 of $200.00" in said


def test_jobs_lead_to_their_cards_and_what_they_cost_is_summed_up() -> None:
    said = shown(TOLD, links={"job-1": "https://acme.slack.com/archives/C0/p1"})
    assert "<https://acme.slack.com/archives/C0/p1|train.jsonl → gpt-4.1-mini-2025-04-14>" in said
    assert "The jobs that ended cost $2.00." in said


def test_it_is_said_in_chinese() -> None:
    said = shown(TOLD, Language.CHINESE)
    assert "2 个任务已结束" in said
    assert "还剩 20 天" in said


def test_of_many_jobs_eight_are_shown() -> None:
    said = shown(Digest(0.0, 1.0, ended=[ENDED] * 30))
    assert "*30 jobs ended*" in said
    assert said.count("train.jsonl") == 8
    assert "And 22 more." in said
