"""How much more work it is to check a training file that lies encrypted.

    python benchmarks/sealed.py [--record] [--megabytes 200]

Prints `name: value unit` lines: the check of one generated file of English and Chinese chats as the bot has it done, in
a worker process, from a copy that lies plain and from one that lies sealed and is opened for that: processor time of
all processes together, in turns, medians of three rounds. The peer is the plain copy; the goal is 1.2x.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import tempfile
from pathlib import Path

import psutil

from benchmarks import table
from benchmarks.corpus import write
from bot.datasets.file_store import FileStore, Sealing
from bot.encryption import KeyRing
from bot.worker_processes import Pool, WorkerPools
from training_files import check_file

ROUNDS = 3


def used() -> float:
    """Seconds of processor time, of this process and its workers."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(one.user + one.system for one in times)


async def measured(store: FileStore, sha256: str, pools: WorkerPools) -> float:
    begun = used()
    async with store.plain(sha256) as path:
        await pools.run(check_file, path, model="gpt-4.1-mini-2025-04-14", pool=Pool.REPORT)
    return used() - begun


async def compared(folder: Path, megabytes: int) -> tuple[list[float], list[float]]:
    file = folder / "corpus.jsonl"
    write(file, megabytes * 1_000_000)
    sha256 = hashlib.file_digest(file.open("rb"), "sha256").hexdigest()
    stores = []
    for name, sealing in (("plain", None), ("sealed", Sealing(KeyRing([os.urandom(32)]), True))):
        store = FileStore(folder / name, 2_000_000_000, sealing)
        part = store.part()
        part.write_bytes(file.read_bytes())
        await store.adopt(part, sha256)
        stores.append(store)
    pools = WorkerPools()
    try:
        pools.warm(Pool.REPORT)
        await measured(stores[0], sha256, pools)
        rounds = [[await measured(store, sha256, pools) for store in stores] for _ in range(ROUNDS)]
    finally:
        pools.close()
    return [one[0] for one in rounds], [one[1] for one in rounds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain, sealed = map(statistics.median, asyncio.run(compared(Path(folder), options.megabytes)))
    print(f"plain: {plain:.2f} s\nsealed: {sealed:.2f} s\nratio: {sealed / plain:.2f} x")
    if options.record:
        figures = {"file": f"{options.megabytes} MB", "cores": str(os.cpu_count())}
        figures |= {"plain": f"{plain:.2f} s", "sealed": f"{sealed:.2f} s", "ratio": f"{sealed / plain:.2f}x"}
        table.record("sealed", figures)


if __name__ == "__main__":
    main()
