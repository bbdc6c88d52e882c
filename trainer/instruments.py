"""What the trainer counts and measures, for Prometheus: every instrument, and nothing else.

Labels take few values: routes, outcomes, base models. Never a key, an id, or a name that somebody chose.
"""

from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series, which nobody reads

REGISTRY: Final = CollectorRegistry()

_CALLS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)

LOOP_UP: Final = Gauge(
    "finetune_trainer_loop_up", "Whether a part of the trainer works, as in /healthz.", ["loop"], registry=REGISTRY
)
DISK_FREE: Final = Gauge(
    "finetune_trainer_disk_free_bytes", "Free space on the disk of the data folder.", registry=REGISTRY
)
GPU_MEMORY_USED: Final = Gauge(
    "finetune_trainer_gpu_memory_used_bytes", "Memory in use on a GPU of this machine.", ["gpu"], registry=REGISTRY
)
GPU_MEMORY_SIZE: Final = Gauge(
    "finetune_trainer_gpu_memory_size_bytes", "Memory of a GPU of this machine.", ["gpu"], registry=REGISTRY
)

# Requests

REQUESTS: Final = Counter(
    "finetune_trainer_requests_total",
    "Requests, by route and status; of unknown paths and refused keys the route is empty.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS: Final = Histogram(
    "finetune_trainer_request_seconds",
    "How long requests take, to the end of the answer.",
    ["method", "route"],
    buckets=_CALLS,
    registry=REGISTRY,
)

# Training

JOBS: Final = Gauge("finetune_trainer_jobs", "Jobs in the database, by status.", ["status"], registry=REGISTRY)
QUEUE_AGE: Final = Gauge(
    "finetune_trainer_queue_oldest_age_seconds",
    "How long ago the oldest queued job was created; 0 where none is queued.",
    registry=REGISTRY,
)
PROGRESS_AT: Final = Gauge(
    "finetune_trainer_progress_timestamp_seconds",
    "When a job last began, trained a step or ended; before that, when the trainer started.",
    registry=REGISTRY,
)
JOBS_ENDED: Final = Counter(
    "finetune_trainer_jobs_ended_total",
    "Jobs that have ended, by outcome: succeeded, or the code of the error.",
    ["outcome"],
    registry=REGISTRY,
)
STEPS: Final = Counter("finetune_trainer_training_steps_total", "Steps trained.", ["base"], registry=REGISTRY)
TOKENS: Final = Counter("finetune_trainer_training_tokens_total", "Tokens trained on.", ["base"], registry=REGISTRY)

# Serving

IN_FLIGHT: Final = Gauge("finetune_trainer_generations_in_flight", "Answers being written.", registry=REGISTRY)
FIRST_TOKEN: Final = Histogram(
    "finetune_trainer_first_token_seconds",
    "From a request to the first token of its answer.",
    buckets=_CALLS,
    registry=REGISTRY,
)
GENERATIONS: Final = Counter(
    "finetune_trainer_generations_total",
    "Answers, by outcome: done, refused, cancelled, unavailable (a model or server that is not there, or too many that "
    "wait), or died (what answers).",
    ["outcome"],
    registry=REGISTRY,
)
VLLM_SERVERS: Final = Gauge(
    "finetune_trainer_vllm_servers",
    "Servers in TRAINER_VLLM_URLS, by state: up, or down (left out until they answer).",
    ["state"],
    registry=REGISTRY,
)
GENERATED: Final = Counter(
    "finetune_trainer_generated_tokens_total",
    "Tokens of answers, by kind: prompt or completion.",
    ["kind"],
    registry=REGISTRY,
)
