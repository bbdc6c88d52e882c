"""The menu below what came of an evaluation. Several features share it; each takes the entries that are its own."""

from typing import Final

MORE: Final = "evaluation_more"
