"""Fetch one base model in a process of its own: `python -m trainer.fetch_worker ID CACHE [TABLE]`

Converting weights imports torch, which the server never does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from trainer import fetch
from trainer.base_models import read_table
from trainer.errors import TrainerError
from trainer.pipes import ChildPipe


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
    id, cache, table = sys.argv[1:4]
    try:
        base = read_table(Path(table) if table else None)[id]
        pipe.send(folder=str(fetch.ensure(base, Path(cache))))
    except TrainerError as error:
        pipe.send(problem=str(error))


if __name__ == "__main__":
    main()
