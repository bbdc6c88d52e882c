"""Models that are deployed, by the hour."""

from app.services import Services
from bot.deployments.deployments import Deployments
from handlers.deployments.listeners import DeploymentListeners


def deployment_listeners(services: Services) -> DeploymentListeners:
    use_case = Deployments(services.jobs, services.job_lookup, services.providers, services.rules, services.authority)
    return DeploymentListeners(services.callers, use_case)
