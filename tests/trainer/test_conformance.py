"""The trainer held to OpenAI's own description: whatever is asked, answers have the described shape, and never 5xx.

`openai.openapi.json` is the part of OpenAI's OpenAPI description (version 2.3.0, MIT licence, Copyright
OpenAI) that the trainer stands in for; `openapi-overlay.json` says where it is behind its own service, and why.
CI asks the same requests each time; `pytest -m soak` asks ever new ones.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.tiny_model import EMBEDDINGS_ID
from tests.trainer_process import KEY, Trainer, wait_for
from trainer.store import Store

HERE = Path(__file__).parent
DESCRIPTION = json.loads((HERE / "openai.openapi.json").read_text())
# The optional parts of chats, completions and jobs that are no refusal here whatever they hold.
OFFERED = {
    *(
        "model",
        "messages",
        "prompt",
        "training_file",
        "validation_file",
        "suffix",
        "seed",
        "metadata",
        "file",
        "purpose",
    ),
    *("temperature", "top_p", "frequency_penalty", "presence_penalty", "max_tokens", "max_completion_tokens", "n"),
    *("stop", "stream", "user", "logprobs", "store", "service_tier", "safety_identifier", "echo"),
    *("grader", "item", "model_sample"),
    *("encoding_format", "input", "instructions", "previous_response_id", "max_output_tokens", "include", "truncation"),
}
RESPONSE: dict[str, Any] = {"max_output_tokens": 16, "input": "What comes after 3?"}
# What is taken as the input of a response, beside words.
CALLED = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
ITEMS = [
    {"role": "developer", "content": [{"type": "input_text", "text": "Count."}]},
    {"role": "assistant", "content": "Two."},
    {"type": "message", "role": "user", "content": "And then?"},
    CALLED,
    {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
]
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
_ALIKE = {"type": "text_similarity", "name": "a", "evaluation_metric": "bleu", "input": "a", "reference": "{{item.a}}"}
_JUDGED = {
    "type": "score_model",
    "name": "b",
    "model": "tiny-random",
    "input": [{"role": "user", "content": "{{sample.output_text}}"}],
    "sampling_params": {"max_completions_tokens": 3},
}
# Graders that can be used, whatever the sample.
GRADERS: list[Any] = [
    {"type": "string_check", "name": "c", "operation": "ne", "input": "{{sample.output_text}}", "reference": "x"},
    {"type": "multi", "name": "m", "graders": {"a": _ALIKE, "b": _JUDGED}, "calculate_output": "1 / (a + b)"},
    _ALIKE,
    _JUDGED,
]


def overlaid() -> dict[str, Any]:
    """The description with the overlay on it."""
    described = copy.deepcopy(DESCRIPTION)
    for change in json.loads((HERE / "openapi-overlay.json").read_text()):
        *way, last = change["at"].split("/")[1:]
        here: Any = described
        for part in way:
            here = here[int(part)] if isinstance(here, list) else here[part]
        here[last.replace("~1", "/")] = change["value"]
    # Its absence would be tried out again and again; test_guard does that.
    del described["security"]
    for methods in described["paths"].values():
        for operation in methods.values():
            operation["responses"]["4XX"] = {
                "description": "refused",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
            }
    return _readable(described)


def _readable(value: Any) -> Any:
    """`nullable`, which OpenAPI 3.1 does not know and this description of version 3.1 uses, in words that it knows; and
    no `discriminator` without a mapping, for its values would be the schemas' names, which they are not."""
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _readable(one) for key, one in value.items() if key != "nullable"}
    if isinstance(inner.get("discriminator"), dict) and "mapping" not in inner["discriminator"]:
        del inner["discriminator"]
    return {"anyOf": [inner, {"type": "null"}]} if value.get("nullable") is True else inner


# The schemas of a response's events, by their types.
EVENTS = {
    DESCRIPTION["components"]["schemas"][name]["properties"]["type"]["enum"][0]: name
    for one in DESCRIPTION["components"]["schemas"]["ResponseStreamEvent"]["anyOf"]
    for name in [one["$ref"].rpartition("/")[2]]
}
OPERATIONS = [(path, method) for path, methods in overlaid()["paths"].items() for method in methods]


class Known:
    """What exists on the server, so that requests hit upon something: ids by the name of the place that takes them."""

    def __init__(self, trainer: Trainer, finished: Any) -> None:
        self.trainer = trainer
        self.ids = {
            "fine_tuning_job_id": [finished.id],
            "file_id": [finished.training_file, finished.validation_file, *finished.result_files],
            "training_file": [finished.training_file],
            "validation_file": [finished.validation_file],
            "model": ["tiny-random", finished.fine_tuned_model],
            "fine_tuned_model_checkpoint": [finished.fine_tuned_model],
            "embeddings": [EMBEDDINGS_ID],
            "project_ids": [["colleague"]],
            "response_id": [self.respond(), self.respond(tools=[WEATHER], tool_choice="required")],
        }
        store = Store(trainer.data / "trainer.db")
        store.delete_key("colleague")
        store.add_key("colleague", "sk-colleague", admin=False)
        store.close()

    def respond(self, **more: Any) -> str:
        return self.trainer.client.responses.create(model="tiny-random", **RESPONSE, **more).id

    def begin_job(self, *, paused: bool) -> None:
        """A job that can be paused, resumed or cancelled."""
        jobs = self.trainer.client.fine_tuning.jobs
        job = self.trainer.train(hyperparameters={"n_epochs": 50})
        wait_for(lambda: jobs.retrieve(job.id).status in ("queued", "running"))
        if paused:
            jobs.pause(job.id)
        self.ids["fine_tuning_job_id"].append(job.id)

    def doomed(self, name: str) -> str:
        """One that may be deleted, or must not be deletable."""
        match name:
            case "file_id":
                return self.trainer.upload(b'{"messages": []}')
            case "response_id":
                return self.respond()
            case "fine_tuned_model_checkpoint":
                (model,) = self.ids[name]
                return model
            case "permission_id":
                (model,) = self.ids["fine_tuned_model_checkpoint"]
                permissions = self.trainer.client.fine_tuning.checkpoints.permissions
                return next(iter(permissions.create(model, project_ids=["colleague"]))).id
        return "tiny-random"


@pytest.fixture(scope="module")
def known(trainer: Trainer, finished: Any) -> Iterator[Known]:
    yield Known(trainer, finished)
    for job in trainer.client.fine_tuning.jobs.list(limit=100):
        if job.status not in ("succeeded", "failed", "cancelled"):
            trainer.client.fine_tuning.jobs.cancel(job.id)


@pytest.fixture(scope="module")
def described() -> Any:
    return schemathesis.openapi.from_dict(overlaid())


def aim(case: Case, known: Known, choose: st.DataObject) -> None:
    """Point a generated request at what exists, more often than not; and keep what it asks for small."""
    for name, generated in (case.path_parameters or {}).items():
        there = [known.doomed(name)] if case.method == "DELETE" else known.ids[name]
        case.path_parameters[name] = choose.draw(st.sampled_from([*there, generated]))
    body: Any = case.body
    if not isinstance(body, dict):
        return
    if case.path == "/responses":  # whose description requires nothing
        body.setdefault("model", "tiny-random")
        body.setdefault("input", RESPONSE["input"])
    for name in {"model", "training_file", "validation_file", "project_ids"} & set(body):
        there = known.ids["embeddings" if (name, case.path) == ("model", "/embeddings") else name]
        body[name] = choose.draw(st.sampled_from([*there, body[name]]))
    if "grader" in body:
        body["grader"] = choose.draw(st.sampled_from([*GRADERS, body["grader"], body["grader"]]))
    if choose.draw(st.sampled_from([True, True, False])):
        for name in set(body) - OFFERED:
            del body[name]
        if "messages" in body:
            body["messages"] = [{"role": "user", "content": "What comes after 3?"}]
        if case.path == "/responses":
            body["input"] = choose.draw(st.lists(st.sampled_from(ITEMS), min_size=1) | st.just(RESPONSE["input"]))
            previous = [None, None, *known.ids["response_id"], body.get("previous_response_id")]
            body["previous_response_id"] = choose.draw(st.sampled_from(previous))
            body["stream"] = choose.draw(st.booleans())
            body |= choose.draw(st.sampled_from([{}, {"tools": [WEATHER], "tool_choice": "required"}]))
        if "file" in body:
            body |= {"file": b'{"messages": []}', "purpose": "fine-tune"}
    for name in {"max_tokens", "max_completion_tokens", "n"} & set(body):
        if isinstance(body[name], int | float) and not 0 < body[name] < 3:
            body[name] = 3
    if "messages" in body and body.get("max_tokens") is None:
        body["max_tokens"] = 3
    if case.path == "/responses" and body.get("max_output_tokens", 1024) not in range(16):
        body["max_output_tokens"] = 16


def require_conforming(case: Case, response: Response, components: dict[str, Any]) -> None:
    if response.headers.get("content-type", [""])[0].startswith("text/event-stream"):
        assert response.status_code == 200
        if case.path == "/responses":
            require_conforming_events(response, components)
            return
        name = "CreateChatCompletionStreamResponse" if "chat" in case.path else "CreateCompletionResponse"
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        events = response.text.strip().split("\n\n")
        if not response.stream_cut_short or events[-1] == "data: [DONE]":  # schemathesis reads no more than 20
            assert events.pop() == "data: [DONE]"
        for event in events:
            jsonschema.validate(json.loads(event.removeprefix("data: ")), schema)
        return
    case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])


def require_conforming_events(response: Response, components: dict[str, Any]) -> None:
    for number, event in enumerate(response.text.strip().split("\n\n")):
        told = json.loads(event.partition("data: ")[2])
        assert told["sequence_number"] == number
        schema = {"$ref": f"#/components/schemas/{EVENTS[told['type']]}", "components": components}
        jsonschema.validate(told, schema)


def ask_many(path: str, method: str, described: Any, known: Known, **how_many: Any) -> None:
    """Requests that fit their description, and requests that do not."""
    operation = described[path][method]
    if path.endswith(("/cancel", "/pause", "/resume")):
        known.begin_job(paused=not path.endswith("/pause"))

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **how_many)
    @given(choose=st.data())
    def ask(choose: st.DataObject) -> None:
        mode = choose.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = choose.draw(operation.as_strategy(generation_mode=mode))
        aim(case, known, choose)
        response = case.call(base_url=known.trainer.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=300)
        print(case.method, case.path, response.status_code, response.text[:200])
        require_conforming(case, response, described.raw_schema["components"])
        if (case.method, path, response.status_code) == ("POST", "/fine_tuning/jobs", 200):
            known.trainer.client.fine_tuning.jobs.cancel(response.json()["id"])

    ask()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_described(path: str, method: str, described: Any, known: Known) -> None:
    ask_many(path, method, described, known, max_examples=16 if method == "post" else 8, derandomize=True)


@pytest.mark.soak
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_described_whatever_is_asked(path: str, method: str, described: Any, known: Known) -> None:
    ask_many(path, method, described, known, max_examples=300)
