"""The record of a job: its states and events, in the protocol's words and order."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from trainer import instruments
from trainer.jobs.results import results_file
from trainer.objects import Checkpoint, Event, EventLevel, EventType, File, Job, Model, new_id, now
from trainer.store import Store
from trainer.training.messages import Measured, SavedModel, Started

logger = logging.getLogger(__name__)

# Those that the protocol has for checkpoints, and what tells how preferences and rewards are learned, for which it has
# none.
_CHECKPOINT_METRICS = (
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
    *(f"{part}_reward_{what}" for part in ("train", "valid", "full_valid") for what in ("accuracy", "margin")),
    *(
        f"{part}_{what}"
        for part in ("train", "full_valid")
        for what in ("mean_reward", "reward_std", "mean_parse_error", "mean_completion_tokens")
    ),
)


class Journal:
    """Writes; decides nothing. Each method is one transaction: a state and its events appear together."""

    def __init__(self, store: Store, uploads: Path, org: str) -> None:
        self._store = store
        self._uploads = uploads
        self._org = org
        # Tokens that are counted already, by job.
        self._counted: dict[str, float] = {}
        instruments.PROGRESS_AT.set_to_current_time()

    def created(self, job: Job) -> None:
        files = f"Validating training file: {job.training_file}"
        if job.validation_file:
            files += f" and validation file: {job.validation_file}"
        with self._store.atomic():
            self._store.add_job(job)
            self.say(job.id, f"Created fine-tuning job: {job.id}")
            self.say(job.id, files)
        logger.info("job %s created, base %s", job.id, job.base)

    def validated(self, id: str, lineage: dict[str, Any]) -> None:
        with self._store.atomic():
            self._store.change_job(id, status="queued", lineage=lineage, queued_at=time.time())
            self.say(id, "Files validated, moving job to queued state")

    def waits(self, id: str, place: int) -> None:
        """It has no turn yet."""
        text = "The job is the next in the queue" if place == 1 else f"The job has place {place} in the queue"
        self.say(id, text, data={"queue_position": place})

    def needs_devices(self, id: str, devices: int) -> None:
        """It stays in the queue, until so many are free."""
        with self._store.atomic():
            self._store.change_job(id, devices=devices, attempts=0)
            self.say(id, f"The memory of one GPU is not enough for this job: it trains on {devices}")

    def started(self, id: str, started: Started) -> None:
        with self._store.atomic():
            job = self._store.change_job(
                id,
                status="running",
                n_epochs=started.n_epochs,
                batch_size=started.batch_size,
                learning_rate_multiplier=started.learning_rate_multiplier,
            )
            if job.method == "dpo":
                self._store.change_job(id, beta=started.beta)
            if job.method == "reinforcement":
                chosen = {name: getattr(started, name) for name in _CHOSEN}
                self._store.change_job(id, reinforcement={**(job.reinforcement or {}), **chosen})
            self._store.change_job(id, lineage={**(job.lineage or {}), **started.lineage})
            instruments.PROGRESS_AT.set_to_current_time()
            if started.resumed_at is not None:
                self.say(id, f"Fine-tuning job resumed from step {started.resumed_at}")
                return
            self._counted[id] = 0
            self.say(id, "Fine-tuning job started", data={"lineage": started.lineage})
            if started.classes:
                self.say(id, f"The answers are {len(started.classes)} classes, and are scored as such")
            if started.cut:
                self.say(
                    id,
                    f"{started.cut} example(s) are longer than the {started.context_length} tokens that the model "
                    "reads; their ends were cut off",
                    level="warn",
                )
            if started.dropped:
                why = "leave no room for an answer" if job.method == "reinforcement" else "have nothing to learn from"
                self.say(id, f"{started.dropped} example(s) {why} and were left out", level="warn")

    def baseline(self, id: str, metrics: dict[str, float]) -> None:
        reward = f"Before training, full validation mean reward={metrics['full_valid_mean_reward']:.4f}"
        self.say(id, reward, data={"step": 0, **metrics})

    def measured(self, id: str, measured: Measured) -> None:
        step, total, metrics = measured.step, measured.total_steps, measured.metrics
        text = _step(step, total, metrics)
        with self._store.atomic():
            job = self._store.change_job(id, estimated_finish=now() + round(measured.seconds_left))
            data: dict[str, Any] = {"step": step, "total_steps": total, **metrics}
            if measured.seconds is not None:
                data["elapsed_seconds"] = round(measured.seconds, 1)
            self.say(id, text, type="metrics", data=data)
        self._count(job, float(metrics.get("elapsed_tokens", 0)))

    def _count(self, job: Job, tokens: float) -> None:
        """Count a step; `tokens` are all those of the job. Those from before a restart were counted by another
        process."""
        instruments.STEPS.labels(job.base).inc()
        instruments.TOKENS.labels(job.base).inc(max(0.0, tokens - self._counted.get(job.id, tokens)))
        self._counted[job.id] = tokens
        instruments.PROGRESS_AT.set_to_current_time()

    def _ended(self, id: str, outcome: str) -> None:
        logger.info("job %s ended: %s", id, outcome)
        self._counted.pop(id, None)
        instruments.JOBS_ENDED.labels(outcome).inc()
        instruments.PROGRESS_AT.set_to_current_time()

    def succeeded(self, job: Job, checkpoints: list[SavedModel], trained_tokens: int, best: int | None = None) -> Model:
        """`checkpoints` are the kept ones as the worker reported them, in the order of their steps; the job's model is
        that of the step `best`, or else the last."""
        results = self._write_results(job)
        final = checkpoints[-1].step if best is None else best
        with self._store.atomic():
            models = {one.step: self._publish(job, one, final=one.step == final) for one in checkpoints}
            self._store.add_file(results)
            self.say(job.id, f"New fine-tuned model created: {models[final].id}")
            self._store.change_job(
                job.id,
                status="succeeded",
                finished_at=now(),
                estimated_finish=None,
                fine_tuned_model=models[final].id,
                trained_tokens=trained_tokens,
                result_files=[results.id],
            )
            self.say(job.id, "The job has successfully completed")
        self._ended(job.id, "succeeded")
        return models[final]

    def failed(self, id: str, code: str, message: str, param: str | None = None) -> None:
        with self._store.atomic():
            self._store.change_job(
                id,
                status="failed",
                finished_at=now(),
                estimated_finish=None,
                error={"code": code, "message": message, "param": param},
            )
            self.say(id, message, level="error", data={"error_code": code, "error_param": param})
        self._ended(id, code)

    def paused(self, id: str) -> Job:
        with self._store.atomic():
            job = self._store.change_job(id, status="paused", estimated_finish=None)
            self.say(id, "The job was paused")
        return job

    def paused_with_snapshot(self, job: Job, snapshot: SavedModel) -> None:
        """The worker of a paused job has ended and left a usable model."""
        with self._store.atomic():
            self._publish(job, snapshot, final=False)

    def resumed(self, id: str) -> Job:
        with self._store.atomic():
            job = self._store.change_job(id, status="queued", attempts=0)
            self.say(id, "The job goes on")
        return job

    def cancelled(self, id: str) -> Job:
        with self._store.atomic():
            job = self._store.change_job(id, status="cancelled", finished_at=now(), estimated_finish=None)
            self.say(id, "The job was cancelled")
        self._ended(id, "cancelled")
        return job

    def requeue(self, id: str, why: str) -> None:
        with self._store.atomic():
            self._store.change_job(id, status="queued", estimated_finish=None)
            self.say(id, why, level="warn")

    def say(
        self,
        id: str,
        text: str,
        *,
        level: EventLevel = "info",
        type: EventType = "message",
        data: dict[str, Any] | None = None,
    ) -> None:
        self._store.add_event(
            Event(
                id=new_id("ftevent-"),
                job_id=id,
                created_at=now(),
                level=level,
                message=text,
                type=type,
                data=data or {},
            )
        )

    def _publish(self, job: Job, checkpoint: SavedModel, *, final: bool) -> Model:
        """Make a checkpoint a model that can be asked."""
        model = self._model(job, checkpoint, final=final)
        step, metrics = checkpoint.step, checkpoint.metrics
        self._store.add_model(model)
        self._store.add_checkpoint(
            Checkpoint(
                id=new_id("ftckpt_"),
                job_id=job.id,
                created_at=now(),
                model=model.id,
                step=step,
                metrics={"step": step, **{name: metrics[name] for name in _CHECKPOINT_METRICS if name in metrics}},
            )
        )
        if not final:
            self.say(job.id, f"Checkpoint created at step {step} with Snapshot ID: {model.id}")
        return model

    def _model(self, job: Job, checkpoint: SavedModel, *, final: bool) -> Model:
        # Each checkpoint has an id of its own; the final one is the job's model and carries the plain name.
        name = f"ft:{job.base}:{self._org}:{(job.suffix or '').replace('_', '-')}:{new_id('', 8)}"
        return Model(
            id=name if final else f"{name}:ckpt-step-{checkpoint.step}",
            base=job.base,
            folder=f"{job.id}/{checkpoint.folder}",
            created_at=now(),
            owned_by=self._org,
            job_id=job.id,
            owner=job.owner,
        )

    def _write_results(self, job: Job) -> File:
        content = results_file(self._store.metrics(job.id))
        file = File(
            id=new_id("file-"),
            filename="step_metrics.csv",
            purpose="fine-tune-results",
            bytes=len(content),
            created_at=now(),
            owner=job.owner,
        )
        (self._uploads / file.id).write_bytes(content)
        return file


# Numbers of reinforcement that were "auto" until it began.
_CHOSEN = ("compute_multiplier", "eval_interval", "eval_samples")


def _step(step: int, total: int, metrics: dict[str, int | float]) -> str:
    """A step in the service's words: programs read them."""
    if "train_mean_reward" in metrics:
        text = f"Step {step}/{total} , train mean reward={metrics['train_mean_reward']:.4f}"
        if "full_valid_mean_reward" in metrics:
            text += f", full validation mean reward={metrics['full_valid_mean_reward']:.4f}"
        return text
    text = f"Step {step}/{total}: training loss={metrics['train_loss']:.2f}"
    for name, words in (("valid_loss", "validation loss"), ("full_valid_loss", "full validation loss")):
        if name in metrics:
            text += f", {words}={metrics[name]:.2f}"
    return text
