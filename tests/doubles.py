"""A double of each vendor's servers: the stand-in, and as data what the vendor documents to do otherwise than OpenAI.

Sources: those that the vendor's file in bot/providers names. What is not documented is as with OpenAI.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai
from aiohttp import web

from bot.providers.azure import AZURE
from bot.providers.clients import client_of
from bot.providers.crusoe import CRUSOE
from bot.providers.nebius import NEBIUS
from bot.providers.openai import OPENAI
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.vendor import Vendor
from tests.stand_in_provider import Json, StandInProvider

CSV = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,3.0,0.5,,\n2,1.5,0.75,1.6,0.7\n"


def openai_error(status: int, code: str | None, message: str) -> Json:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def azure_error(status: int, code: str | None, message: str) -> Json:
    """It has codes of its own, and else the status."""
    theirs = {"model_not_found": "DeploymentNotFound", "invalid_training_file": "invalidPayload"}.get(code or "")
    return {"error": {"code": theirs or str(status), "message": message}}


def fastapi_error(status: int, code: str | None, message: str) -> Json:
    """422 has a list, all others a sentence."""
    told = [{"loc": ["body"], "msg": message, "type": "value_error"}]
    return {"detail": told if status == 422 else message}


@dataclass(frozen=True, kw_only=True)
class Deviations:
    """What a vendor does otherwise. The defaults are OpenAI.

    `file_statuses`: what a new file says, one after the other. `first_status`: of a job. `auto`: how settings say that
    the vendor chooses. `measures`: there are events of metrics. `results`: how the results file comes; None for none.
    `names_model`: the event of the end does. `deployments`: a fine-tuned model answers through these only.
    `absolute_rate`: the learning rate is no multiplier. `keeps`: fields of a job that come back.
    """

    vendor: Vendor
    prefix: str = "/v1"
    file_statuses: tuple[str | None, ...] = ("processed",)
    first_status: str = "validating_files"
    auto: str | int = "auto"
    newest_first: bool = True
    checkpoints_newest_first: bool = True
    keeps: frozenset[str] = frozenset({"metadata", "seed", "method"})
    measures: bool = True
    results: str | None = "base64"
    model: str = "ft:{base}:acme:{suffix}:{id}"
    names_model: bool = True
    tells_trained_tokens: bool = True
    deployments: bool = False
    absolute_rate: bool = False
    error: Callable[[int, str | None, str], Json] = openai_error


AS_DOCUMENTED = (
    Deviations(vendor=OPENAI),
    Deviations(
        vendor=AZURE,
        prefix="/openai",
        file_statuses=("pending", "running", "processed"),
        auto=-1,
        keeps=frozenset({"seed"}),
        model="{base}.ft-{id}-{suffix}",
        names_model=False,
        deployments=True,
        error=azure_error,
    ),
    Deviations(
        vendor=NEBIUS,
        file_statuses=(None,),
        first_status="running",
        newest_first=False,
        checkpoints_newest_first=False,
        keeps=frozenset(),
        measures=False,
        results=None,
        tells_trained_tokens=False,
        absolute_rate=True,
        error=fastapi_error,
    ),
    Deviations(
        vendor=CRUSOE,
        first_status="queued",
        newest_first=False,
        checkpoints_newest_first=False,
        keeps=frozenset({"method"}),
        measures=False,
        results=None,
        model="ftmodel-{id}",
    ),
    # Servers of the protocol that nobody has named: vLLM and the like.
    Deviations(vendor=Vendor(name="another"), keeps=frozenset({"seed"}), results="plain", error=fastapi_error),
)


class Double(StandInProvider):
    """async with Double(deviations) as double: ...; `connect` gives the bot's provider over it."""

    def __init__(self, deviations: Deviations) -> None:
        super().__init__(newest_first=deviations.newest_first)
        self.deviations = deviations
        self.finish_reason = "stop"
        self.prefix = deviations.prefix
        self.deployed: dict[str, str] = {}  # the models by the names of their deployments
        self._told: dict[str, int] = {}  # how often a file was looked at

    @property
    def address(self) -> str:
        """As settings name it: on Azure it is the resource's."""
        return self.url.removesuffix(self.prefix) if self.deviations.vendor.api_version else self.url

    def connect(self, key: str | None = None, **options: Any) -> OpenAIProtocol:
        vendor = self.deviations.vendor
        # Over plain HTTP: to read the certificates takes 30 ms.
        http = openai.DefaultAsyncHttpxClient(verify=False)
        client = client_of(vendor, key or self.key, self.address, http_client=http)
        return OpenAIProtocol(vendor.name, client, vendor=vendor, **{"processing_pause": 0, **options})

    def train(self, job_id: str) -> str:
        """The whole job; the model that comes of it."""
        self.run(job_id, 2)
        self.checkpoint(job_id, 5)
        return self.succeed(job_id)

    def deploy(self, model: str) -> str:
        """The name by which it answers, as somebody has set it up."""
        if not self.deviations.deployments:
            return model
        name = f"deployed-{len(self.deployed)}"
        self.deployed[name] = model
        return name

    def answers(self, model: str) -> bool:
        return model in self.deployed if self.deviations.deployments else super().answers(model)

    def takes_key(self, request: web.Request) -> bool:
        if not self.deviations.vendor.api_version:
            return super().takes_key(request)
        return request.headers.get("api-key") == self.key and bool(request.query.get("api-version"))

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        if self.deviations.deployments:
            app.router.add_post(self.prefix + "/deployments/{name}/chat/completions", self._chat)

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        answer = await super()._door(request, handler)
        if answer.status < 400 or not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        told = json.loads(answer.body) if answer.content_type == "application/json" else {}
        if set(told) != {"error"}:
            return answer
        shaped = self.deviations.error(answer.status, told["error"]["code"], told["error"]["message"])
        headers = {"Retry-After": after} if (after := answer.headers.get("Retry-After")) else None
        return web.json_response(shaped, status=answer.status, headers=headers)

    def _file_object(self, file_id: str) -> Json:
        statuses = self.deviations.file_statuses
        looked = self._told[file_id] = self._told.get(file_id, -1) + 1
        return super()._file_object(file_id) | {"status": statuses[min(looked, len(statuses) - 1)]}

    def add_job(self, **fields: Any) -> str:
        kept, auto = self.deviations.keeps, self.deviations.auto
        settings = fields.pop("hyperparameters", None) or {}
        if self.deviations.absolute_rate and settings.get("learning_rate", 0) > 0.1:
            raise web.HTTPUnprocessableEntity(
                text='{"detail": [{"loc": ["body", "learning_rate"], "msg": "too large"}]}',
                content_type="application/json",
            )
        if "method" not in kept and (method := fields.get("method")):
            settings |= method[method["type"]]["hyperparameters"]
        unset = {"n_epochs": auto, "batch_size": auto, "learning_rate_multiplier": auto}
        for name in ("metadata", "seed", "method"):
            if name not in kept:
                fields[name] = None
        return super().add_job(
            **{"status": self.deviations.first_status, **fields, "hyperparameters": {**unset, **settings}}
        )

    def add_event(self, job_id: str, message: str, **more: Any) -> str:
        if more.get("type") == "metrics" and not self.deviations.measures:
            return ""
        if not self.deviations.names_model and message.startswith("New fine-tuned model created"):
            message = "New fine-tuned model created"
        return super().add_event(job_id, message, **more)

    def succeed(self, job_id: str) -> str:
        super().succeed(job_id)
        job = self.jobs[job_id]
        made = self.deviations.model.format(base=job["model"], suffix=job["user_provided_suffix"] or "", id=job_id)
        self.tuned[-1] = job["fine_tuned_model"] = self.checkpoints[job_id][-1]["fine_tuned_model_checkpoint"] = made
        if not self.deviations.tells_trained_tokens:
            job["trained_tokens"] = 0
        if self.deviations.results:
            content = base64.b64encode(CSV) if self.deviations.results == "base64" else CSV
            self.files[f"file-of-{job_id}"] = ("step_metrics.csv", content)
            job["result_files"] = [f"file-of-{job_id}"]
        return made

    async def _create(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["training_file"]
        if wanted not in self.files:
            return web.json_response(openai_error(400, None, f"invalid training_file: {wanted}"), status=400)
        return await super()._create(request)

    async def _pause(self, request: web.Request) -> web.Response:
        if not self.deviations.vendor.pauses:
            return web.json_response(openai_error(404, None, "Not found"), status=404)
        return await super()._pause(request)

    async def _list_checkpoints(self, request: web.Request) -> web.Response:
        if self.deviations.checkpoints_newest_first:
            return await super()._list_checkpoints(request)
        data = self.checkpoints[request.match_info["id"]]
        return web.json_response({"object": "list", "data": data, "has_more": False})
