"""The `openai` SDK's errors, classified by what may be done about them."""

import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import openai

from bot.providers.interface import (
    Doubtful,
    ProviderError,
    RateLimited,
    Refused,
    TooManyJobs,
    Unintelligible,
    Unreachable,
)
from bot.unreachable import why_unreachable
from training_files.redact import redact

_LONGEST_RETRY_AFTER = 600.0


@asynccontextmanager
async def errors_classified() -> AsyncIterator[None]:
    """Turns the SDK's errors, and those of reading an answer that is something else, into ours."""
    try:
        yield
    except openai.APITimeoutError as error:
        # A time-out while connecting means that nothing was sent.
        if type(error.__cause__).__name__ in {"ConnectTimeout", "PoolTimeout"}:
            raise _unreachable(error, "timeout") from error
        raise Doubtful("no_answer_in_time", code="timeout") from error
    except openai.APIConnectionError as error:
        if type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol"}:
            raise _unreachable(error, "connection_error") from error
        raise Doubtful("connection_broke", code="connection_error") from error
    except openai.APIStatusError as error:
        raise _from_status(error) from error
    except openai.APIError as error:
        # An error in the middle of a stream, or a body that does not fit the protocol.
        raise _from_stream(error) from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # Nobody validates what comes back: a page of HTML with status 200 gets as far as here.
        raise Unintelligible("not_the_protocol", code="unintelligible") from error


def _unreachable(error: openai.APIConnectionError, code: str) -> Unreachable:
    why = why_unreachable(error, str(error.request.url))
    return Unreachable(why.kind, why.values, code=code)


def _from_status(error: openai.APIStatusError) -> ProviderError:
    body = error.body if isinstance(error.body, dict) else {}
    message = redact(_sentence(body.get("message") or body.get("detail")) or error.message)
    code = error.code if isinstance(error.code, str) and error.code != str(error.status_code) else None  # Azure's
    return _classified(message, code, error.status_code, error.response.headers.get("retry-after"))


def _from_stream(error: openai.APIError) -> ProviderError:
    """The status had been sent already; vLLM and others tell it as the code."""
    code = error.code or ""
    status = int(code) if code.isascii() and code.isdecimal() else _STATUS_OF.get(code)
    message = redact(error.message)
    if status is None:
        return Doubtful(message, code=error.code)
    return _classified(message, code if code in _STATUS_OF else None, status, None)


_STATUS_OF = {
    "context_length_exceeded": 400,
    "content_filter": 400,
    "invalid_prompt": 400,
    "model_not_found": 404,
    "insufficient_quota": 429,
    "rate_limit_exceeded": 429,
}


def _classified(message: str, code: str | None, status: int, retry_after: str | None) -> ProviderError:
    if status in {400, 429} and (code in _TOO_MANY_JOBS or _SAYS_TOO_MANY_JOBS.search(message)):
        return TooManyJobs(message, code=code or "max_active_jobs", status=status)
    if status == 429 and code != "insufficient_quota":
        return RateLimited(
            message, code=code or "rate_limit_exceeded", status=status, retry_after=_retry_after(retry_after)
        )
    if status >= 500 or status in {408, 409}:
        return Doubtful(message, code=code, status=status)
    if status in {400, 413, 422} and _SAYS_TOO_LONG.search(message):
        code = "context_length_exceeded"
    return Refused(message, code=code, status=status)


# Only OpenAI and the trainer have a code for it: "This model's maximum context length is 4096 tokens", "Prompt contains
# 9000 tokens … which exceeds the model's context length", "the request exceeds the available context size" (llama.cpp).
_SAYS_TOO_LONG = re.compile(r"context (length|size|window)|maximum model length|prompt is too long", re.IGNORECASE)
# "This fine-tune request has been rate-limited. Your organization has reached the maximum of 8 fine-tuning requests per
# day for the model …" (johny-b/llmcomp#58, read 2026-11-21); other servers say it in words of their own.
_TOO_MANY_JOBS = {"daily_rate_limit_exceeded", "max_active_jobs"}
_SAYS_TOO_MANY_JOBS = re.compile(
    r"fine-?tun\w* request has been rate-limited|maximum (number )?of (\d+ )?(active|running|concurrent|fine-?tuning) "
    r"(fine-?tuning )?(jobs|requests)|too many (active|running|concurrent|fine-?tuning) (fine-?tuning )?jobs",
    re.IGNORECASE,
)


def _sentence(told: object) -> str:
    """Servers built on FastAPI (Nebius) answer 422 with a list of what is wrong where, instead of a message."""
    if isinstance(told, list):
        return " ".join(
            f"{'.'.join(map(str, one.get('loc') or ()))}: {one.get('msg')}." if isinstance(one, dict) else str(one)
            for one in told
        )
    return str(told) if told else ""


def _retry_after(header: str | None) -> float:
    """Seconds; a date, or anything else that is no number, counts as ten."""
    try:
        seconds = float(header or 10)
    except ValueError:
        return 10
    return min(max(seconds, 0), _LONGEST_RETRY_AFTER) if math.isfinite(seconds) else 10
