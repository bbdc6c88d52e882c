"""A Ray cluster, by the REST API of its jobs (Ray 2.60, `ray/dashboard/modules/job/job_head.py`, read 2026-11-30).

Ray itself is not imported: the server starts at once and needs none of it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from texts import trainer as texts
from trainer.errors import TrainerError
from trainer.training.plan import MOST_DEVICES

S = TypeVar("S")
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)


NODE = "ray.io/node-id"
"""The label by which each node is named."""


class Unreachable(Exception):
    """The cluster's head does not answer, or not sensibly, for now."""


class Resources(msgspec.Struct, frozen=True):
    """What a job takes on one node, and which `labels` that node has to have, as Ray's selectors. A job that asks for
    nothing would run on the head, so `cpus` is more than 0. `memory` is in bytes."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 0
    custom: Mapping[str, float] = {}
    labels: Mapping[str, str] = {}

    def on(self, devices: int) -> Resources:
        """What the job takes with so many devices: processors, GPUs and memory for each of them. Several share no GPU
        with other jobs."""
        if devices == 1:
            return self
        return msgspec.structs.replace(
            self,
            cpus=self.cpus * devices,
            gpus=math.ceil(self.gpus) * devices,
            memory=self.memory * devices,
        )


class Node(msgspec.Struct, frozen=True):
    """A node with all that it has, taken or not; `state` is ALIVE or DEAD."""

    state: str
    resources_total: Mapping[str, float] = {}
    labels: Mapping[str, str] = {}

    def takes(self, job: Resources) -> bool:
        """Whether such a job would have room there if nothing else ran."""
        asked = {"CPU": job.cpus, "GPU": job.gpus, "memory": job.memory, **job.custom}
        has_all = all(self.resources_total.get(name, 0) >= amount for name, amount in asked.items())
        return has_all and all(_selects(selector, self.labels.get(name)) for name, selector in job.labels.items())


def most_devices(nodes: Sequence[Node], job: Resources) -> int:
    """With how many devices the job would have room on one of the nodes, if nothing else ran there; 0 where none suits
    it."""
    devices = 0
    while devices < MOST_DEVICES and any(node.takes(job.on(devices + 1)) for node in nodes):
        devices += 1
    return devices


class Submission(msgspec.Struct, frozen=True):
    """A job of Ray's. `status` is PENDING, RUNNING, STOPPED, SUCCEEDED or FAILED."""

    status: str
    message: str | None = None
    error_type: str | None = None
    driver_exit_code: int | None = None
    driver_node_id: str | None = None

    @property
    def ended(self) -> bool:
        return self.status in ("STOPPED", "SUCCEEDED", "FAILED")

    @property
    def found_no_room(self) -> bool:
        """Ray gives up what could not begin for a quarter of an hour (RAY_JOB_START_TIMEOUT_SECONDS)."""
        return self.error_type in ("JOB_SUPERVISOR_ACTOR_START_TIMEOUT", "JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE")


class Cluster:
    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._token = token
        # No proxy: what is asked carries the token, and a cluster is not asked through the internet.
        self._http = httpx.AsyncClient(base_url=self.address, timeout=_TIMEOUT, headers=headers, trust_env=False)
        self._safe = False

    async def ensure_safe(self) -> None:
        """Raises TrainerError where anybody may run programs on the cluster, or the token is wrong; Unreachable where
        that cannot be known yet."""
        if self._safe:
            return
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as stranger:
                asked = await stranger.get(f"{self.address}/api/jobs/")
        except httpx.HTTPError as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        refuses_strangers = asked.status_code in (401, 403)
        if not refuses_strangers and asked.status_code != 200:
            raise Unreachable(f"HTTP {asked.status_code}")
        if not refuses_strangers and not is_loopback(self.address):
            raise TrainerError(texts.cluster_unprotected(self.address))
        if refuses_strangers and self._token is None:
            raise TrainerError(texts.cluster_wants_token(self.address))
        await self._ask("GET", "/api/jobs/")
        self._safe = True

    async def submit(
        self, id: str, command: str, resources: Resources, environment: Mapping[str, str], metadata: Mapping[str, str]
    ) -> None:
        """Once only, however often it is called with the same id."""
        answer = await self._ask(
            "POST",
            "/api/jobs/",
            json={
                "submission_id": id,
                "entrypoint": command,
                "runtime_env": {"env_vars": dict(environment)},
                "metadata": dict(metadata),
                "entrypoint_num_cpus": resources.cpus,
                "entrypoint_num_gpus": resources.gpus,
                "entrypoint_memory": resources.memory,
                "entrypoint_resources": dict(resources.custom),
                # Newer than the rest, and refused by a Ray that does not know it.
                **({"entrypoint_label_selector": dict(resources.labels)} if resources.labels else {}),
            },
            but=(500,),
        )
        # Ray answers so to an id that it has: the answer to the first request was lost.
        if answer.status_code == 500 and "already exists" not in answer.text:
            raise Unreachable(_last_line(answer.text))

    async def find(self, id: str) -> Submission | None:
        """The job with this id; None where the cluster has none."""
        answer = await self._ask("GET", f"/api/jobs/{id}", but=(404,))
        return None if answer.status_code == 404 else _decode(answer, Submission)

    async def stop(self, id: str) -> None:
        await self._ask("POST", f"/api/jobs/{id}/stop", but=(404,))

    async def wait(self, id: str, look: float) -> None:
        """Until the job has ended, asking every `look` seconds."""
        while (found := await self.find(id)) is not None and not found.ended:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(look)

    async def delete(self, id: str) -> None:
        """Have the cluster forget a job that has ended."""
        await self._ask("DELETE", f"/api/jobs/{id}", but=(404,))

    async def nodes(self) -> list[Node]:
        """Those that are alive, the head among them."""
        answer = await self._ask("GET", "/api/v0/nodes?limit=10000")
        return [node for node in _decode(answer, _Nodes).data.result.result if node.state == "ALIVE"]

    async def log(self, id: str) -> str:
        """What a job has printed; nothing where its node is gone."""
        answer = await self._ask("GET", f"/api/jobs/{id}/logs", but=(404, 500))
        return _decode(answer, _Logs).logs if answer.status_code == 200 else ""

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, path: str, *, json: Any = None, but: tuple[int, ...] = ()) -> httpx.Response:
        """The answer, which says 200 or one of `but`."""
        try:
            answer = await self._http.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        if answer.status_code in (401, 403):
            raise TrainerError(texts.cluster_refuses_token(self.address))
        if answer.status_code != 200 and answer.status_code not in but:
            raise Unreachable(f"HTTP {answer.status_code}: {_last_line(answer.text)}")
        return answer


def read_token(token: str | None, path: Path | None) -> str | None:
    """The token of a cluster: itself, or what is in the file, by default the one in which Ray looks. Raises
    TrainerError where a file that was named cannot be read."""
    if token:
        return token
    named = path or Path("~/.ray/auth_token").expanduser()
    try:
        return named.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        if path is None:
            return None
        raise TrainerError(texts.token_unreadable(path, error)) from error


def is_loopback(address: str) -> bool:
    host = httpx.URL(address).host
    with_name = host == "localhost" or host.endswith(".localhost")
    try:
        return with_name or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return with_name


def _selects(selector: str, label: str | None) -> bool:
    """Ray's selectors: `a`, `!a`, `in(a, b)`, `!in(a, b)`."""
    wanted = selector.removeprefix("!")
    if wanted.startswith("in(") and wanted.endswith(")"):
        found = label in [one.strip() for one in wanted[3:-1].split(",")]
    else:
        found = label == wanted
    return found != selector.startswith("!")


class _Logs(msgspec.Struct):
    logs: str = ""


class _NodeList(msgspec.Struct):
    result: list[Node]


class _NodeData(msgspec.Struct):
    result: _NodeList


class _Nodes(msgspec.Struct):
    data: _NodeData


def _decode(answer: httpx.Response, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise Unreachable(str(error)) from error


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip(" .")]
    return lines[-1][:300] if lines else ""
