"""The features and their listeners: a table of contents."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import structlog
from slack_bolt.app.async_app import AsyncApp

from bot.errors import NotFound
from handlers.administration.register import FEATURE as ADMINISTRATION
from handlers.agent.register import FEATURE as AGENT
from handlers.blocks import help as help_blocks
from handlers.bolt_listeners import BoltListeners
from handlers.chat.register import FEATURE as CHAT
from handlers.collections.register import FEATURE as COLLECTIONS
from handlers.compare.register import FEATURE as COMPARE
from handlers.conversation_settings.register import FEATURE as CONVERSATION_SETTINGS
from handlers.datasets.register import FEATURE as DATASETS
from handlers.deletion.register import FEATURE as DELETION
from handlers.deployments.register import FEATURE as DEPLOYMENTS
from handlers.digest.register import FEATURE as DIGEST
from handlers.evaluations.register import FEATURE as EVALUATIONS
from handlers.experiments.register import FEATURE as EXPERIMENTS
from handlers.exports.register import FEATURE as EXPORTS
from handlers.feedback.register import FEATURE as FEEDBACK
from handlers.function_calls.register import FEATURE as FUNCTION_CALLS
from handlers.generation.register import FEATURE as GENERATION
from handlers.group_approval.register import FEATURE as GROUP_APPROVAL
from handlers.home.register import FEATURE as HOME
from handlers.job_controls.register import FEATURE as JOB_CONTROLS
from handlers.jobs.register import FEATURE as JOBS
from handlers.judges.register import FEATURE as JUDGES
from handlers.launcher.register import FEATURE as LAUNCHER
from handlers.links.register import FEATURE as LINKS
from handlers.metrics.register import FEATURE as METRICS
from handlers.models.register import FEATURE as MODELS
from handlers.moves.register import FEATURE as MOVES
from handlers.personal_data.register import FEATURE as PERSONAL_DATA
from handlers.provider_files.register import FEATURE as PROVIDER_FILES
from handlers.providers.register import FEATURE as PROVIDERS
from handlers.rehearsals.register import FEATURE as REHEARSALS
from handlers.repair.register import FEATURE as REPAIR
from handlers.reports.register import FEATURE as REPORTS
from handlers.request import Request
from handlers.retirement.register import FEATURE as RETIREMENT
from handlers.retraining.register import FEATURE as RETRAINING
from handlers.routing import Feature, Listener, bind
from handlers.scheduled_training.register import FEATURE as SCHEDULED_TRAINING
from handlers.shortcuts.register import FEATURE as SHORTCUTS
from handlers.spending.register import FEATURE as SPENDING
from handlers.start.register import FEATURE as START
from handlers.succession.register import FEATURE as SUCCESSION
from handlers.support.register import FEATURE as SUPPORT
from handlers.sweeps.register import FEATURE as SWEEPS
from handlers.thread_examples.register import FEATURE as THREAD_EXAMPLES
from handlers.workflow_steps.register import FEATURE as WORKFLOW_STEPS

FEATURES: Final[tuple[Feature[Any], ...]] = (
    DATASETS,
    REPAIR,
    START,
    SWEEPS,
    GROUP_APPROVAL,
    MOVES,
    SUCCESSION,
    REHEARSALS,
    PROVIDER_FILES,
    LAUNCHER,
    HOME,
    SHORTCUTS,
    PROVIDERS,
    JOBS,
    LINKS,
    EXPERIMENTS,
    METRICS,
    JOB_CONTROLS,
    REPORTS,
    MODELS,
    RETIREMENT,
    DEPLOYMENTS,
    EXPORTS,
    CHAT,
    CONVERSATION_SETTINGS,
    AGENT,
    FUNCTION_CALLS,
    COMPARE,
    EVALUATIONS,
    JUDGES,
    GENERATION,
    SUPPORT,
    FEEDBACK,
    COLLECTIONS,
    RETRAINING,
    SCHEDULED_TRAINING,
    THREAD_EXAMPLES,
    DELETION,
    SPENDING,
    DIGEST,
    ADMINISTRATION,
    PERSONAL_DATA,
    WORKFLOW_STEPS,
)

log = structlog.get_logger()


def register(app: AsyncApp, bolt: BoltListeners, listeners: Mapping[type[object], object]) -> None:
    """`listeners`: what was put together for each class that a feature names."""
    actions: dict[str, Listener] = {}
    menus: dict[str, dict[str, Listener]] = {}
    steps: dict[str, Listener] = {}
    for feature in FEATURES:
        own: Any = listeners[feature.listeners]
        actions |= {action_id: bind(pressed, own) for action_id, pressed in feature.buttons.items()}
        actions |= dict.fromkeys(feature.inputs, _nothing)
        for callback_id, modal in feature.modals.items():
            app.view(callback_id)(bolt.submission(modal, bind(modal.submitted, own)))
        for callback_id, chosen in feature.shortcuts.items():
            app.shortcut(callback_id)(bolt.listener(bind(chosen, own)))
        for action_id, search in feature.searches.items():
            app.options(action_id)(bolt.search(partial(search, own)))
        for event, heard in feature.events.items():
            app.event(event)(bolt.listener(bind(heard, own)))
        for (menu, word), chosen in feature.options.items():
            menus.setdefault(menu, {})[word] = bind(chosen, own)
        steps |= {callback_id: bind(run, own) for callback_id, run in feature.steps.items()}
    actions |= {menu: partial(_chosen, options) for menu, options in menus.items()}
    # One listener: Bolt would look at one after the other, at each press, before it is acknowledged.
    app.action(re.compile(".*"))(bolt.listener(partial(_pressed, actions)))
    app.function(re.compile(".*"))(bolt.listener(partial(_run, steps)))


def action_ids() -> frozenset[str]:
    """Of every button, menu and input that somebody takes, or that needs nothing."""
    pressed = (action_id for feature in FEATURES for action_id in (*feature.buttons, *feature.inputs))
    return frozenset({*pressed, *help_blocks.ASKED, *(menu for menu, _ in menu_entries())})


def menu_entries() -> frozenset[tuple[str, str]]:
    """Of every menu that features share: its action_id, and the word with which a value begins that somebody takes."""
    return frozenset(entry for feature in FEATURES for entry in feature.options)


def callback_ids() -> frozenset[str]:
    """Of every modal that somebody takes when it is sent off."""
    return frozenset(callback_id for feature in FEATURES for callback_id in feature.modals)


def shortcut_ids() -> frozenset[str]:
    """Of every shortcut that somebody takes, as the manifest has to offer it."""
    return frozenset(callback_id for feature in FEATURES for callback_id in feature.shortcuts)


def step_ids() -> frozenset[str]:
    """Of every step of a workflow that somebody takes, as the manifest has to offer it."""
    return frozenset(callback_id for feature in FEATURES for callback_id in feature.steps)


async def _pressed(actions: Mapping[str, Listener], request: Request) -> None:
    """A button, a menu or an input: its action_id says which."""
    await actions.get(request.body["actions"][0].get("action_id"), _of_another_version)(request)


async def _chosen(options: Mapping[str, Listener], request: Request) -> None:
    """An entry of a menu: the first word of its value says which, the rest of what."""
    word, _, rest = request.text.partition(" ")
    await options[word](replace(request, text=rest))


async def _run(steps: Mapping[str, Listener], request: Request) -> None:
    """A step of a workflow. Raises NotFound for one of another version of the app's manifest."""
    step = request.body["event"]["function"]["callback_id"]
    if step not in steps:
        raise NotFound("unknown_step", step=step)
    await steps[step](request)


async def _nothing(_: Request) -> None:
    return None


async def _of_another_version(request: Request) -> None:
    """A button that was posted by an older version, or a newer one."""
    log.warning("nobody takes this", action_id=request.body["actions"][0].get("action_id"))
