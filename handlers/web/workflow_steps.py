"""What Slack sends when a workflow comes to a step of ours (`function_executed`), and telling it how the step ended.

The step's own token lives until the step has ended, fifteen minutes at most (bolt-python#1075, read 2026-11-29).
"""

from typing import Any, Final

import structlog

from bot.notices.interfaces import PostRefused
from bot.workflow_steps.steps import Outputs
from handlers.blocks.message import Message
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority

log = structlog.get_logger()

# Names of inputs in every step's manifest.
RUNNER: Final = "runner"
CHANNEL: Final = "channel"


def input_of(event: dict[str, Any], name: str) -> str:
    """What was filled in; "" for nothing."""
    value = (event.get("inputs") or {}).get(name)
    return value.strip() if isinstance(value, str) else ""


def channel_of(event: dict[str, Any]) -> str:
    return input_of(event, CHANNEL)


def runner_of(event: dict[str, Any]) -> str:
    """Who runs the workflow, as Slack vouches: the input is of the type user_context, which nobody can fill in (type's
    page, read 2026-11-30). "" where it does not say."""
    context = (event.get("inputs") or {}).get(RUNNER)
    user = context.get("id") if isinstance(context, dict) else None
    return user if isinstance(user, str) else ""


async def complete(poster: Poster, event: dict[str, Any], outputs: Outputs) -> None:
    """The step is done, and the workflow goes on. Raises PostLater, PostDoubtful."""
    await _end(poster, event, "functions.completeSuccess", {"outputs": dict(outputs)})


async def fail(poster: Poster, event: dict[str, Any], message: Message) -> None:
    """The workflow ends here; Slackbot tells who runs it. Raises PostLater, PostDoubtful."""
    await _end(poster, event, "functions.completeError", {"error": message.text})


async def _end(poster: Poster, event: dict[str, Any], method: str, how: dict[str, Any]) -> None:
    arguments = {"function_execution_id": event.get("function_execution_id"), **how}
    if token := event.get("bot_access_token"):
        arguments["token"] = token
    try:
        await poster.call(method, arguments, priority=Priority.MODAL)
    except PostRefused as error:
        # As a rule it has ended already: by an attempt whose answer was lost, or by Slack, which waits for no step for
        # ever.
        log.warning("step not ended", step=event.get("function_execution_id"), why=str(error))
