"""The cause of a provider's refusal, as one of those that the bot knows.

By the protocol's error code; where there is none, or none that we know, by words in the message, and at last by the
HTTP status, which servers without codes have, and Azure has as its code. Codes from the
API reference and from published errors, read 2026-11-21. What each means in plain words, and what to do about it, says
`texts.provider_errors`.
"""

import re
from enum import StrEnum
from typing import Final

from bot.providers.protocol import TRAINING_NOT_AVAILABLE, JobError


class Cause(StrEnum):
    TOO_FEW = "too_few"
    BAD_FILE = "bad_file"
    BAD_VALIDATION = "bad_validation"
    MODERATION = "moderation"
    WOUND_DOWN = "wound_down"
    QUOTA = "quota"
    KEY = "key"
    PERMISSION = "permission"
    MODEL = "model"
    DEPLOYMENT = "deployment"
    FILE_GONE = "file_gone"
    FILE_NOT_READY = "file_not_ready"
    JOB_GONE = "job_gone"
    FILE_DELETED = "file_deleted"
    ALREADY_FOLLOWED = "already_followed"
    UNKNOWN_PROVIDER = "unknown_provider"
    RESTORED = "restored"
    RATE = "rate"
    TOO_MANY_JOBS = "too_many_jobs"
    SERVER = "server"
    CONNECTION = "connection"
    MEMORY = "memory"
    DISK = "disk"
    SETTING = "setting"
    TOO_LONG = "too_long"
    UNKNOWN = "unknown"


def cause_of(error: JobError) -> Cause:
    """UNKNOWN for one that is new to us."""
    code = (error.code or "").strip().lower()
    if (known := _BY_CODE.get(code)) is not None:
        return known
    said = next((cause for pattern, cause in _BY_WORDS if pattern.search(error.message)), None)
    return said or _BY_STATUS.get(code, Cause.UNKNOWN)


_BY_CODE: Final[dict[str, Cause]] = {
    "invalid_n_examples": Cause.TOO_FEW,
    "too_few_examples": Cause.TOO_FEW,
    "invalid_training_file": Cause.BAD_FILE,
    "invalid_file_format": Cause.BAD_FILE,
    "invalid_file": Cause.BAD_FILE,
    "invalidpayload": Cause.BAD_FILE,
    "invalid_validation_file": Cause.BAD_VALIDATION,
    "moderation_failed": Cause.MODERATION,
    "content_policy_violation": Cause.MODERATION,
    "content_filter": Cause.MODERATION,
    TRAINING_NOT_AVAILABLE: Cause.WOUND_DOWN,
    "insufficient_quota": Cause.QUOTA,
    "exceeded_quota": Cause.QUOTA,
    "billing_hard_limit_reached": Cause.QUOTA,
    "billing_not_active": Cause.QUOTA,
    "invalid_api_key": Cause.KEY,
    "missing_api_key": Cause.KEY,
    "invalid_authentication": Cause.KEY,
    "account_deactivated": Cause.KEY,
    "permission_denied": Cause.PERMISSION,
    "insufficient_permissions": Cause.PERMISSION,
    "missing_scope": Cause.PERMISSION,
    "model_not_found": Cause.MODEL,
    "model_not_available": Cause.MODEL,
    "invalid_model": Cause.MODEL,
    "deploymentnotfound": Cause.DEPLOYMENT,
    "file_not_found": Cause.FILE_GONE,
    "file_not_ready": Cause.FILE_NOT_READY,
    "file_deleted": Cause.FILE_DELETED,
    "already_followed": Cause.ALREADY_FOLLOWED,
    "unknown_provider": Cause.UNKNOWN_PROVIDER,
    "restored": Cause.RESTORED,
    "job_not_found": Cause.JOB_GONE,
    "fine_tune_not_found": Cause.JOB_GONE,
    "rate_limit_exceeded": Cause.RATE,
    "rate_limit_error": Cause.RATE,
    "slow_down": Cause.RATE,
    "max_active_jobs": Cause.TOO_MANY_JOBS,
    "daily_rate_limit_exceeded": Cause.TOO_MANY_JOBS,
    "server_error": Cause.SERVER,
    "internal_error": Cause.SERVER,
    "server_is_overloaded": Cause.SERVER,
    "service_unavailable": Cause.SERVER,
    "connection_error": Cause.CONNECTION,
    "timeout": Cause.CONNECTION,
    "out_of_memory": Cause.MEMORY,
    "disk_full": Cause.DISK,
    "invalid_hyperparameters": Cause.SETTING,
    "invalid_value": Cause.SETTING,
    "unsupported_parameter": Cause.SETTING,
    "unsupported_value": Cause.SETTING,
    "unknown_parameter": Cause.SETTING,
    "string_above_max_length": Cause.TOO_LONG,
    "context_length_exceeded": Cause.TOO_LONG,
}

# The first that fits counts. Messages are untrusted, so no pattern has two quantifiers that match the same text.
_BY_WORDS: Final[tuple[tuple[re.Pattern[str], Cause], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), cause)
    for pattern, cause in (
        (r"fine-?tuning is (?:no longer|not) available|no longer (?:be )?able to (?:create|start)", Cause.WOUND_DOWN),
        (r"at least \d{1,6} examples", Cause.TOO_FEW),
        (r"usage polic|safety|moderation|\bRAI\b|harm types", Cause.MODERATION),
        (r"is not available for fine-?tuning|does not exist|model not found", Cause.MODEL),
        (r"quota|billing|credit", Cause.QUOTA),
        (r"api[ _-]?key|unauthori[sz]ed|authentication", Cause.KEY),
        (r"permission|forbidden", Cause.PERMISSION),
        (r"could not find fine.?tune", Cause.JOB_GONE),
        (r"is not ready", Cause.FILE_NOT_READY),
        (r"no such file|file not found|no file with the id", Cause.FILE_GONE),
        (r"out of memory", Cause.MEMORY),
        (r"no space left|disk full", Cause.DISK),
        (r"rate limit|too many requests", Cause.RATE),
        (r"connection|timed? ?out|unreachable", Cause.CONNECTION),
        (r"overloaded|internal server|server error|bad gateway|unavailable", Cause.SERVER),
        (r"validation[ _]file", Cause.BAD_VALIDATION),
        (r"training[ _]file|jsonl|expected file", Cause.BAD_FILE),
    )
)

_BY_STATUS: Final[dict[str, Cause]] = {
    "401": Cause.KEY,
    "403": Cause.PERMISSION,
    "408": Cause.CONNECTION,
    "409": Cause.SERVER,
    "413": Cause.TOO_LONG,
    "422": Cause.SETTING,
    "429": Cause.RATE,
    **dict.fromkeys(("500", "502", "503", "504"), Cause.SERVER),
}
