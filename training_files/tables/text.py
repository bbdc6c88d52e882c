"""A text file in any encoding, read in lines or blocks of bounded length."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from training_files.errors import TrainingFileError
from training_files.lines import open_file

LONGEST = 8 << 20
"""Characters. No line, cell or element of a file of rows is let grow longer."""

LOST = "�"
"""What stands where a character could not be read."""


class Text:
    """The text of a file. Line ends are kept as they are; damaged characters become `LOST`."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.name = path.name
        self._file = open_file(path)
        self._size = path.stat().st_size
        self._text = io.TextIOWrapper(self._file, encoding=encoding, errors="replace", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.close()

    def lines(self) -> Iterator[str]:
        """Each line with its end. Raises TrainingFileError at one that is longer than `LONGEST`."""
        readline = self._text.readline
        number = 0
        while line := readline(LONGEST):
            number += 1
            if len(line) == LONGEST:
                raise TrainingFileError("text_line_too_long", name=self.name, line=number, millions=LONGEST >> 20)
            yield line

    def read(self, characters: int) -> str:
        return self._text.read(characters)

    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return min(1.0, self._file.tell() / self._size) if self._size else 1.0

    def bytes_read(self) -> int:
        return self._file.tell()
