"""Models that are deployed, by the hour."""

from typing import Final

from handlers.blocks import deployment
from handlers.deployments.listeners import DeploymentListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    DeploymentListeners,
    commands=(Command("deployments", Topic.MANAGE, DeploymentListeners.command),),
    buttons={
        deployment.DEPLOY: DeploymentListeners.deploy,
        deployment.DEPLOY_CONFIRMED: DeploymentListeners.confirmed,
        deployment.REMOVE: DeploymentListeners.remove,
    },
)
