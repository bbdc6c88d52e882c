"""What goes wrong before a file can be judged at all."""


class TrainingFileError(Exception):
    """A training file cannot be read or kept. `str(error)` is fit to show a person."""
