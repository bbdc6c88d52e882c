"""A Ray cluster of several nodes on this machine: real raylets, a real head, and its port for jobs.

It lives in a process of its own, which reads Ray's settings as it begins, and ends it when the tests end, however they
do.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any

import httpx
import psutil

from tests.ports import free_port
from tests.trainer_process import wait_for

TOKEN = "a-token-of-the-tests-" + "0" * 20
# What Ray's processes read as they begin. No reports home, no exporter of metrics, nodes that are gone are missed soon,
# and a busy machine is waited for.
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_open_telemetry": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "3",
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "300",
}
# What only some nodes have. Ray believes what it is told.
_FURNITURE: dict[str, dict[str, Any]] = {"one": {"memory": 100 << 20}, "two": {"memory": 1 << 30, "num_gpus": 2}}
_DONE = "done "
_TRIES = 5  # a node that has not begun after half a minute is given up by Ray
_STORE = 80 << 20  # bytes of shared memory for a node; a job needs none


class RayCluster:
    """The tests' end. Without a token anybody may ask the cluster."""

    def __init__(self, *, token: str | None = TOKEN) -> None:
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.address = f"http://127.0.0.1:{free_port()}"
        self.nodes: dict[str, str] = {}  # by name, the id that Ray gave each
        mode = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {"RAY_AUTH_MODE": "disabled"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, self.address.rpartition(":")[2]],
            env=os.environ | _ENVIRONMENT | mode,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.start()

    def start(self) -> None:
        """A head that takes no jobs."""
        self._do("start")
        wait_for(self.answers)

    def add_node(self, name: str) -> None:
        """A node on which one job has room. It has a resource of its own, a label, and what else `_FURNITURE` says."""
        self.nodes[name] = self._do("add_node", name)

    def kill_node(self, name: str) -> None:
        """The raylet alone: what it has started has to notice."""
        del self.nodes[name]
        self._do("kill_node", name)

    def kill_head(self) -> None:
        """The head with all that it knew, and with it, as without GCS fault tolerance, the nodes."""
        self.nodes.clear()
        self._do("kill_head")

    def fall_silent(self) -> None:
        """Nobody answers at the head's port any more; jobs go on."""
        self._do("fall_silent")

    def answer_again(self) -> None:
        self._do("answer_again")
        wait_for(self.answers)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def answers(self) -> bool:
        try:
            return self._get().status_code == 200
        except httpx.HTTPError:
            return False

    def jobs(self, of: str = "") -> dict[str, str]:
        """The status of each job of the cluster whose id begins like that. Others may come back for a moment after they
        were deleted."""
        return {id: job["status"] for id, job in self._jobs().items() if id.startswith(of)}

    def node_of(self, job: str) -> str | None:
        """The name of the node that has the job; None where it waits."""
        id = self._jobs()[job]["driver_node_id"]
        return next((name for name, its in self.nodes.items() if its == id), None)

    def _jobs(self) -> dict[str, Any]:
        return {job["submission_id"]: job for job in self._get().json() if job["type"] == "SUBMISSION"}

    def _get(self) -> httpx.Response:
        return httpx.get(f"{self.address}/api/jobs/", headers=self._headers, trust_env=False, timeout=30)

    def _do(self, *words: str) -> str:
        """What the holder answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        while not (said := self._process.stdout.readline()).startswith(_DONE):  # Ray prints, too
            assert said, "the cluster's process has died"
        return said.removeprefix(_DONE).strip()


class _Holder:
    """The end in the process of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cluster: Any = None
        self._folder = ""
        self._nodes: dict[str, Any] = {}
        self._started: set[psutil.Process] = set()

    def start(self) -> None:
        from ray.cluster_utils import Cluster

        self._folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # sockets have short names
        self._cluster = Cluster()
        self._add(
            num_cpus=0,
            include_dashboard=True,
            dashboard_port=self._port,
            temp_dir=self._folder,
            no_monitor=True,  # of an autoscaler
        )

    def add_node(self, name: str) -> str:
        node = self._nodes[name] = self._add(
            num_cpus=1, resources={name: 1}, labels={"name": name}, **_FURNITURE.get(name, {})
        )
        return str(node.node_id)

    def _add(self, **settings: Any) -> Any:
        for left in reversed(range(_TRIES)):
            try:
                return self._cluster.add_node(
                    object_store_memory=_STORE, wait=False, include_log_monitor=False, **settings
                )
            except Exception:
                if not left:
                    raise
        return None

    def kill_node(self, name: str) -> None:
        node = self._nodes.pop(name)
        self._remember()
        _kill(node.all_processes["raylet"][0].process)
        self._cluster.remove_node(node, allow_graceful=False)

    def kill_head(self) -> None:
        self._remember()
        head = self._cluster.head_node
        for kind in ("gcs_server", "dashboard", "raylet"):
            _kill(head.all_processes[kind][0].process)
        self.clear()

    def fall_silent(self) -> None:
        _kill(self._cluster.head_node.all_processes.pop("dashboard")[0].process)

    def answer_again(self) -> None:
        self._cluster.head_node.start_api_server(include_dashboard=True, raise_on_failure=True)

    def clear(self) -> None:
        if self._cluster is None:
            return
        self._remember()
        self._nodes.clear()
        for node in self._cluster.list_all_nodes():
            self._cluster.remove_node(node, allow_graceful=False)
        for process in self._started:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self._started.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _remember(self) -> None:
        """What Ray's processes have started: some of it outlives them for a while."""
        for node in self._cluster.list_all_nodes():
            for one in (one for many in node.all_processes.values() for one in many):
                with contextlib.suppress(psutil.Error):
                    self._started |= set(psutil.Process(one.process.pid).children(recursive=True))


def _kill(process: Any) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def main(port: int) -> None:
    holder = _Holder(port)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    try:
        for line in sys.stdin:
            name, *rest = line.split()
            print(f"{_DONE}{getattr(holder, name)(*rest) or ''}", flush=True)
    finally:
        holder.clear()


if __name__ == "__main__":
    main(int(sys.argv[1]))
