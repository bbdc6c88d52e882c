"""Pausing, resuming and cancelling a job, and deciding about one that may or may not be at the provider."""

from typing import Final

from handlers.blocks import card, job_controls
from handlers.job_controls.listeners import JobControlListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    JobControlListeners,
    commands=(
        Command("pause", Topic.CONTROL, JobControlListeners.pause_command, opens=job_controls.PAUSE),
        Command("resume", Topic.CONTROL, JobControlListeners.resume_command, opens=job_controls.RESUME),
        Command(
            "cancel",
            Topic.CONTROL,
            JobControlListeners.cancel_command,
            final=True,
            opens=job_controls.CANCEL,
            synonyms=("stop", "取消"),
        ),
    ),
    buttons={
        job_controls.CANCEL: JobControlListeners.cancel,
        job_controls.CANCEL_CONFIRMED: JobControlListeners.cancel_confirmed,
        job_controls.PAUSE: JobControlListeners.pause,
        job_controls.PAUSE_CONFIRMED: JobControlListeners.pause_confirmed,
        job_controls.RESUME: JobControlListeners.resume,
        job_controls.RESUME_CONFIRMED: JobControlListeners.resume_confirmed,
        card.ADOPT: JobControlListeners.adopt,
        card.SUBMIT_AGAIN: JobControlListeners.submit_again,
    },
)
