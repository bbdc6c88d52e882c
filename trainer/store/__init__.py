"""Everything the trainer knows, in one SQLite file in WAL mode: a module for each kind of thing.

Lists are newest first: `after` names the last item a client has seen and goes to older ones, as in the protocol.
"""

import sys

# sqlite-utils imports pandas where it finds it, only to know its types: a third of a second more at each start.
if "pandas" not in sys.modules:
    sys.modules["pandas"] = None  # type: ignore[assignment]
    import sqlite_utils  # noqa: F401

    del sys.modules["pandas"]
from trainer.store.events import Events
from trainer.store.exports import Exports
from trainer.store.files import Files
from trainer.store.jobs import Jobs
from trainer.store.keys import Keys
from trainer.store.models import Models
from trainer.store.paces import Paces
from trainer.store.responses import Responses
from trainer.store.turns import Turns


class Store(Files, Jobs, Events, Turns, Exports, Responses, Models, Paces, Keys):
    """One open database."""
