"""The table that the errors of each domain are written into; those of graders are said by the trainer too."""

from typing import Final

from texts import grader_errors
from texts.sentences import Sentences

ERRORS: Final = Sentences()
ERRORS.include(grader_errors.ERRORS)
