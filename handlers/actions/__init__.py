"""Buttons, one file for what belongs together. This page is their table of contents."""

import re

from slack_bolt.app.async_app import AsyncApp

from handlers.actions import chat, delete, findings, job, start_job
from handlers.inbox import Inbox
from handlers.turn import Turn

BUTTONS = {
    "start_job": start_job.pressed,
    "dataset_findings": findings.all_findings,
    "job_cancel": job.cancel,
    "job_retry": job.retry,
    "job_adopt": job.adopt,
    "job_resubmit": job.submit_again,
    "job_chat": chat.job_chat,
    "model_chat": chat.model_chat,
    "dataset_delete": delete.dataset,
    "model_delete": delete.model,
}


def register(app: AsyncApp, inbox: Inbox) -> None:
    for action_id, work in BUTTONS.items():
        app.action(action_id)(inbox.listener(work))
    # Links and inputs are buttons to Slack, too: acknowledged, nothing to do.
    app.action(re.compile(".*"))(inbox.listener(_nothing))


async def _nothing(_: Turn) -> None:
    return None
