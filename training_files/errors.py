"""What goes wrong before a file can be judged at all."""

import tempfile
from pathlib import Path


class TrainingFileError(Exception):
    """A training file cannot be read or kept. `kind` names a function of `texts.training_file_errors`, `values` are
    what it takes; a file's `name` is among them as a rule. (Where sentences have not moved there yet, the kind is one.)
    """

    def __init__(self, kind: str, /, **values: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values

    def calling(self, path: Path, name: str) -> "TrainingFileError":
        """The same about the file at `path`, which people know by another name."""
        values = {key: name if value == path.name else value for key, value in self.values.items()}
        return TrainingFileError(self.kind.replace(path.name, name), **values)

    def __str__(self) -> str:
        """For logs."""
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.values.items())])


def no_room(error: OSError) -> TrainingFileError:
    """A temporary file cannot be written."""
    return TrainingFileError("no_room", folder=tempfile.gettempdir(), reason=error.strerror or str(error))
