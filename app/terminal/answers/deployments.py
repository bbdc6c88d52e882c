"""Models that are deployed, and what that costs."""

from collections.abc import Sequence
from typing import Any

from app.terminal.answers import shown
from app.terminal.messages import Answer, Table
from bot.deployments.deployments import together
from bot.jobs.deployment import Deployment, DeploymentState
from bot.jobs.job import Job
from texts import deployments as deployment_texts
from texts import terminal_commands as texts
from texts.formats import dollars, money


def deployed(jobs: Sequence[Job], now: float) -> Answer:
    """The models of these jobs; `now`: until when it is counted what they have cost."""
    found = [(job, job.deployment) for job in jobs if job.deployment is not None]
    hourly, unknown = together(jobs)
    value = {"deployments": [_value(job, deployment, now) for job, deployment in found], "usd_per_hour": hourly}
    if not found:
        return Answer(value, notes=(deployment_texts.none_deployed(),))
    columns = (
        texts.model(),
        texts.job(),
        texts.provider(),
        texts.by(),
        texts.deployed_since(),
        texts.per_hour(),
        texts.so_far(),
    )
    rows = [
        (
            str(job.fine_tuned_model),
            job.id,
            job.provider,
            shown.person(deployment.by),
            _since(job, deployment),
            money(deployment.hourly),
            dollars(cost) if (cost := deployment.cost_until(now)) is not None else "",
        )
        for job, deployment in found
    ]
    notes = (deployment_texts.together(hourly, unknown),) if hourly is not None else ()
    return Answer(value, (Table(deployment_texts.list_heading(len(found)), columns, tuple(rows)),), notes)


def _since(job: Job, deployment: Deployment) -> str:
    if deployment.state is DeploymentState.LEAVING:
        return deployment_texts.leaving(job.provider)
    return shown.moment(deployment.ready_at) or deployment_texts.under_way(job.provider)


def _value(job: Job, deployment: Deployment, now: float) -> dict[str, Any]:
    return {
        "job": job.id,
        "model": job.fine_tuned_model,
        "provider": job.provider,
        "state": deployment.state,
        "by": deployment.by,
        "asked_at": deployment.asked_at,
        "ready_at": deployment.ready_at,
        "usd_per_hour": deployment.hourly,
        "usd_so_far": deployment.cost_until(now),
    }
