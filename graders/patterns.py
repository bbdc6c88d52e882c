"""Regular expressions in RE2's syntax, which takes linear time whatever is written."""

from functools import lru_cache
from typing import Any, Final

import re2

from graders.errors import GraderError

_LONGEST: Final = 4_000
_MEMORY: Final = 8 << 20


def found(pattern: str, text: str, *, ignore_case: bool) -> bool:
    return _compiled(pattern, ignore_case).search(text) is not None


def check_pattern(pattern: str) -> None:
    """Raises GraderError where RE2 does not take it."""
    _compiled(pattern, False)


@lru_cache(256)
def _compiled(pattern: str, ignore_case: bool) -> Any:
    if len(pattern) > _LONGEST:
        raise GraderError("grader_pattern", pattern=pattern[:60], problem="too long")
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        problem = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise GraderError("grader_pattern", pattern=pattern[:60], problem=problem[:120]) from None
