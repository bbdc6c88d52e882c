"""What must survive a crash: one SQLite file in WAL mode. No other room knows SQL."""

import sys

# sqlite-utils imports pandas where it finds it, only to know its types: a third of a second more at each start.
if "pandas" not in sys.modules:
    sys.modules["pandas"] = None  # type: ignore[assignment]
    import sqlite_utils  # noqa: F401

    del sys.modules["pandas"]
