"""Whom the contract is held to: a vendor's double, the trainer, or a real provider."""

import asyncio
import tempfile
import time
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import openai

from bot.providers.clients import client_of
from bot.providers.interface import CreateRequest, RemoteJob
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Hyperparameters
from bot.providers.trainer import TRAINER
from bot.providers.vendor import Vendor
from bot.providers.vendors import vendor_of
from tests.doubles import AS_DOCUMENTED, Deviations, Double
from tests.trainer_process import KEY, Trainer, jsonl, some_examples


class Server:
    """`keeps_metadata`, `measures`, `results`, `pauses`, `deletes`: whether it gives metadata back, has events of
    metrics and a results file, pauses jobs, and may be told to delete a model. `seconds`: how long a thing may take."""

    vendor: Vendor
    model: str
    keeps_metadata = True
    measures = True
    results = True
    pauses = True
    deletes = True
    seconds = 60.0
    examples = jsonl(some_examples())

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex[:8]
        self._file: str | None = None

    def connect(self, key: str | None = None) -> OpenAIProtocol:
        raise NotImplementedError

    async def trained(self, provider: OpenAIProtocol, *, spare: bool = False) -> str:
        """The id of a job that has succeeded; of a `spare` one nobody else needs the model."""
        raise NotImplementedError

    async def answering(self, model: str) -> str:
        """The name by which a fine-tuned model answers."""
        return model

    async def order(self, provider: OpenAIProtocol, **fields: Any) -> CreateRequest:
        if "training_file" not in fields and self._file is None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "training.jsonl"
                path.write_bytes(self.examples)
                self._file = await provider.upload(path, f"training-{self.mark}.jsonl")
        return CreateRequest(
            **{
                "submission": f"contract-{uuid.uuid4().hex}",
                "model": self.model,
                "training_file": self._file,
                "validation_file": None,
                "hyperparameters": Hyperparameters(n_epochs=1),
                "suffix": None,
                "seed": uuid.uuid4().int % 2**31,
                "requested_at": time.time(),
                **fields,
            }
        )

    async def running(self, provider: OpenAIProtocol) -> RemoteJob:
        """A job that trains, and goes on for a while."""
        made = await provider.create_job(await self.order(provider, hyperparameters=Hyperparameters(n_epochs=50)))
        return await self.becomes(provider, made.id, {"running"})

    async def becomes(self, provider: OpenAIProtocol, job_id: str, states: Collection[str]) -> RemoteJob:
        async with asyncio.timeout(self.seconds):
            while (job := await provider.job(job_id)).status not in states:
                assert job.error is None, job.error
                await asyncio.sleep(0.02 if self.seconds < 100 else 5)
        return job

    async def forget(self, provider: OpenAIProtocol, job_id: str) -> None:
        """A job that has shown what it should."""
        await provider.cancel(job_id)


class DoubleServer(Server):
    def __init__(self, double: Double) -> None:
        super().__init__()
        self.double = double
        self.vendor = double.deviations.vendor
        self.model = double.base_models[0]
        self.keeps_metadata = self.vendor.keeps_metadata and "metadata" in double.deviations.keeps
        self.pauses = self.vendor.pauses
        self.measures = double.deviations.measures
        self.results = double.deviations.results is not None

    def connect(self, key: str | None = None) -> OpenAIProtocol:
        return self.double.connect(key)

    async def trained(self, provider: OpenAIProtocol, *, spare: bool = False) -> str:
        made = await provider.create_job(await self.order(provider))
        self.double.train(made.id)
        return made.id

    async def running(self, provider: OpenAIProtocol) -> RemoteJob:
        made = await provider.create_job(await self.order(provider))
        self.double.run(made.id, 1)
        return await provider.job(made.id)

    async def answering(self, model: str) -> str:
        return self.double.deploy(model)


class TrainerServer(Server):
    """`finished`: a job of it that has succeeded."""

    vendor = TRAINER
    model = "tiny-random"

    def __init__(self, trainer: Trainer, finished: str) -> None:
        super().__init__()
        self._trainer = trainer
        self._finished = finished

    def connect(self, key: str | None = None) -> OpenAIProtocol:
        # Over plain HTTP: to read the certificates takes 30 ms.
        http = openai.DefaultAsyncHttpxClient(verify=False)
        client = client_of(self.vendor, key or KEY, self._trainer.url, http_client=http)
        return OpenAIProtocol(self.vendor.name, client, vendor=self.vendor)

    async def trained(self, provider: OpenAIProtocol, *, spare: bool = False) -> str:
        if not spare:
            return self._finished
        made = await provider.create_job(await self.order(provider))
        return (await self.becomes(provider, made.id, {"succeeded"})).id


class RealServer(Server):
    """As the environment says, see test_real.py. Its jobs are small; each that is begun is cancelled but one."""

    deletes = False
    seconds = 4 * 3600.0

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__()
        self.vendor = vendor_of(environment["FINETUNE_CONTRACT"])
        self.model = environment["FINETUNE_CONTRACT_MODEL"]
        self.keeps_metadata, self.pauses = self.vendor.keeps_metadata, self.vendor.pauses
        documented = next((one for one in AS_DOCUMENTED if one.vendor == self.vendor), Deviations(vendor=self.vendor))
        self.measures, self.results = documented.measures, documented.results is not None
        self._key = environment["FINETUNE_CONTRACT_KEY"]
        self._url = environment.get("FINETUNE_CONTRACT_URL") or self.vendor.base_url
        self._job = environment.get("FINETUNE_CONTRACT_JOB")
        self._answers = environment.get("FINETUNE_CONTRACT_ANSWERS")

    def connect(self, key: str | None = None) -> OpenAIProtocol:
        return OpenAIProtocol(self.vendor.name, client_of(self.vendor, key or self._key, self._url), vendor=self.vendor)

    async def trained(self, provider: OpenAIProtocol, *, spare: bool = False) -> str:
        if self._job is None:
            self._job = (await provider.create_job(await self.order(provider))).id
        return (await self.becomes(provider, self._job, {"succeeded"})).id

    async def answering(self, model: str) -> str:
        return self._answers or model
