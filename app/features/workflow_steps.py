"""Steps for Slack's Workflow Builder."""

from app.features.compare import asking_models
from app.services import Services
from bot.store.workflow_steps import SqlStepOutputs
from bot.workflow_steps.questions import SingleQuestions
from bot.workflow_steps.steps import WorkflowSteps
from handlers.start.listeners import StartListeners
from handlers.workflow_steps.listeners import StepListeners


def step_listeners(services: Services, start: StartListeners) -> StepListeners:
    return StepListeners(
        callers=services.callers,
        steps=WorkflowSteps(SqlStepOutputs(services.database), services.people, services.authority),
        questions=SingleQuestions(services.chat_models, services.model_lookup, asking_models(services)),
        start_listeners=start,
        cards=services.cards,
        poster=services.poster,
    )
