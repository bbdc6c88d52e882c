"""Jobs: what is known of them, and following one that was started elsewhere."""

from typing import Final

from handlers.blocks import card
from handlers.jobs.blocks import checkpoints, following, history
from handlers.jobs.listeners import JobListeners
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    JobListeners,
    commands=(
        Command("status", Topic.FOLLOW, JobListeners.status, synonyms=("状态",)),
        Command("checkpoints", Topic.FOLLOW, JobListeners.checkpoints_command, opens=card.CHECKPOINTS),
        Command("results", Topic.FOLLOW, JobListeners.results_file, opens=card.RESULTS),
        Command("events", Topic.FOLLOW, JobListeners.events),
        Command("explain", Topic.FOLLOW, JobListeners.explain),
        Command("follow", Topic.FOLLOW, JobListeners.follow, opens=following.CALLBACK_ID),
    ),
    buttons={
        checkpoints.KEEP: JobListeners.keep,
        checkpoints.RELEASE: JobListeners.release,
        history.EVENTS_LATER: JobListeners.events_turned,
        history.EVENTS_EARLIER: JobListeners.events_turned,
        history.EXPLAIN_EARLIER: JobListeners.explain_turned,
        history.EXPLAIN_LATER: JobListeners.explain_turned,
        # On cards that were posted when all of these were buttons.
        card.CHECKPOINTS: JobListeners.checkpoints,
        card.RESULTS: JobListeners.results_file,
    },
    options={
        (card.MORE, card.CHECKPOINTS): JobListeners.checkpoints,
        (card.MORE, card.RESULTS): JobListeners.results_file,
    },
    modals={
        checkpoints.CALLBACK_ID: Modal(JobListeners.kept, checkpoints.wrong_name),
        following.CALLBACK_ID: Modal(JobListeners.follow_entered),
    },
)
