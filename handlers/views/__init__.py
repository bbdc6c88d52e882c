"""Modals: what was filled in comes back here. This page is their table of contents."""

from slack_bolt.app.async_app import AsyncApp

from handlers.inbox import Inbox
from handlers.views import decline, delete, mend, split, start_job


def register(app: AsyncApp, inbox: Inbox) -> None:
    start_job.register(app, inbox)
    mend.register(app, inbox)
    split.register(app, inbox)
    decline.register(app, inbox)
    delete.register(app, inbox)
