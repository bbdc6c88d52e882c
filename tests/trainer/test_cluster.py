"""Which Ray clusters are used, and which of their nodes suit a job. What needs a real one is in `test_ray`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

from tests.ports import free_port
from trainer.cli import app
from trainer.cluster import check, look
from trainer.errors import TrainerError
from trainer.settings import Settings
from trainer.settings import load as load_settings
from trainer.training.runners.ray_cluster import Node, Resources, is_loopback

NODES = [
    {"state": "ALIVE", "resources_total": {"CPU": 8.0, "GPU": 2.0, "memory": 64e9}, "labels": {"zone": "a"}},
    {"state": "ALIVE", "resources_total": {"memory": 8e9}, "labels": {}},
    {"state": "DEAD", "resources_total": {"CPU": 8.0, "GPU": 8.0}, "labels": {}},
]


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a cluster of Ray 2.60 whose token nobody has turned on answers, on all addresses of this machine."""

    async def jobs(request: web.Request) -> web.Response:
        return web.json_response([])

    async def nodes(request: web.Request) -> web.Response:
        return web.json_response({"result": True, "msg": "", "data": {"result": {"total": 3, "result": NODES}}})

    cluster = web.Application()
    cluster.add_routes([web.get("/api/jobs/", jobs), web.get("/api/v0/nodes", nodes)])
    runner = web.AppRunner(cluster)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "0.0.0.0", port).start()
    yield port
    await runner.cleanup()


def settings_for(address: str, folder: Path, **more: object) -> Settings:
    return load_settings(folder, runner="ray", shared=str(folder / "shared"), ray_address=address, **more)


async def test_a_cluster_that_anybody_may_use_is_refused_unless_it_is_this_machine(port: int, tmp_path: Path) -> None:
    assert await check(settings_for(f"http://127.0.0.1:{port}", tmp_path)) == ""
    with pytest.raises(TrainerError, match="lets anybody run programs on it, so it is not used"):
        await check(settings_for(f"http://0.0.0.0:{port}", tmp_path))
    assert "lets anybody" in (await look(settings_for(f"http://0.0.0.0:{port}", tmp_path))).trouble


async def test_a_trainer_that_asks_for_what_no_node_has_can_be_told_so(port: int, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{port}"
    state = await look(settings_for(address, tmp_path))
    assert (state.trouble, state.nodes, state.suited, state.most_gpus) == ("", 2, 1, 0)
    state = await look(settings_for(address, tmp_path, ray_gpus=1))
    assert (state.nodes, state.suited, state.most_gpus) == (2, 1, 2)
    state = await look(settings_for(address, tmp_path, ray_gpus=1, ray_cpus=16))
    assert (state.nodes, state.suited, state.most_gpus) == (2, 0, 0)


async def test_a_head_that_is_away_is_told_and_no_error(tmp_path: Path) -> None:
    nobody = settings_for(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert await check(nobody) != ""
    assert (await look(nobody)).trouble != ""


@pytest.mark.parametrize(
    ("resources", "suits"),
    [
        (Resources(), True),
        (Resources(cpus=9), False),
        (Resources(gpus=2, memory=10**9), True),
        (Resources(gpus=3), False),
        (Resources(memory=10**11), False),
        (Resources(custom={"a100": 1}), False),
        (Resources(labels={"zone": "a"}), True),
        (Resources(labels={"zone": "!a"}), False),
        (Resources(labels={"zone": "in(b, a)"}), True),
        (Resources(labels={"zone": "!in(b, c)"}), True),
        (Resources(labels={"rack": "!7"}), True),
        (Resources(labels={"rack": "7"}), False),
    ],
)
def test_a_node_suits_a_job_where_it_has_all_that_the_job_asks_for(resources: Resources, suits: bool) -> None:
    node = Node("ALIVE", {"CPU": 8.0, "GPU": 2.0, "memory": 64e9}, {"zone": "a"})
    assert node.takes(resources) is suits


@pytest.mark.parametrize(
    ("address", "here"),
    [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("10.0.0.7", False), ("localhost.example.org", False)],
)
def test_this_machines_own_addresses_are_known(address: str, here: bool) -> None:
    assert is_loopback(f"http://{address}:8265") is here


def test_a_trainer_without_an_address_or_a_shared_folder_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINER_RUNNER", "ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    for name in ("TRAINER_SHARED", "RAY_ADDRESS"):
        ended = CliRunner().invoke(app, ["serve", "--data", str(tmp_path)])
        assert ended.exit_code == 1
        assert name in ended.output
        monkeypatch.setenv("TRAINER_SHARED", str(tmp_path / "shared"))
