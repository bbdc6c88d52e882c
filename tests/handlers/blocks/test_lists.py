"""Lists of jobs, of models and of commands."""

import datetime
from collections.abc import Callable
from typing import Any

from bot.jobs.job import Job
from bot.models.model import FineTunedModel
from bot.models.trainable import TrainableModel
from handlers.blocks.help import command_help, help_message, near_miss, what_there_is
from handlers.blocks.message import Message
from handlers.jobs.blocks.jobs import job_status
from handlers.models.blocks import model_list
from texts.commands import described

See = Callable[[Message], str]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]


def test_the_status_of_a_job_leads_to_its_card(make_job: Callable[..., Job], seen: See, buttons: Buttons) -> None:
    message = job_status(make_job(provider_job_id="ftjob-9"), "https://a.b/c")
    shown = seen(message)
    assert shown.startswith("*<https://a.b/c|support.jsonl → gpt-4.1-mini>*")
    assert "● *Training*" in shown
    assert "step 30 of 100" in shown
    assert "`ftjob-9`" in shown
    assert list(buttons(message)) == ["job_pause", "job_cancel", "job_metrics"]


def test_each_fine_tuned_model_can_be_talked_to_and_says_when_it_dies(seen: See) -> None:
    message = model_list(
        [TrainableModel("gpt-4.1-mini", "openai", "GPT", 5.0), TrainableModel("smol", "trainer", "Smol", 0)],
        [FineTunedModel("ft:x", "gpt-4.1-mini", owner="U0ADA", shutdown_date=datetime.date(2027, 1, 14))],
    )
    shown = seen(message)
    assert "`ft:x`\nfrom `gpt-4.1-mini` · <@U0ADA> · stops answering on 14 January 2027\n[Chat]" in shown
    assert "• `gpt-4.1-mini` · openai · $5.00 per million tokens" in shown
    assert "• `smol` · trainer · free (your own hardware)" in shown


def test_a_model_that_may_be_had_as_a_file_has_a_button_for_it(buttons: Buttons) -> None:
    assert "model_export" not in buttons(model_list([], [FineTunedModel("ft:x", "gpt")]))
    assert buttons(model_list([], [FineTunedModel("ft:x", "smol", exportable=True)]))["model_export"]["value"] == "ft:x"


def test_a_model_id_that_no_button_carries_is_listed_without_one(buttons: Buttons) -> None:
    assert buttons(model_list([], [FineTunedModel("m" * 2001, "gpt")])) == {}
    assert buttons(model_list([], [FineTunedModel("m" * 2000, "gpt")]))["model_chat"]["value"] == "m" * 2000


def test_help_shows_every_command_as_it_is_typed_under_its_topic(seen: See) -> None:
    shown = seen(help_message([("Train", [described("start")]), ("Follow", [described("jobs")])]))
    assert "*Train*\n`/finetune start [FILE] [model=… epochs=… batch=… lr=… …]` Train a model" in shown
    assert "*Follow*\n`/finetune jobs [mine]" in shown
    assert "inside threads" in shown


def test_an_unknown_command_suggests_the_nearest(seen: See) -> None:
    assert seen(near_miss("strat", "start", slash=True)) == "I do not know `strat`. Did you mean `/finetune start`?"
    assert "Did you mean `start`?" in seen(near_miss("strat", "start", slash=False)), "no slash commands in threads"


def test_for_words_that_mean_something_else_there_is_what_the_bot_does(seen: See) -> None:
    assert "I do not know `hello`." in seen(what_there_is("hello"))
    assert "questions are for models" in seen(what_there_is())
    buttons = [block for block in what_there_is().as_arguments()["blocks"] if block["type"] == "actions"]
    assert [button["value"] for button in buttons[0]["elements"]] == ["overview", "models", "help"]


def test_help_on_a_command_shows_how_it_is_written_and_examples(seen: See) -> None:
    shown = seen(command_help("status", described("status")))
    assert "`/finetune status [JOB]`" in shown
    assert "For example:\n`/finetune status`\n`/finetune status job-1a2b3c`" in shown
