"""Work on our copy of a training file, whose name means nothing to people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import Arrival
from bot.errors import NotFound
from handlers.services import Services
from training_files import TrainingFileError


@asynccontextmanager
async def on_copy(services: Services, dataset: Dataset, arrival: Arrival | None = None) -> AsyncIterator[Path]:
    """The path of our copy, or of what arrives to become it; a TrainingFileError calls the file by the name that
    people gave it. Raises NotFound where the copy is gone.
    """
    path = arrival.path if arrival else services.copies.path(dataset.sha256)
    if not path.exists():
        raise NotFound("copy_gone", file=dataset.name)
    try:
        yield path
    except TrainingFileError as error:
        raise TrainingFileError(str(error).replace(path.name, dataset.name)) from error
