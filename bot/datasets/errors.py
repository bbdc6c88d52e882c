"""What goes wrong before a file can be judged at all."""


class DatasetError(Exception):
    """A training file cannot be read. The message is fit to show a person."""
