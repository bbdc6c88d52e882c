from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.jobs.job import Hyperparameters, Job, JobError, Metrics
from handlers.blocks.card import card
from handlers.blocks.message import Message

See = Callable[[Message], str]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]
MakeJob = Callable[..., Job]


def test_a_running_job_shows_where_it_is_and_how_it_does(make_job: MakeJob, seen: See, t0: float) -> None:
    assert seen(card(make_job(), now=t0 + 200, chart_file_id="F1", chart_alt_text="It falls.")).splitlines() == [
        "support.jsonl → gpt-4.1-mini",
        "✓ Checked · ✓ Queued · ● *Training* · ○ Ready",
        "▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 30 % · step 30 of 100, epoch 2 of 4",
        "Training for 2 min, about 5 min left",
        "*Training loss*",
        "1.234",
        "*Validation loss*",
        "1.100",
        "*Token accuracy*",
        "61.0 %",
        "*Validation token accuracy*",
        "60.0 %",
        "(picture F1: It falls.)",
        "[Pause]",
        "[Cancel]",
        "Started by <@U0ADA> · <!date^1795000000^{date_short_pretty} {time}|2026-11-18 11:06 UTC> · "
        "Cost so far: about $0.01 of an estimated $0.05 · Job `job-1`",
    ]


def test_a_job_that_was_started_elsewhere_names_who_follows_it(make_job: MakeJob, seen: See, t0: float) -> None:
    followed = make_job(provider_job_id="ftjob-1")
    assert "Followed by <@U0ADA>" in seen(card(followed, now=t0 + 180))
    ours = make_job(provider_job_id="ftjob-1", create_attempted_at=t0)
    assert "Started by <@U0ADA>" in seen(card(ours, now=t0 + 180))


@pytest.mark.parametrize(
    ("state", "way"),
    [
        ("awaiting_approval", "● *Waiting for approval* · ○ Training · ○ Ready"),
        ("submitting", "● *Handing over to the provider* · ○ Training · ○ Ready"),
        ("validating_files", "● *Checking the file* · ○ Training · ○ Ready"),
        ("queued", "✓ Checked · ● *Queued* · ○ Training · ○ Ready"),
        ("paused", "✓ Checked · ✓ Queued · ● *Paused* · ○ Ready"),
        ("succeeded", "✓ Checked · ✓ Trained · ✓ Ready"),
        ("failed", "✓ Checked · ✗ *Failed*"),
        ("deploying", "✓ Checked · ● *`deploying`* · ○ Training · ○ Ready"),
    ],
)
def test_every_state_has_its_place_on_the_way_even_one_that_we_do_not_know(
    make_job: MakeJob, seen: See, t0: float, state: str, way: str
) -> None:
    assert way in seen(card(make_job(state=state), now=t0)).splitlines()


def test_each_state_offers_what_can_be_done_in_it(make_job: MakeJob, buttons: Buttons, t0: float) -> None:
    def offered(state: str) -> list[str]:
        job = make_job(state=state, fine_tuned_model="ft:x" if state == "succeeded" else None)
        return list(buttons(card(job, now=t0)))

    assert offered("queued") == offered("deploying") == ["job_cancel"]
    assert offered("running") == ["job_pause", "job_cancel"]
    assert offered("paused") == ["job_resume", "job_cancel"]
    assert offered("succeeded") == ["job_chat", "job_checkpoints"]
    assert offered("failed") == ["job_retry"]
    assert offered("cancelled") == []
    assert offered("uncertain") == ["job_adopt", "job_resubmit"]


def test_cancelling_asks_first_and_says_what_is_lost(make_job: MakeJob, buttons: Buttons, t0: float) -> None:
    running = buttons(card(make_job(), now=t0))["job_cancel"]
    queued = buttons(card(make_job(state="queued"), now=t0))["job_cancel"]
    assert running["value"] == "job-1"
    assert "no finished model" in running["confirm"]["text"]["text"]
    assert "nothing is lost" in queued["confirm"]["text"]["text"]


def test_pausing_and_resuming_say_what_they_cost_and_ask(make_job: MakeJob, buttons: Buttons, t0: float) -> None:
    pause = buttons(card(make_job(estimated_cost=1.0), now=t0))["job_pause"]["confirm"]
    resume = buttons(card(make_job(state="paused", estimated_cost=1.0), now=t0))["job_resume"]["confirm"]
    assert "what was learned is kept. About $0.30 of the estimate is spent." in pause["text"]["text"]
    assert "About $0.70 of the estimate is still to come." in resume["text"]["text"]
    assert pause["confirm"]["text"] == "Pause it"


def test_a_finished_card_offers_the_results_file_and_tells_the_real_cost(
    make_job: MakeJob, seen: See, buttons: Buttons, t0: float
) -> None:
    done = {"state": "succeeded", "fine_tuned_model": "ft:x", "finished_at": t0 + 400, "trained_tokens": 20_000}
    shown = card(make_job(**done, result_files=("file-9",)), now=t0)
    assert list(buttons(shown)) == ["job_chat", "job_checkpoints", "job_results"]
    # 20,000 tokens at $5 a million
    assert "Cost: $0.10, estimated $0.05" in seen(shown)


def test_the_card_stays_the_same_while_there_is_no_news(make_job: MakeJob, t0: float) -> None:
    shown = [card(make_job(), now=t0 + second).as_arguments() for second in range(600, 660)]
    assert sum(one != two for one, two in pairwise(shown)) <= 2


def test_a_finished_card_never_changes_again(make_job: MakeJob, t0: float) -> None:
    job = make_job(state="succeeded", finished_at=t0 + 400, fine_tuned_model="ft:x")
    assert card(job, now=t0 + 500).as_arguments() == card(job, now=t0 + 500_000).as_arguments()


def test_the_providers_own_estimate_of_the_end_is_believed(make_job: MakeJob, seen: See, t0: float) -> None:
    assert "about 1 h left" in seen(card(make_job(estimated_finish=t0 + 200 + 3600), now=t0 + 200))


def test_the_time_left_counts_down_between_two_looks(make_job: MakeJob, seen: See, t0: float) -> None:
    # 30 of 100 steps took 300 s: 700 s are left, of which two minutes pass without news.
    job = make_job(started_at=t0, heard_at=t0 + 300)
    assert "about 10 min left" in seen(card(job, now=t0 + 310))
    assert "about 8 min left" in seen(card(job, now=t0 + 520))


@pytest.mark.parametrize(("step", "total", "known"), [(1, 10, False), (2, 40, True), (4, 1000, False), (5, 1000, True)])
def test_the_time_left_is_hidden_until_five_steps_or_a_twentieth(
    make_job: MakeJob, seen: See, t0: float, step: int, total: int, known: bool
) -> None:
    assert ("left" in seen(card(make_job(latest=Metrics(step, total, 2.0)), now=t0 + 200))) is known


def test_nothing_is_guessed_about_the_end_after_the_first_steps(make_job: MakeJob, seen: See, t0: float) -> None:
    shown = seen(card(make_job(latest=Metrics(3, 1000, 2.0)), now=t0 + 200))
    assert "left" not in shown


def test_steps_without_a_known_end_and_epochs_are_shown_alone(make_job: MakeJob, seen: See, t0: float) -> None:
    job = make_job(latest=Metrics(12, None, 2.0), hyperparameters=Hyperparameters())
    assert "step 12" in seen(card(job, now=t0 + 200)).splitlines()


def test_a_full_validation_counts_more_than_that_of_a_batch(make_job: MakeJob, seen: See, t0: float) -> None:
    both = Metrics(30, 100, valid_loss=1.5, full_valid_loss=0.75, full_valid_mean_token_accuracy=0.8)
    shown = seen(card(make_job(latest_valid=both), now=t0))
    assert "0.750" in shown
    assert "1.500" not in shown


def test_a_failed_card_tells_the_reason_without_the_key_in_it(make_job: MakeJob, seen: See, t0: float) -> None:
    error = JobError("invalid_api_key", "Incorrect API key provided: sk-proj-abcdefgh12345. <!channel>")
    shown = seen(card(make_job(state="failed", error=error), now=t0))
    assert "Incorrect API key provided: [secret removed]. &lt;!channel&gt;" in shown
    assert "An administrator needs to put a valid one into the bot's settings." in shown


def test_a_finished_card_names_the_model_and_the_time_it_took(make_job: MakeJob, seen: See, t0: float) -> None:
    shown = seen(card(make_job(state="succeeded", finished_at=t0 + 400, fine_tuned_model="ft:x:y"), now=t0))
    assert "Model: `ft:x:y`" in shown
    assert "after 5 min 40 s of training" in shown
    assert "▰" not in shown
