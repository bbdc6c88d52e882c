"""The table that the errors of each domain are written into."""

from typing import Final

from texts.sentences import Sentences

ERRORS: Final = Sentences()
