"""The table that the findings of each section are written into."""

from typing import Final

from texts.sentences import Sentences

FOUND: Final = Sentences()
