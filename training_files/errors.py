"""What goes wrong before a file can be judged at all."""

import tempfile


class TrainingFileError(Exception):
    """A training file cannot be read or kept. `str(error)` is fit to show a person."""


def no_room(error: OSError) -> TrainingFileError:
    """A temporary file cannot be written."""
    return TrainingFileError(
        f"There is no room for a temporary file in {tempfile.gettempdir()}: {error.strerror or error}. "
        "Make room there, or name another folder in TMPDIR."
    )
