"""Where a new training file may be written."""

from pathlib import Path

from training_files.errors import TrainingFileError


def require_replaceable(*outs: Path) -> None:
    """A new file takes the place of what stands at `out`, which must not be a device, a pipe or a folder: as an
    administrator, `-o /dev/null` would replace the device. Raises TrainingFileError.
    """
    for out in outs:
        if out.exists() and not out.is_file():
            raise TrainingFileError("not_replaceable", path=str(out))
