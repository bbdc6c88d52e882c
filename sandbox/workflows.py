"""Workflows of one step of the app's, which people run: the app is told, and completes the step or fails.

As documented (docs.slack.dev: events/function_executed, methods/functions.completeSuccess and completeError, types/
user_context; read 2026-11-30). A step's own token lives until the step has ended, 15 minutes at most.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.changes import Change, Changes
from sandbox.events import Events
from sandbox.ids import new_id
from sandbox.manifest import CHANNEL_ID, USER_CONTEXT, Manifest, Parameter, Step
from sandbox.model import Json, User
from sandbox.slack_errors import fail, limit
from sandbox.user_error import UserError
from sandbox.workspace import Workspace


@dataclass(slots=True)
class Execution:
    """A step that was run. `status`: running, completed or failed."""

    id: str
    step: Step
    user: str
    inputs: Json
    token: str = field(repr=False)
    started: float
    status: str = "running"
    outputs: Json = field(default_factory=dict)
    error: str = ""

    def as_dict(self) -> Json:
        return {
            "id": self.id,
            "callback_id": self.step.callback_id,
            "user": self.user,
            "inputs": self.inputs,
            "status": self.status,
            "outputs": self.outputs,
            "error": self.error,
        }


class Workflows:
    def __init__(self, workspace: Workspace, manifest: Manifest, events: Events, changes: Changes) -> None:
        self.workspace = workspace
        self.manifest = manifest
        self.events = events
        self.changes = changes
        self.executions: dict[str, Execution] = {}

    def run(self, user: User, callback_id: str, filled_in: Mapping[str, str]) -> Execution:
        """Run a workflow that is this one step, by a link. Raises UserError where Slack would not let it be built."""
        step = self.manifest.step(callback_id)
        if step is None:
            raise UserError(f"The app has no step {callback_id!r}.")
        inputs: Json = {}
        for parameter in step.inputs:
            if parameter.type == USER_CONTEXT:
                inputs[parameter.name] = {"id": user.id, "secret": secrets.token_hex(16)}
            elif value := self._value(parameter, filled_in.get(parameter.name, "").strip()):
                inputs[parameter.name] = value
        execution = Execution(new_id("Fx"), step, user.id, inputs, f"xwfp-{secrets.token_hex(24)}", time.time())
        self.executions[execution.id] = execution
        self.changes.publish(Change("workflow", user=user.id))
        self.events.step_executed(execution.id, step, inputs, execution.token)
        return execution

    def _value(self, parameter: Parameter, value: str) -> str:
        if not value and parameter.is_required:
            raise UserError(f"{parameter.title} is missing.")
        if value and parameter.type == CHANNEL_ID:
            channel = self.workspace.channel(value)
            if channel is None:
                raise UserError(f"There is no channel {value}.")
            return channel.id
        return value

    def knows(self, token: str) -> bool:
        """Whether it is the token of a step that has not ended."""
        life = limit("function.token")
        running = (e for e in self.executions.values() if e.status == "running" and time.time() - e.started < life)
        return any(secrets.compare_digest(e.token, token) for e in running)

    def complete(self, execution_id: str, outputs: Any) -> None:
        """The app says that a step is done. Raises SlackError."""
        execution = self._running(execution_id)
        if isinstance(outputs, str):
            try:
                outputs = json.loads(outputs)
            except ValueError:
                outputs = None
        known = {p.name: p for p in execution.step.outputs}
        if not isinstance(outputs, dict):
            fail("function.outputs", "outputs must be an object")
        wrong = [f"unknown output: {name}" for name in outputs if name not in known]
        wrong += [f"missing output: {p.name}" for p in known.values() if p.is_required and p.name not in outputs]
        wrong += [f"{n} must be a string" for n, v in outputs.items() if n in known and not isinstance(v, str)]
        if wrong:
            fail("function.outputs", *wrong)
        execution.outputs = outputs
        self._end(execution, "completed")

    def fail(self, execution_id: str, error: str) -> None:
        """The app says that a step failed. Raises SlackError."""
        execution = self._running(execution_id)
        execution.error = error
        self._end(execution, "failed")

    def _running(self, execution_id: str) -> Execution:
        execution = self.executions.get(execution_id)
        if execution is None:
            fail("function.unknown")
        if execution.status != "running":
            fail("function.ended")
        return execution

    def _end(self, execution: Execution, status: str) -> None:
        execution.status = status
        self.changes.publish(Change("workflow", user=execution.user))
