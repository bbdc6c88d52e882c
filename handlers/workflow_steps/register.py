"""The steps by their callback_ids. `steps.yml` says what Workflow Builder shows of them."""

from typing import Final

from handlers.routing import Feature
from handlers.workflow_steps.listeners import StepListeners

FEATURE: Final = Feature(
    StepListeners,
    steps={"start_fine_tune": StepListeners.start, "ask_model": StepListeners.ask},
)
