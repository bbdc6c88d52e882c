"""The rows of a Parquet file, read by arro3 in batches. Runs in a subprocess with limits only."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training_files.errors import TrainingFileError
from training_files.tables.subprocess_reader import Beginning

_COUNTING = 2.0
"""Seconds spent on counting the rows before they are given."""

_BATCH = 64
"""Rows at a time: few, since a row of text may be large."""


def read_parquet(path: Path) -> Iterator[Beginning | tuple[int, dict[str, Any]]]:
    """First how many rows there are, then each with its number and its values by column."""
    import arro3.io

    number = 0
    try:
        yield _counted(path)
        for batch in arro3.io.read_parquet(path, batch_size=_BATCH):
            for row in batch.to_struct_array().to_pylist():
                number += 1
                yield number, {name: _plain(value) for name, value in row.items()}
    except (MemoryError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # what goes wrong in Rust may come as a panic, which is no Exception
        raise TrainingFileError("damaged_parquet", name=path.name, rows=number) from error


def _counted(path: Path) -> Beginning:
    import arro3.io

    total, begun = 0, time.monotonic()
    for batch in arro3.io.read_parquet(path):
        total += batch.num_rows
        if time.monotonic() - begun > _COUNTING:
            return Beginning(total, counted=False)
    return Beginning(total)


def _plain(value: Any) -> Any:
    """What JSON can hold; bytes are text that lacks its mark."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
