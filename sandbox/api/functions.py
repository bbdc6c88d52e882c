"""functions.completeSuccess, completeError: how a step of a workflow ended."""

from sandbox.api.call import Call, method
from sandbox.model import Json


@method("functions.completeSuccess", tier=3)
async def complete_success(call: Call) -> Json:
    call.state.workflows.complete(call.need("function_execution_id"), call.args.get("outputs"))
    return {}


@method("functions.completeError", tier=3)
async def complete_error(call: Call) -> Json:
    call.state.workflows.fail(call.need("function_execution_id"), call.need("error"))
    return {}
