"""The results file of a job: a CSV of its figures, as the provider keeps it."""

import base64
import binascii
from typing import Final

from bot.access import Action, Caller
from bot.errors import NotFound
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.providers.registry import Providers

_MOST_BYTES: Final = 50_000_000


class JobResults:
    def __init__(self, lookup: JobLookup, providers: Providers) -> None:
        self._lookup = lookup
        self._providers = providers

    async def file(self, caller: Caller, job_id: str) -> tuple[Job, bytes]:
        """The job and its CSV, to be posted where the caller is. Raises NotFound, Denied, ProviderError."""
        job = await self._lookup.get(caller, job_id, Action.SEE, to_post=True)
        if not job.result_files:
            raise NotFound("no_results_file")
        content = readable(await self._providers.named(job.provider).file_content(job.result_files[0]))
        if not content:
            raise NotFound("empty_results_file")
        return job, content


def readable(content: bytes) -> bytes:
    """The CSV in a results file. OpenAI sends it encoded in base64 (its cookbook decodes it; read 2026-11-21), others
    as it is.
    """
    packed = b"".join(content.split())
    # A heading holds commas or underscores, none of which is in base64's alphabet.
    if not packed or len(packed) > _MOST_BYTES:
        return content
    try:
        decoded = base64.b64decode(packed, validate=True)
    except binascii.Error:
        return content
    return decoded if decoded.lstrip(b"\xef\xbb\xbf").startswith(b"step") else content
