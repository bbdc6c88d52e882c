"""The protocol's objects, read from JSON.

What is read here is stored, and nobody validates what comes: an odd value is left out rather than kept. Only without an
id nothing can be done with an object; AttributeError, KeyError, TypeError and ValueError say that it is none at all.
"""

from typing import Any

import orjson

from bot.providers.chat import Embeddings, Usage
from bot.providers.interface import (
    RemoteEvent,
    RemoteExport,
    RemoteFile,
    RemoteJob,
    RemoteMemory,
    RemoteModel,
    RemoteTime,
)
from bot.providers.protocol import DPO, REINFORCEMENT, SUPERVISED, Auto, Checkpoint, Hyperparameters, JobError, Metrics
from training_files.redact import redact

Json = dict[str, Any]

SUBMISSION_KEY = "finetune_bot_submission"
"""Where a job's metadata holds our id of its submission."""

CHANNEL_KEY = "finetune_bot_channel"
"""Where it holds the channel, for a queue that is fair to channels."""

AUTO: Auto = "auto"


_OURS = {SUBMISSION_KEY, CHANNEL_KEY}


def job(raw: Json, learning_rate: float | None = None) -> RemoteJob:
    """`learning_rate`: the server tells absolute ones, and this is the one that a multiplier of ours multiplies."""
    # A healthy job's error may be null, {} or an object of nulls.
    error = _object(raw.get("error"))
    metadata = _object(raw.get("metadata"))
    return RemoteJob(
        id=id_of(raw),
        status=str(raw["status"]),
        model=str(raw["model"]),
        created_at=created_at(raw),
        training_file=str(raw["training_file"]),
        validation_file=_text(raw.get("validation_file")),
        finished_at=_number(raw.get("finished_at")) or None,
        estimated_finish=_number(raw.get("estimated_finish")) or None,
        fine_tuned_model=_text(raw.get("fine_tuned_model")),
        error=_error(error) if error.get("code") or error.get("message") else None,
        trained_tokens=_whole(raw.get("trained_tokens")),
        seed=_whole(raw.get("seed")),
        suffix=_text(raw.get("user_provided_suffix")) or _text(raw.get("suffix")),
        submission=_text(metadata.get(SUBMISSION_KEY)),
        hyperparameters=_hyperparameters(raw, learning_rate),
        result_files=tuple(file for file in _list(raw.get("result_files")) if isinstance(file, str)),
        method=_text(_object(raw.get("method")).get("type")),
        grader=_object(_object(_object(raw.get("method")).get(REINFORCEMENT)).get("grader")) or None,
        wandb=_wandb(raw),
        queue_position=_whole(raw.get("queue_position")),
        metadata={key: value for key, value in metadata.items() if key not in _OURS and _text(value)},
    )


def embeddings(raw: Json, texts: int) -> Embeddings:
    """Raises ValueError where it is not a vector for each text, all of one length."""
    in_order = sorted(raw["data"], key=lambda one: one["index"])
    vectors = tuple(tuple(float(number) for number in one["embedding"]) for one in in_order)
    if [one["index"] for one in in_order] != list(range(texts)) or len(set(map(len, vectors))) != 1:
        raise ValueError("not a vector for each text")
    tokens = _whole(_object(raw.get("usage")).get("prompt_tokens"))
    return Embeddings(vectors, None if tokens is None else Usage(tokens, 0))


def export(raw: Json) -> RemoteExport:
    progress, trial = _object(raw.get("progress")), _object(raw.get("trial"))
    asked, said = _text(trial.get("prompt")), _text(trial.get("exported"))
    why = _object(raw.get("error")).get("message")
    return RemoteExport(
        id=id_of(raw),
        status=str(raw["status"]),
        format=str(raw["format"]),
        quantization=_text(raw.get("quantization")),
        step=_text(progress.get("step")),
        done=_whole(progress.get("done")) or 0,
        total=_whole(progress.get("total")) or 0,
        file_name=_text(raw.get("filename")),
        bytes=_whole(raw.get("bytes")),
        sha256=_text(raw.get("sha256")),
        tried=(asked, redact(said)) if asked and said else None,
        why=redact(str(why)) if why else None,
    )


def _error(raw: Json) -> JobError:
    return JobError(_text(raw.get("code")), redact(str(raw.get("message") or "")), _text(raw.get("param")))


def _wandb(raw: Json) -> str | None:
    projects = (_object(_object(each).get("wandb")).get("project") for each in _list(raw.get("integrations")))
    return next(filter(None, map(_text, projects)), None)


def _hyperparameters(raw: Json, learning_rate: float | None) -> Hyperparameters:
    method = _object(raw.get("method"))
    told = next(filter(None, (_object(method.get(name)) for name in (SUPERVISED, DPO, REINFORCEMENT))), {})
    source = _object(told.get("hyperparameters")) or _object(raw.get("hyperparameters"))
    if learning_rate is not None:
        absolute = _number(source.get("learning_rate")) or _number(source.get("learning_rate_multiplier"))
        source = source | {"learning_rate_multiplier": absolute and round(absolute / learning_rate, 6)}

    # Azure says -1 for auto.
    def whole(name: str) -> int | Auto:
        value = _whole(source.get(name))
        return value if value is not None and value > 0 else AUTO

    def positive(name: str) -> float | Auto:
        value = _number(source.get(name))
        return value if value is not None and value > 0 else AUTO

    return Hyperparameters(
        n_epochs=whole("n_epochs"),
        batch_size=whole("batch_size"),
        learning_rate_multiplier=positive("learning_rate_multiplier"),
        beta=positive("beta"),
        reasoning_effort=_text(source.get("reasoning_effort")) or AUTO,
        compute_multiplier=positive("compute_multiplier"),
        eval_interval=whole("eval_interval"),
        eval_samples=whole("eval_samples"),
    )


def event(raw: Json) -> RemoteEvent:
    data = _object(raw.get("data"))
    return RemoteEvent(
        id=id_of(raw),
        created_at=created_at(raw),
        level=str(raw.get("level") or "info"),
        type=str(raw.get("type") or "message"),
        message=redact(str(raw.get("message") or "")),
        metrics=_metrics(data) if raw.get("type") == "metrics" and data else None,
        data=orjson.dumps(data).decode() if data else None,
    )


def checkpoint(raw: Json) -> Checkpoint:
    step = _whole(raw.get("step_number")) or 0
    return Checkpoint(
        id=id_of(raw),
        model=str(raw["fine_tuned_model_checkpoint"]),
        step=step,
        metrics=_metrics({**_object(raw.get("metrics")), "step": step}),
    )


def file(raw: Json) -> RemoteFile:
    return RemoteFile(
        id=id_of(raw),
        name=str(raw.get("filename") or ""),
        bytes=_whole(raw.get("bytes")) or 0,
        created_at=created_at(raw),
    )


def model(raw: Json) -> RemoteModel:
    trainable, methods = raw.get("fine_tunable"), raw.get("methods")
    return RemoteModel(
        id=id_of(raw),
        created_at=_number(raw.get("created")) or 0,
        owned_by=str(raw.get("owned_by") or ""),
        fine_tunable=trainable if isinstance(trainable, bool) else None,
        methods=tuple(map(str, methods)) if isinstance(methods, list) else (),
        context_length=_whole(raw.get("context_length")),
        shutdown_date=_text(raw.get("shutdown_date")),
        parameters=_whole(raw.get("parameters")),
    )


def training_time(raw: Json) -> RemoteTime | None:
    seconds, memory = _number(raw.get("seconds")), _memory(raw)
    seconds = seconds if seconds is not None and seconds > 0 else None
    if seconds is None and memory is None:
        return None
    return RemoteTime(seconds, _whole(raw.get("trainings")) or 0, memory)


def _memory(raw: Json) -> RemoteMemory | None:
    needed, fits = _whole(raw.get("memory_bytes")), raw.get("fits")
    if not needed:
        return None
    return RemoteMemory(
        needed,
        total=_whole(raw.get("memory_total_bytes")),
        fits=fits if isinstance(fits, bool) else None,
        longest=_whole(raw.get("longest_that_fits")),
        models=tuple(map(str, _list(raw.get("models_that_fit")))),
    )


def id_of(raw: Json) -> str:
    found = raw["id"]
    if not isinstance(found, str) or not found:
        raise ValueError("no id")
    return found


def created_at(raw: Json) -> float:
    return _number(raw.get("created_at")) or 0


def _metrics(data: Json) -> Metrics | None:
    """Keys that were not measured are absent. None where there is no step that the figures could belong to."""
    step = _whole(data.get("step"))
    if step is None or step < 0:
        return None
    measured = {name: _number(data.get(name)) for name in _FIGURES}
    return Metrics(
        step=step,
        total_steps=_whole(data.get("total_steps")) or None,
        not_finite=any(_is_beyond(data.get(name)) for name in _FIGURES),
        **measured,
    )


_FIGURES = tuple(name for name in Metrics.__struct_fields__ if name not in {"step", "total_steps", "not_finite"})


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    """Without the infinite and the not-a-number, which JSON cannot keep (a training that diverged has them)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or _is_beyond(value):
        return None
    return value


def _is_beyond(value: object) -> bool:
    return isinstance(value, int | float) and not abs(value) < _LARGEST


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


_LARGEST = 2**53
"""From here on a float skips whole numbers; times, steps and tokens stay far below."""
