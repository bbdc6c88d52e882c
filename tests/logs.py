"""The bot's log, written where a test reads it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from app.logs import set_up_logging


@contextmanager
def bots_log(level: str = "info", *, terminal: bool = False) -> Iterator[io.StringIO]:
    root, before, written = logging.getLogger(), structlog.get_config(), io.StringIO()
    handlers, root_level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "isatty", lambda: terminal)
        patch.setattr("sys.stderr", written)
        set_up_logging(level)
        yield written
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(root_level)
