"""What goes to a log, where a test reads it."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import structlog


@contextmanager
def written_log(set_up: Callable[[], None], *, terminal: bool = False) -> Iterator[io.StringIO]:
    """What is logged meanwhile, after `set_up`. pytest's own handlers are kept from it: it would close them."""
    root, before, written = logging.getLogger(), structlog.get_config(), io.StringIO()
    level = root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(root, "handlers", [])
        patch.setattr(written, "isatty", lambda: terminal)
        patch.setattr("sys.stderr", written)
        set_up()
        yield written
    structlog.configure(**before)
    root.setLevel(level)
