"""A model's deployment: its buttons, and the line that says how it stands and what it costs."""

from typing import Final

from slack_sdk.models.blocks import ButtonElement

from bot.jobs.deployment import DeploymentState
from bot.jobs.job import Job
from handlers.blocks.parts import button, confirm
from handlers.blocks.text import date, quoted
from texts import deployments as texts

DEPLOY: Final = "deployment_deploy"
DEPLOY_CONFIRMED: Final = "deployment_confirmed"
REMOVE: Final = "deployment_remove"


def deploy_button(job: Job) -> ButtonElement:
    """It tells the price before anything is done."""
    return button(texts.deploy_button(), DEPLOY, job.id, style="primary")


def confirm_button(job: Job) -> ButtonElement:
    return button(texts.confirm_button(), DEPLOY_CONFIRMED, job.id, style="primary")


def remove_button(job: Job) -> ButtonElement:
    return button(texts.remove_button(), REMOVE, job.id, confirm=confirm(*texts.remove_question()))


def deployment_line(job: Job) -> str | None:
    deployment = job.deployment
    if deployment is None:
        return None
    if deployment.state is DeploymentState.LEAVING:
        return texts.leaving(quoted(job.provider, 60))
    if deployment.ready_at is None:
        return texts.under_way(quoted(job.provider, 60))
    return texts.deployed_since(date(deployment.ready_at), texts.price(deployment.hourly))
