"""What a person is told of a training file that is refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from texts.training_file_errors import sentence
from training_files import TrainingFileError


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Within it a TrainingFileError is raised in whose sentence `words`, a regular expression, are found."""
    with pytest.raises(TrainingFileError) as caught:
        yield
    assert re.search(words, sentence(caught.value)), sentence(caught.value)
