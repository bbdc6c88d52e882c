"""Fetch one model of the table in a process of its own: `python -m trainer.fetch_worker ID CACHE [TABLE]`

Converting weights imports torch, which the server never does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from trainer import fetch
from trainer.base_models import read_embedding_models, read_table
from trainer.errors import TrainerError
from trainer.pipes import ChildPipe


class Fetched(msgspec.Struct, frozen=True):
    """Where the model lies now, or why it could not be fetched."""

    folder: str | None = None
    problem: str | None = None


def main() -> None:
    pipe: ChildPipe[None] = ChildPipe()
    pipe.listen()
    id, cache, table = sys.argv[1:4]
    try:
        extra = Path(table) if table else None
        model = (read_table(extra) | read_embedding_models(extra))[id]
        pipe.send(Fetched(folder=str(fetch.ensure(model, Path(cache)))))
    except TrainerError as error:
        pipe.send(Fetched(problem=str(error)))


if __name__ == "__main__":
    main()
