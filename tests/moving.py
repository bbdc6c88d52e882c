"""A workspace whose models were trained at one provider, and a second one to which they can move."""

import hashlib
import time
from collections.abc import Sequence
from typing import Any

from bot.datasets.dataset import Dataset
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from sandbox.seed import ANA, SUPPORT
from tests.e2e.world import MODEL, World, examples
from tests.stand_in_provider import StandInProvider
from training_files import check_file


def providers(w: World, home: StandInProvider) -> str:
    """A settings file with both."""
    file = w.folder / "providers.toml"
    keys = {"acme": w.provider.key, "home": home.key}
    for name, key in keys.items():
        (w.folder / f"{name}.key").write_text(key)
    urls = {"acme": w.provider.url, "home": home.url}
    file.write_text(
        'default = "acme"\n'
        + "".join(
            f'[providers.{name}]\nbase_url = "{url}"\nkey_file = "{w.folder / f"{name}.key"}"\n'
            for name, url in urls.items()
        )
    )
    return str(file)


async def made_before(
    w: World, names: Sequence[str], each: int = 12, contents: Sequence[bytes] = (), **fields: Any
) -> list[str]:
    """Models that were trained at acme, each on a file of its own (`contents`, or `each` examples), by jobs with these
    `fields`."""
    folder = w.folder / "bot"
    (folder / "files").mkdir(parents=True, exist_ok=True)
    database = await Database.open(folder)
    models = []
    try:
        jobs, datasets = SqlJobStore(database), SqlDatasetStore(database)
        for number, name in enumerate(names):
            usual = examples(each).replace(b"You are a helper.", f"You are {name}.".encode())
            content = contents[number] if contents else usual
            sha256 = hashlib.sha256(content).hexdigest()
            path = folder / "files" / f"{sha256}.jsonl"
            path.write_bytes(content)
            report = check_file(path, model=MODEL)
            origin = Origin("T0ACME", SUPPORT, False, f"1700000000.{number:06}")
            dataset = Dataset(
                id=f"ds-{number}",
                sha256=sha256,
                name=f"{name}.jsonl",
                bytes=len(content),
                owner=ANA,
                team="T0ACME",
                channel=SUPPORT,
                channel_private=False,
                thread_ts=str(origin.thread_ts),
                created_at=time.time(),
                report=report,
            )
            await datasets.save(dataset)
            model = f"ft:{MODEL}:acme:{name}:abc{number}"
            job = Job(
                id=f"job-{number:012}",
                state=states.SUCCEEDED,
                provider="acme",
                base_model=MODEL,
                requester=ANA,
                origin=origin,
                created_at=time.time(),
                suffix=name,
                dataset_id=dataset.id,
                file_name=dataset.name,
                training_file=f"file-{number}",
                provider_job_id=f"ftjob-before{number}",
                fine_tuned_model=model,
                create_attempted_at=time.time(),
                finished_at=time.time(),
                **fields,
            )
            assert await jobs.insert(job, JobUpdate(job, followed=False, shown=False))
            await SqlCardStore(database).abandon(job.id)
            w.provider.tuned.append(model)
            models.append(model)
    finally:
        await database.close()
    return models
