"""Functions that a model calls in its thread."""

from typing import Final

from handlers.chat import call_blocks
from handlers.function_calls.listeners import FunctionCallListeners
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

FEATURE: Final = Feature(
    FunctionCallListeners,
    buttons={
        call_blocks.GIVE_RESULT: FunctionCallListeners.give_result,
        call_blocks.GO_ON_WITHOUT: FunctionCallListeners.go_on_without,
    },
    modals={call_blocks.CALLBACK_ID: Modal(FunctionCallListeners.results_given, seconds=SECONDS_AT_ONCE)},
)
