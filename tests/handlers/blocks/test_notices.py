from collections.abc import Callable
from typing import Any

import pytest

from bot.jobs import notice
from bot.jobs.assessment import Assessment, checkpoint_figures
from bot.jobs.job import Job, Loss
from bot.providers.interface import Unreachable
from bot.providers.protocol import Checkpoint, JobError, Metrics
from handlers.blocks.message import Message
from handlers.outgoing.notice_blocks import render
from texts.language import Language, speaking

See = Callable[[Message], str]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]
MakeJob = Callable[..., Job]


def test_success_reaches_the_requester_with_model_figures_chart_and_chat(
    make_job: MakeJob, measured: Assessment, seen: See, buttons: Buttons, t0: float
) -> None:
    job = make_job(state="succeeded", fine_tuned_model="ft:gpt:org::1", trained_tokens=10_400, finished_at=t0 + 400)
    message = render(notice.Ended(), job, measured, chart_file_id="F1")
    assert message.text == "<@U0ADA> Your model is ready: `gpt (1)`"
    shown = seen(message)
    for line in (
        "1.234",
        "1.100",
        "10,400",
        "$0.05",
        "5 min 40 s",
        "[… Checkpoints, Metrics, Report]",
        "(picture F1: Training loss by step)",
        "[Chat]",
    ):
        assert line in shown.splitlines()
    assert buttons(message)["job_chat"]["value"] == "job-1"


def test_a_model_that_went_on_from_another_is_offered_an_arena_with_it_as_long_as_it_answers(
    make_job: MakeJob, buttons: Buttons
) -> None:
    model = "ft:gpt:org:voice-2:2"
    job = make_job(state="succeeded", fine_tuned_model=model, parent="ft:gpt:org:voice:1")
    assert buttons(render(notice.Ended(), job))["next_model_arena"]["value"] == "job-1"
    for other in (
        make_job(state="succeeded", fine_tuned_model=model),
        make_job(state="succeeded", fine_tuned_model=model, parent=job.parent, lost_models={model: Loss.DELETED}),
    ):
        assert "next_model_arena" not in buttons(render(notice.Ended(), other))


def test_where_nobody_answered_that_is_not_put_into_the_providers_mouth(make_job: MakeJob, seen: See) -> None:
    error = Unreachable("nobody_answers", {"address": "http://gpu:8000"}, code="connection_error").as_job_error()
    job = make_job(state="failed", error=error)
    assert "```\nNobody answers at http://gpu:8000: is the server there running?\n```" in seen(
        render(notice.Ended(), job)
    )
    assert "says" not in seen(render(notice.Ended(), job)).partition("```")[0]
    with speaking(Language.CHINESE):
        assert "http://gpu:8000 没有响应" in seen(render(notice.Ended(), job))


def test_failure_gives_the_reason_what_it_means_and_try_again(make_job: MakeJob, seen: See, buttons: Buttons) -> None:
    error = JobError("training_not_available", "Fine-tuning is no longer available to <!here>.")
    message = render(notice.Ended(), make_job(state="failed", error=error))
    shown = seen(message)
    assert "Fine-tuning is no longer available to &lt;!here&gt;." in shown
    assert "start it with another provider, or with the trainer" in shown
    assert "`training_not_available`" in shown
    assert "start it with another provider" in message.text
    assert list(buttons(message)) == ["job_retry"]


def test_failure_without_a_reason_says_so(make_job: MakeJob, seen: See) -> None:
    assert "gave no reason" in seen(render(notice.Ended(), make_job(state="failed")))


def test_the_end_elsewhere_is_one_line_with_its_button(make_job: MakeJob, seen: See) -> None:
    job = make_job(state="succeeded", fine_tuned_model="ft:x")
    assert seen(render(notice.EndedElsewhere(), job)) == "<@U0ADA>'s model is ready: `ft:x`\n[Chat]"


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_what_is_told_elsewhere_leads_to_the_job_s_card(make_job: MakeJob, seen: See, state: str) -> None:
    job = make_job(state=state, fine_tuned_model="ft:x" if state == "succeeded" else None)
    shown = seen(render(notice.EndedElsewhere(), job, permalink="https://acme.slack.com/archives/C1/p1"))
    assert "<https://acme.slack.com/archives/C1/p1|" in shown
    asked = seen(render(notice.ApprovalAsked(), job, directly=True, permalink="https://acme.slack.com/archives/C1/p1"))
    assert "<https://acme.slack.com/archives/C1/p1|" in asked


def test_a_checkpoint_tells_its_metrics(make_job: MakeJob, seen: See) -> None:
    made = Checkpoint("c1", "ft:x:ckpt-step-30", 30, Metrics(30, train_loss=1.5, full_valid_loss=1.25))
    at_that_step = Assessment(checkpoint_figures(make_job(), [Metrics(29, train_loss=2.0)], made))
    assert seen(render(notice.CheckpointMade(made), make_job(), at_that_step)) == (
        "*Checkpoint at step 30*: training loss 1.500, validation loss 1.250\n`ft:x:ckpt-step-30`"
    )


def test_a_checkpoint_that_was_made_goes_by_its_short_name(make_job: MakeJob, seen: See, buttons: Buttons) -> None:
    made = Checkpoint("c1", "ft:gpt-4.1-mini:acme:house-voice:9aBc:ckpt-step-88", 88)
    message = render(notice.CheckpointMade(made), make_job())
    assert seen(message) == "*Checkpoint at step 88*\n`house-voice, step 88`\n[Model ID]"
    assert buttons(message)["model_id"]["value"] == made.model


def test_the_providers_warning_is_quoted_without_its_markup(make_job: MakeJob, seen: See) -> None:
    shown = seen(render(notice.ProviderSaid("warn", "<@U9> ```"), make_job()))
    assert shown == "openai reports a warning:\n```\n&lt;@U9&gt; '''\n```"


def test_an_uncertain_job_asks_a_person_to_decide(make_job: MakeJob, seen: See, buttons: Buttons) -> None:
    message = render(notice.Uncertain(), make_job(state="uncertain"))
    assert list(buttons(message)) == ["job_adopt", "job_resubmit"]
    assert "both cost money" in seen(message)


def test_the_files_thread_is_told_where_the_card_is(make_job: MakeJob, seen: See) -> None:
    shown = seen(render(notice.Linked("https://a.slack.com/p1?thread_ts=1&cid=2"), make_job()))
    assert shown == (
        "<@U0ADA> started fine-tuning `gpt-4.1-mini` on this file. "
        "Follow it in <https://a.slack.com/p1?thread_ts=1&amp;cid=2|its own thread>."
    )


def test_our_own_sentences_keep_their_markup(make_job: MakeJob, seen: See) -> None:
    assert seen(render(notice.Text("*Paused* by <@U1>."), make_job())) == "*Paused* by <@U1>."
