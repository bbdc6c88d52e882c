"""The child in which a workbook or a Parquet file is parsed; `subprocess_reader` starts it.

Run as `python -m training_files.tables.subprocess_child KIND PATH BYTES SECONDS`. It writes one JSON value a line: a
`Beginning`, each row as `[number, cells]` or `[number, {column: value}]`, an `End`.
"""

import os
import sys
from pathlib import Path

import msgspec

from training_files.errors import TrainingFileError
from training_files.tables.parquet import read_parquet
from training_files.tables.subprocess_reader import End
from training_files.tables.workbook import read_workbook


def main() -> None:
    kind, path, memory, seconds = sys.argv[1:]
    _limit(int(memory), int(seconds))
    out = sys.stdout.buffer
    encode = msgspec.json.Encoder(enc_hook=str).encode
    end = End()
    try:
        for value in read_parquet(Path(path)) if kind == "parquet" else read_workbook(Path(path)):
            out.write(encode(value) + b"\n")
    except TrainingFileError as error:
        end = End(error.kind, error.values)
    except MemoryError:
        os._exit(1)  # the parent knows what to say
    out.write(encode(end) + b"\n")
    out.flush()
    os._exit(0)  # nothing is left to do, and freeing a large sheet takes its time


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent watches
        return
    limits = [("RLIMIT_AS", memory), ("RLIMIT_CPU", seconds), ("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0)]
    for name, most in limits:
        try:
            kind = getattr(resource, name)
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
        except (AttributeError, ValueError, OSError):  # macOS refuses the first: the parent watches
            continue


if __name__ == "__main__":
    main()
