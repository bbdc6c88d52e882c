"""A server that speaks S3's protocol (moto), a program in an environment of its own: what it needs does not go together
with what the bot needs."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

import httpx

from tests.ports import free_port
from tests.trainer_process import wait_for

MOTO = "moto[server]==5.2.5"


@contextlib.contextmanager
def s3_server(bucket: str) -> Iterator[dict[str, str]]:
    """One with this bucket; gives what programs have in their environment to find it."""
    port = free_port()
    server = subprocess.Popen(
        ["uv", "tool", "run", "--from", MOTO, "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"

    def made() -> bool:
        assert server.poll() is None, "moto did not start"
        with contextlib.suppress(httpx.HTTPError):
            return httpx.put(f"{address}/{bucket}", trust_env=False).status_code == 200
        return False

    try:
        wait_for(made)
        yield {
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
        }
    finally:
        server.terminate()
        server.wait()
