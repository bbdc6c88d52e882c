"""What a provider's error means in plain words, and what to do about it.

By the protocol's error code; where there is none, or none that we know, by words in the message. Codes from the
API reference and from published errors, read 2026-11-21.
"""

import re
from typing import Final

from bot.jobs.job import JobError


def explain(error: JobError) -> str:
    """Two or three sentences of ours, in plain text, fit to show a person, without a word of the provider's."""
    known = _BY_CODE.get((error.code or "").strip().lower())
    if known is not None:
        return known
    for pattern, explanation in _BY_WORDS:
        if pattern.search(error.message):
            return explanation
    return _UNKNOWN


_TOO_FEW: Final = (
    "The training file has fewer examples than the provider asks for (at least 10). Add examples and drop "
    "the file again; a few dozen good ones are a better start than the bare minimum."
)
_BAD_FILE: Final = (
    "The provider could not use the training file. Its message says where it stopped; correct the file and "
    "drop it again."
)
_BAD_VALIDATION: Final = (
    "The provider could not use the validation file. Correct that file and drop it again, or start without "
    "one: training does not need it."
)
_MODERATION: Final = (
    "The provider's safety check turned the file, or the model that came out of it, down. Look for examples "
    "that its usage policies do not allow, take them out and try again; people who work for the provider "
    "can say more."
)
_WOUND_DOWN: Final = (
    "This provider no longer trains for your organisation. OpenAI is closing fine-tuning step by step: "
    "newcomers since 7 May 2026, inactive customers since 2 July 2026, everybody on 6 January 2027. The "
    "training file is fine: start it with another provider, or with the trainer that comes with Finetune "
    "Bot and runs on your own hardware."
)
_QUOTA: Final = (
    "The account at the provider has no credit left, or has reached its spending limit. An administrator "
    "can add credit or raise the limit on the provider's billing page; then try again."
)
_KEY: Final = (
    "The provider refused the bot's API key. An administrator needs to put a valid one into the bot's settings."
)
_PERMISSION: Final = (
    "The bot's API key is valid but may not do this. An administrator needs to give it the right to "
    "fine-tune, or use another key."
)
_MODEL: Final = (
    "The provider does not know this base model, or does not fine-tune it. Choose another one: /finetune "
    "models lists what can be trained."
)
_FILE_GONE: Final = (
    "The provider no longer has the file. Try again: the bot uploads its own copy anew, if it still has one."
)
_FILE_NOT_READY: Final = (
    "The provider was still working on the uploaded file. Wait a minute, then try again; nothing is wrong "
    "with the file."
)
_JOB_GONE: Final = (
    "The provider has no such job any more. It may have been deleted there, or the bot now uses another account. "
    "Try again to start a new one; if the old one should still run, ask an administrator to look at the provider."
)
_FILE_DELETED: Final = (
    "The bot no longer has the training file: it was deleted. Drop it into the channel again and start from there."
)
_RATE: Final = (
    "The provider gets more requests from this account than it allows at a time. Nothing is wrong with the "
    "job: try again in a few minutes."
)
_TOO_MANY_JOBS: Final = (
    "The provider runs no more jobs for this account at the same time. Wait until one has finished, or "
    "cancel one, then try again."
)
_SERVER: Final = (
    "The provider had trouble of its own. Nothing is wrong with the job: try again in a few minutes, and "
    "look at the provider's status page if it happens again."
)
_CONNECTION: Final = (
    "The bot could not reach the provider. Try again in a few minutes; if it happens again, an "
    "administrator should check the provider's address in the settings and the network."
)
_MEMORY: Final = (
    "The hardware ran out of memory. Try again with a smaller batch size, shorter examples or a smaller base model."
)
_DISK: Final = (
    "The disk of the trainer is full. An administrator needs to make room, for example by deleting models "
    "that nobody uses; then try again."
)
_SETTING: Final = (
    "The provider does not accept one of the settings. Its message says which; start the job again with "
    "that one changed, or left on auto."
)
_TOO_LONG: Final = (
    "An example or a setting is longer than the provider allows. Its message says which; shorten it and try again."
)
_UNKNOWN: Final = (
    "This error is new to the bot; what the provider says about it stands above. Trying again helps if the "
    "trouble was passing. If it happens again, correct what the message names, or ask an administrator."
)

_BY_CODE: Final[dict[str, str]] = {
    "invalid_n_examples": _TOO_FEW,
    "too_few_examples": _TOO_FEW,
    "invalid_training_file": _BAD_FILE,
    "invalid_file_format": _BAD_FILE,
    "invalid_file": _BAD_FILE,
    "invalidpayload": _BAD_FILE,
    "invalid_validation_file": _BAD_VALIDATION,
    "moderation_failed": _MODERATION,
    "content_policy_violation": _MODERATION,
    "content_filter": _MODERATION,
    "training_not_available": _WOUND_DOWN,
    "insufficient_quota": _QUOTA,
    "exceeded_quota": _QUOTA,
    "billing_hard_limit_reached": _QUOTA,
    "billing_not_active": _QUOTA,
    "invalid_api_key": _KEY,
    "missing_api_key": _KEY,
    "invalid_authentication": _KEY,
    "account_deactivated": _KEY,
    "permission_denied": _PERMISSION,
    "insufficient_permissions": _PERMISSION,
    "missing_scope": _PERMISSION,
    "model_not_found": _MODEL,
    "model_not_available": _MODEL,
    "invalid_model": _MODEL,
    "deploymentnotfound": _MODEL,
    "file_not_found": _FILE_GONE,
    "file_not_ready": _FILE_NOT_READY,
    "file_deleted": _FILE_DELETED,
    "job_not_found": _JOB_GONE,
    "rate_limit_exceeded": _RATE,
    "rate_limit_error": _RATE,
    "slow_down": _RATE,
    "max_active_jobs": _TOO_MANY_JOBS,
    "daily_rate_limit_exceeded": _TOO_MANY_JOBS,
    "server_error": _SERVER,
    "internal_error": _SERVER,
    "server_is_overloaded": _SERVER,
    "service_unavailable": _SERVER,
    "connection_error": _CONNECTION,
    "timeout": _CONNECTION,
    "out_of_memory": _MEMORY,
    "disk_full": _DISK,
    "invalid_hyperparameters": _SETTING,
    "invalid_value": _SETTING,
    "unsupported_parameter": _SETTING,
    "unsupported_value": _SETTING,
    "unknown_parameter": _SETTING,
    "string_above_max_length": _TOO_LONG,
    "context_length_exceeded": _TOO_LONG,
}

# The first that fits counts. Messages are untrusted, so no pattern has two quantifiers that match the same text.
_BY_WORDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), explanation)
    for pattern, explanation in (
        (r"fine-?tuning is (?:no longer|not) available|no longer (?:be )?able to (?:create|start)", _WOUND_DOWN),
        (r"at least \d{1,6} examples", _TOO_FEW),
        (r"usage polic|safety|moderation|\bRAI\b|harm types", _MODERATION),
        (r"is not available for fine-?tuning|does not exist|model not found", _MODEL),
        (r"quota|billing|credit", _QUOTA),
        (r"api[ _-]?key|unauthori[sz]ed|authentication", _KEY),
        (r"permission|forbidden", _PERMISSION),
        (r"is not ready", _FILE_NOT_READY),
        (r"no such file|file not found", _FILE_GONE),
        (r"out of memory", _MEMORY),
        (r"no space left|disk full", _DISK),
        (r"rate limit|too many requests", _RATE),
        (r"connection|timed? ?out|unreachable", _CONNECTION),
        (r"overloaded|internal server|server error|bad gateway|unavailable", _SERVER),
        (r"validation file", _BAD_VALIDATION),
        (r"training file|jsonl|expected file", _BAD_FILE),
    )
)
