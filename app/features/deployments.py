"""Models that are deployed, by the hour."""

from app.services import Services
from bot.deployments.deployments import Deployments
from handlers.deployments.listeners import DeploymentListeners


def deployment_listeners(services: Services) -> DeploymentListeners:
    return DeploymentListeners(services.callers, deployments(services))


def deployments(services: Services) -> Deployments:
    return Deployments(services.jobs, services.job_lookup, services.providers, services.rules, services.authority)
