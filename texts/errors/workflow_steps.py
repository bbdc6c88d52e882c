"""What goes wrong in a step of a workflow. Slackbot tells it to whoever runs the workflow, and the workflow's managers
read it."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def unknown_step(step: str) -> str:
    return _(
        "The bot does not know the step {step}. Its app and the bot are of different versions: paste the bot's current "
        "manifest into the app, or update the bot.",
        step=step,
    )


@ERRORS.sentence
def no_runner() -> str:
    return _(
        "Slack does not say who runs this workflow, and a step may do only what that person may. Start the workflow by "
        "a link, or let a button be pressed before this step."
    )


@ERRORS.sentence
def step_without_channel() -> str:
    return _("The step names no channel. Edit the workflow and choose one that the bot is in.")


@ERRORS.sentence
def step_in_private_channel() -> str:
    return _(
        "Steps work in public channels only, because whoever builds a workflow decides who sees what comes of it. In "
        "this channel use {command}.",
        command="`/finetune`",
    )


@ERRORS.sentence
def runner_not_in_channel() -> str:
    return _(
        "You are not in the channel that this step works in. Join it, then run the workflow again, or ask whoever "
        "built the workflow to choose another channel."
    )


@ERRORS.sentence
def step_without_question() -> str:
    return _("There is no question for the model. Run the workflow again and give it one.")


@ERRORS.sentence
def step_without_model() -> str:
    return _(
        "The step names no model, and this channel has no current one. Name a model in the step, or promote one after "
        "an evaluation."
    )
