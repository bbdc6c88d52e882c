"""What the bot counts and measures, for Prometheus: every instrument, and nothing else.

Labels take few values: methods, operations, outcomes, providers' names. Never an id, a name or a text of a person.
"""

from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series, which nobody reads

REGISTRY: Final = CollectorRegistry()

_QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10)
_CALLS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)

BUILD: Final = Gauge("finetune_bot_build_info", "Always 1; the label is the version.", ["version"], registry=REGISTRY)
COMPONENT_UP: Final = Gauge(
    "finetune_bot_component_up",
    "Whether a part of the bot works, as in /healthz: slack, store, and jobs for each provider.",
    ["component", "provider"],
    registry=REGISTRY,
)
LEADS: Final = Gauge(
    "finetune_bot_leads", "1 in the bot that leads, 0 in the others on the same store.", registry=REGISTRY
)
PROCESSES: Final = Gauge("finetune_bot_processes", "Bots on the same store, this one among them.", registry=REGISTRY)
DISK_FREE: Final = Gauge("finetune_bot_disk_free_bytes", "Free space on the disk of FINETUNE_DATA.", registry=REGISTRY)

# What Slack sends

PAYLOADS: Final = Counter(
    "finetune_bot_payloads_total",
    "Payloads that Slack delivered, by kind (event, command, action, submission, ...) and outcome: accepted, repeated, "
    "ignored, or refused (the store could not take it).",
    ["kind", "outcome"],
    registry=REGISTRY,
)
ACKNOWLEDGED: Final = Histogram(
    "finetune_bot_payload_acknowledge_seconds",
    "From a payload's arrival to its acknowledgement. Slack waits for three seconds.",
    ["kind"],
    buckets=_QUICK,
    registry=REGISTRY,
)
PROCESSED: Final = Counter(
    "finetune_bot_payloads_processed_total",
    "Payloads whose work has ended, by outcome: done or failed.",
    ["outcome"],
    registry=REGISTRY,
)
INBOX_DEPTH: Final = Gauge(
    "finetune_bot_inbox_depth", "Payloads that are accepted and not processed to their end.", registry=REGISTRY
)
INBOX_AGE: Final = Gauge(
    "finetune_bot_inbox_oldest_age_seconds", "Age of the oldest such payload; 0 where there is none.", registry=REGISTRY
)

# What Slack is told

SLACK_CALLS: Final = Counter(
    "finetune_bot_slack_calls_total",
    "Calls of Slack's Web API, by method and outcome: ok, refused, rate_limited, doubtful, no_connection.",
    ["method", "outcome"],
    registry=REGISTRY,
)
SLACK_SECONDS: Final = Histogram(
    "finetune_bot_slack_call_seconds",
    "How long Slack takes to answer a call.",
    ["method"],
    buckets=_CALLS,
    registry=REGISTRY,
)
SLACK_WAITED: Final = Counter(
    "finetune_bot_slack_wait_seconds_total",
    "Time that calls have waited so as to stay within Slack's rate limits.",
    ["method"],
    registry=REGISTRY,
)
NOTICES: Final = Counter(
    "finetune_bot_notices_total",
    "Attempts to post a notice, by outcome: posted, refused (given up), later, doubtful, failed.",
    ["outcome"],
    registry=REGISTRY,
)
OUTBOX_DEPTH: Final = Gauge("finetune_bot_outbox_depth", "Notices that are still to be posted.", registry=REGISTRY)
OUTBOX_AGE: Final = Gauge(
    "finetune_bot_outbox_oldest_age_seconds",
    "For how long the same notice has been the oldest that is still to be posted; 0 where there is none.",
    registry=REGISTRY,
)
CARDS_BEHIND: Final = Gauge(
    "finetune_bot_cards_behind", "Job cards that show an older state than the store has.", registry=REGISTRY
)

# Providers and jobs

PROVIDER_CALLS: Final = Counter(
    "finetune_bot_provider_calls_total",
    "Requests to providers, by operation and outcome: ok, refused, rate_limited, unreachable, doubtful, cancelled.",
    ["provider", "operation", "outcome"],
    registry=REGISTRY,
)
PROVIDER_SECONDS: Final = Histogram(
    "finetune_bot_provider_call_seconds",
    "How long requests to providers take; of chat, to the end of the answer.",
    ["provider", "operation"],
    buckets=_CALLS,
    registry=REGISTRY,
)
FOLLOWED_AT: Final = Gauge(
    "finetune_bot_follow_last_success_timestamp_seconds",
    "When a provider last answered about its jobs, or had none to be asked about; before that, when the bot began to "
    "ask. Of several workspaces it is the one that has waited longest.",
    ["provider"],
    registry=REGISTRY,
)
TASK_SECONDS: Final = Histogram(
    "finetune_bot_task_seconds",
    "How long a task takes that is begun by the clock, such as a look at a provider's jobs.",
    ["task"],
    buckets=_CALLS,
    registry=REGISTRY,
)
JOBS: Final = Gauge("finetune_bot_jobs", "Jobs in the store.", ["provider", "state"], registry=REGISTRY)

# Models that are asked

FIRST_TOKEN: Final = Histogram(
    "finetune_bot_chat_first_token_seconds",
    "From a question in a conversation to the first word of the model's answer.",
    ["provider"],
    buckets=_CALLS,
    registry=REGISTRY,
)
TOKENS: Final = Counter(
    "finetune_bot_model_tokens_total",
    "Tokens that models have read and written, by kind: prompt or completion. Chat, comparisons, evaluations and "
    "the like; not training.",
    ["provider", "kind"],
    registry=REGISTRY,
)
COST: Final = Counter(
    "finetune_bot_model_cost_usd_total",
    "What answers of models cost in US dollars, where the price is known.",
    ["provider"],
    registry=REGISTRY,
)

# The store

WRITE_SECONDS: Final = Histogram(
    "finetune_bot_store_write_seconds",
    "From asking for a write to its being on disk, the wait for others included.",
    buckets=_QUICK,
    registry=REGISTRY,
)
WRITE_FAILURES: Final = Counter(
    "finetune_bot_store_write_failures_total",
    "Writes that failed because the store could not be used: locked, full, read-only, broken.",
    registry=REGISTRY,
)
