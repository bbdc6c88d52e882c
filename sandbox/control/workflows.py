"""Running a step of the app's, as a workflow would, and waiting for its end."""

from sandbox.control.queries import until
from sandbox.control.request import BadRequest, ControlRequest, endpoint
from sandbox.model import Json


@endpoint("run-step")
async def run_step(request: ControlRequest) -> Json:
    inputs = {str(name): str(value) for name, value in (request.fields.get("inputs") or {}).items()}
    return {"execution": request.state.workflows.run(request.user(), request.text("step"), inputs).as_dict()}


@endpoint("wait-step")
async def wait_step(request: ControlRequest) -> Json:
    """Until a step has ended."""
    execution = request.state.workflows.executions.get(request.text("id"))
    if execution is None:
        raise BadRequest(f"there is no execution {request.text('id')!r}")

    def ended() -> Json | None:
        return None if execution.status == "running" else execution.as_dict()

    return {"execution": await until(request, ended)}
