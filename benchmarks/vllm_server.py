"""A real vLLM for what is measured or checked against one: it is started where it is installed, on a GPU or a processor
with AVX-512. It has an environment of its own, for it needs other versions than the trainer.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from trainer.base_models import read_table
from trainer.fetch import located
from trainer.settings import cache_folder

MODEL = "SmolLM2-135M-Instruct"
_START_SECONDS = 420.0


@contextmanager
def started(program: str, adapters: Path, *arguments: str, model: str = MODEL) -> Iterator[str]:
    """`program` is vLLM's command. Gives its address; its log lies beside the adapters. SystemExit where it does not
    start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    adapters.mkdir(parents=True, exist_ok=True)
    log = adapters.with_suffix(".log")
    with log.open("w") as said:
        process = subprocess.Popen(
            [
                *(program, "serve", str(weights(model)), "--served-model-name", model),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--enable-lora", "--max-loras", "4", "--max-cpu-loras", "16", "--max-lora-rank", "16"),
                *("--structured-outputs-config", '{"backend": "guidance", "disable_any_whitespace": true}'),
                *arguments,
            ],
            env={
                **os.environ,
                "VLLM_LORA_RESOLVER_CACHE_DIR": str(adapters),
                "VLLM_PLUGINS": "lora_filesystem_resolver",
                "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
                "VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "2"),
                "VLLM_NO_USAGE_STATS": "1",
                "HF_HUB_OFFLINE": "1",
            },
            stdout=said,
            stderr=said,
            start_new_session=True,  # it has processes of its own, which end with it
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"vLLM has not started:\n{log.read_text()[-3000:]}")
            time.sleep(0.5)
        yield url
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, how)
                process.wait(20)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue


def weights(model: str = MODEL) -> Path:
    found = located(read_table()[model], cache_folder())
    if found is None:
        raise SystemExit(f"Fetch the model first: finetune-bot trainer pull {model}")
    return found


def version(url: str) -> str:
    return str(httpx.get(f"{url}/version").json()["version"])


def processor() -> str:
    """The graphics card, or the processor and how many of its cores are here."""
    try:
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        cards = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
        return " + ".join(card.strip() for card in cards)
    except (OSError, subprocess.CalledProcessError):
        about = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(": ")[2] for line in about if line.startswith("model name")]
        wide = "AVX-512" if any("avx512f" in line for line in about) else "no AVX-512"
        return f"{names[0] if names else 'unknown'}, {len(names)} cores, {wide}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
