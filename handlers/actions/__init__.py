"""Buttons, one file for what belongs together. This page is their table of contents."""

import re
from dataclasses import replace

from slack_bolt.app.async_app import AsyncApp

from handlers import mending
from handlers.actions import approval, chat, delete, findings, job, results, sample, start_job
from handlers.blocks import mend_window
from handlers.blocks.start_modal import CHANGES
from handlers.chat import go_on
from handlers.commands import audit, files, history, start
from handlers.inbox import Inbox, Listener
from handlers.turn import Turn
from handlers.views import split


async def more(turn: Turn) -> None:
    """The menu of a report: what is chosen there names an act and a data set."""
    act, _, dataset_id = turn.words.partition(" ")
    turn = replace(turn, words=dataset_id)
    await {"mend": mending.pressed, "delete": delete.ask_dataset}[act](turn)


def buttons() -> dict[str, Listener]:
    """By action_id. A function, because commands open windows from here, and some buttons belong to commands."""
    return {
        "start_job": start_job.pressed,
        **dict.fromkeys(CHANGES, start_job.changed),
        "start_confirmed": start.confirmed,
        "dataset_mend": mending.pressed,
        mend_window.LAYOUT: mending.layout_chosen,
        mend_window.VALIDATION: mending.validation_chosen,
        "dataset_split": split.pressed,
        "dataset_sample": sample.pressed,
        "sample_another": sample.another,
        "dataset_findings": findings.all_findings,
        "dataset_more": more,
        "job_cancel": job.cancel,
        "audit_newer": audit.turned,
        "audit_older": audit.turned,
        "job_approve": approval.approve,
        "job_decline": approval.decline,
        "job_cancel_asked": job.cancel_asked,
        "job_pause": job.pause,
        "job_pause_asked": job.pause_asked,
        "job_resume": job.resume,
        "job_resume_asked": job.resume_asked,
        "job_retry": job.retry,
        "job_checkpoints": results.checkpoints,
        "checkpoint_continue": results.continue_training,
        "job_results": results.results_file,
        "events_later": history.events_turned,
        "events_earlier": history.events_turned,
        "explain_earlier": history.explain_turned,
        "explain_later": history.explain_turned,
        "files_newer": files.turned,
        "files_older": files.turned,
        "file_delete": files.delete,
        "files_delete_unused": files.delete_unused,
        "job_adopt": job.adopt,
        "job_resubmit": job.submit_again,
        "chat_continue": go_on,
        "job_chat": chat.job_chat,
        "model_chat": chat.model_chat,
        "chat_anew": chat.chat_anew,
        "model_id": chat.show_id,
        "dataset_delete": delete.dataset,
        "model_delete": delete.model,
    }


def register(app: AsyncApp, inbox: Inbox) -> None:
    for action_id, work in buttons().items():
        app.action(action_id)(inbox.listener(work))
    # Links and inputs are buttons to Slack, too: acknowledged, nothing to do.
    app.action(re.compile(".*"))(inbox.listener(_nothing))


async def _nothing(_: Turn) -> None:
    return None
