"""Jobs: what is known of them, and what can be done with them."""

from typing import Final

from handlers.jobs import buttons, controls, follow, history, list, results, status
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    commands=(
        Command("jobs", Topic.FOLLOW, list.run),
        Command("status", Topic.FOLLOW, status.run),
        Command("events", Topic.FOLLOW, history.events),
        Command("explain", Topic.FOLLOW, history.explain),
        Command("follow", Topic.FOLLOW, follow.run),
        Command("pause", Topic.CONTROL, controls.pause),
        Command("resume", Topic.CONTROL, controls.resume),
        Command("cancel", Topic.CONTROL, controls.cancel, final=True),
    ),
    buttons={
        "job_cancel": buttons.cancel,
        "job_cancel_asked": buttons.cancel_asked,
        "job_pause": buttons.pause,
        "job_pause_asked": buttons.pause_asked,
        "job_resume": buttons.resume,
        "job_resume_asked": buttons.resume_asked,
        "job_adopt": buttons.adopt,
        "job_resubmit": buttons.submit_again,
        "job_checkpoints": results.checkpoints,
        "job_results": results.results_file,
        "events_later": history.events_turned,
        "events_earlier": history.events_turned,
        "explain_earlier": history.explain_turned,
        "explain_later": history.explain_turned,
    },
)
