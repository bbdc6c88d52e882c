from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.jobs.assessment import Assessment, assess
from bot.jobs.diagnosis import Diagnosis, Problem
from bot.jobs.job import Job, Loss
from bot.providers.config import Abilities
from bot.providers.protocol import Checkpoint, Hyperparameters, JobError, Metrics
from handlers.blocks.card import card
from handlers.blocks.message import Message
from handlers.jobs.blocks.jobs import job_status
from texts.language import Language, speaking

See = Callable[[Message], str]
Entries = Callable[[Message], dict[str, str]]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]
MakeJob = Callable[..., Job]


def test_a_running_job_shows_where_it_is_and_how_it_does(
    make_job: MakeJob, measured: Assessment, seen: See, t0: float
) -> None:
    shown = card(make_job(), measured, now=t0 + 200, chart_file_id="F1", chart_alt_text="It falls.")
    assert seen(shown).splitlines() == [
        "🔵 support.jsonl → gpt-4.1-mini",
        "✓ Checked · ✓ Queued · ● *Training* · ○ Ready",
        "▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 30% · step 30 of 100, epoch 2 of 4",
        "Training for 2 min, about 5 min left",
        "*Training loss*",
        "1.234",
        "*Validation loss*",
        "1.100",
        "*Token accuracy*",
        "61.0%",
        "*Validation token accuracy*",
        "60.0%",
        "(picture F1: It falls.)",
        "[Pause]",
        "[Cancel]",
        "[Metrics]",
        "Started by <@U0ADA> · <!date^1795000000^{date_short_pretty} {time}|2026-11-18 11:06 UTC> · "
        "Cost so far: about $0.01 of an estimated $0.05 · Job `job-1`",
    ]


def test_a_failure_without_a_reason_says_that_there_is_none(make_job: MakeJob, seen: See, t0: float) -> None:
    failed = make_job(state="failed", finished_at=t0, error=None)
    assert "The provider gave no reason." in seen(card(failed, now=t0))
    assert "The provider gave no reason." in seen(job_status(failed))


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


def test_each_state_offers_what_can_be_done_in_it(
    make_job: MakeJob, buttons: Buttons, entries: Entries, t0: float
) -> None:
    def offered(state: str) -> list[str]:
        job = make_job(state=state, fine_tuned_model="ft:x" if state == "succeeded" else None)
        shown = card(job, now=t0)
        return [*buttons(shown), *(f"… {word}" for word in entries(shown))]

    assert offered("queued") == offered("deploying") == ["job_cancel"]
    assert offered("running") == ["job_pause", "job_cancel", "job_metrics"]
    assert [*buttons(card(make_job(), now=t0, abilities=Abilities(pauses=False)))] == ["job_cancel", "job_metrics"]
    assert offered("paused") == ["job_resume", "job_cancel", "job_metrics"]
    offers = ["job_chat", "job_evaluate", "job_compare", "… job_checkpoints", "… job_metrics", "… job_report"]
    assert offered("succeeded") == offers
    assert offered("failed") == offered("cancelled") == ["job_retry", "job_metrics"]
    assert offered("uncertain") == ["job_adopt", "job_resubmit"]


@pytest.mark.parametrize("parent", [None, "ft:gpt:org:voice:1"])
@pytest.mark.parametrize("lost", [{}, {"ft:x": Loss.DELETED}])
@pytest.mark.parametrize("problem", [None, Problem.OVERFITTED])
def test_whatever_became_of_a_job_its_card_has_four_buttons_at_most_and_everything_is_in_reach(
    make_job: MakeJob,
    buttons: Buttons,
    entries: Entries,
    t0: float,
    parent: str | None,
    lost: dict[str, Loss],
    problem: Problem | None,
) -> None:
    job = make_job(
        state="succeeded", fine_tuned_model="ft:x", result_files=("file-9",), parent=parent, lost_models=lost
    )
    shown = card(job, Assessment(diagnosis=Diagnosis(problem, True, 1.0, 2.0) if problem else None), now=t0)
    assert len(buttons(shown)) <= 4
    expected = {"job_checkpoints", "job_metrics", "job_results", "job_report"}
    if not lost:
        expected |= {"job_chat", "job_compare", "job_evaluate", *(["next_model_arena"] if parent else [])}
    if lost or problem:
        expected.add("job_retry")
    assert {*buttons(shown), *entries(shown)} == expected


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
    make_job: MakeJob, seen: See, entries: Entries, t0: float
) -> None:
    done = {"state": "succeeded", "fine_tuned_model": "ft:x", "finished_at": t0 + 400, "trained_tokens": 20_000}
    shown = card(make_job(**done, result_files=("file-9",)), now=t0)
    assert entries(shown)["job_results"] == "job-1"
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


def a_run(train: list[float], full_valid: dict[int, float]) -> list[Metrics]:
    return [
        Metrics(step, len(train), train_loss=loss, full_valid_loss=full_valid.get(step))
        for step, loss in enumerate(train, 1)
    ]


FALLING = [0.3 + 2.5 * 0.93**step for step in range(60)]
BY_HEART = a_run(FALLING, {15: 2.0, 30: 1.3, 45: 1.6, 60: 2.1})


def test_a_ruined_run_is_not_called_ready_and_its_chat_is_not_green(
    make_job: MakeJob, seen: See, buttons: Buttons, t0: float
) -> None:
    job = make_job(
        state="succeeded", fine_tuned_model="ft:x", hyperparameters=Hyperparameters(learning_rate_multiplier=100.0)
    )
    ruined = assess(job, a_run([3.0] * 3 + [20.0] * 30, {}))
    shown = card(job, ruined, now=t0)
    assert "✓ Checked · ✓ Trained · ⚠ *Diverged*" in seen(shown)
    assert "went from 3.000 to 20.000" in seen(shown)
    assert "Start again with a lower learning rate, such as 1 (it was 100)." in seen(shown)
    assert "Ready" not in shown.text
    offered = buttons(shown)
    assert "style" not in offered["job_chat"]
    assert offered["job_retry"]["text"]["text"] == "Start again"
    healthy = card(job, assess(job, a_run(FALLING, {})), now=t0)
    assert buttons(healthy)["job_chat"]["style"] == "primary"
    assert "job_retry" not in buttons(healthy)


def test_over_fitting_names_the_checkpoint_to_use_or_fewer_epochs(make_job: MakeJob, seen: See, t0: float) -> None:
    job = make_job(state="succeeded", fine_tuned_model="ft:x", latest=Metrics(60, 60))
    made = [Checkpoint(f"c{step}", f"ft:x:ckpt-step-{step}", step) for step in (30, 45)] + [
        Checkpoint("c60", "ft:x", 60)
    ]
    assert "Use the checkpoint of step 30 instead" in seen(card(job, assess(job, BY_HEART, made), now=t0))
    without = seen(card(job, assess(job, BY_HEART, made[2:]), now=t0))
    assert "Try fewer epochs (2 instead of 4) or more examples." in without


def test_a_diverging_run_is_told_while_it_trains(make_job: MakeJob, seen: See, t0: float) -> None:
    shown = seen(card(make_job(), assess(make_job(), a_run([3.0] * 3 + [20.0] * 30, {})), now=t0))
    assert "*Training diverges:*" in shown
    assert "cancel it and start again with a lower learning rate" in shown
    assert "*Overfitted:*" not in seen(card(make_job(), assess(make_job(), BY_HEART), now=t0))


def test_figures_say_what_they_are(make_job: MakeJob, seen: See, t0: float) -> None:
    told = [
        Metrics(step, 60, train_loss=3 - step / 30, full_valid_loss=2.5 if step == 20 else None)
        for step in range(1, 41)
    ]
    shown = seen(card(make_job(), assess(make_job(), told), now=t0)).splitlines()
    assert shown[shown.index("*Training loss*") + 1] == "1.817 (mean of 10 steps)"
    assert shown[shown.index("*Validation loss*") + 1] == "2.500 (step 20)"


@pytest.mark.parametrize("method", ["dpo", "supervised"], ids=["known", "not told by the provider"])
def test_preferences_show_how_often_the_preferred_answer_wins(
    make_job: MakeJob, seen: See, t0: float, method: str
) -> None:
    job = make_job(method=method)
    told = [
        Metrics(
            1, 9, train_loss=0.6, train_mean_token_accuracy=0.22, train_reward_accuracy=0.75, train_reward_margin=0.3
        )
    ]
    shown = seen(card(job, assess(job, told), now=t0)).splitlines()
    assert shown[shown.index("*Reward accuracy*") + 1] == "75.0%"
    assert shown[shown.index("*Reward margin*") + 1] == "0.300"
    assert "22.0%" not in shown


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Loss.DELETED, "Model deleted"),
        (Loss.MISSING, "Model no longer at the provider"),
        (Loss.SHUT_DOWN, "Model shut down"),
    ],
)
def test_a_model_that_is_gone_is_not_offered_for_a_chat(
    make_job: MakeJob, seen: See, buttons: Buttons, t0: float, why: Loss, said: str
) -> None:
    job = make_job(state="succeeded", fine_tuned_model="ft:x", lost_models={"ft:x": why})
    shown = card(job, now=t0)
    assert f"✓ Checked · ✓ Trained · ✗ *{said}*" in seen(shown)
    assert list(buttons(shown)) == ["job_retry"]
    assert said in shown.text


def test_what_trains_on_ones_own_hardware_is_free(make_job: MakeJob, seen: See, t0: float) -> None:
    for state in ("queued", "running", "succeeded"):
        assert "Cost: free (your own hardware)" in seen(card(make_job(state=state, estimated_cost=0.0), now=t0))


def test_a_queued_job_says_its_place_and_since_when(make_job: MakeJob, seen: See, t0: float) -> None:
    job = make_job(state="queued", latest=None, started_at=None, queued_at=t0, queue_position=2)
    assert "Place 2 in the queue of openai since <!date^1795000000^{time} ({ago})|11:06 UTC>." in seen(
        card(job, now=t0)
    )
    with speaking(Language.CHINESE):
        assert "^{time}（{ago}）|" in seen(card(job, now=t0))
    unknown = make_job(state="queued", latest=None, started_at=None, queued_at=t0)
    assert "In the queue of openai since <!date" in seen(card(unknown, now=t0))


def test_pauses_are_no_training(make_job: MakeJob, seen: See, t0: float) -> None:
    paused = make_job(state="paused", trained_seconds=540.0)
    assert "Trained for 9 min so far" in seen(card(paused, now=t0 + 90_000))
    ended = make_job(state="cancelled", trained_seconds=540.0, finished_at=t0 + 90_000)
    assert "after 9 min 00 s of training" in seen(card(ended, now=t0 + 90_000))


@pytest.mark.parametrize(
    ("state", "symbol"),
    [("queued", "⏳"), ("running", "🔵"), ("paused", "⏸️"), ("succeeded", "✅"), ("failed", "❌"), ("cancelled", "⚪")],
)
def test_a_state_is_seen_from_afar(make_job: Callable[..., Job], seen: See, t0: float, state: str, symbol: str) -> None:
    assert seen(card(make_job(state=state), now=t0)).startswith(f"{symbol} support.jsonl")


def test_a_model_that_is_gone_does_not_look_ready(make_job: Callable[..., Job], seen: See, t0: float) -> None:
    assert seen(
        card(make_job(state="succeeded", fine_tuned_model="ft:x", lost_models={"ft:x": "deleted"}), now=t0)
    ).startswith("❌ support.jsonl")
