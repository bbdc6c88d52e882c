"""The trainer's settings, their defaults and their meaning. Read from the environment and from a file `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from texts import settings as texts
from trainer.errors import TrainerError
from training_files.tokens import models_cache


def cache_folder() -> Path:
    """Where base models are kept: FINETUNE_CACHE, else the platform's cache folder."""
    return models_cache().parent


def _cache_in(shared: str | None) -> Path:
    return Path(shared) / "cache" if shared is not None and not _is_bucket(shared) else cache_folder()


def _is_bucket(shared: str) -> bool:
    return "://" in shared


class Settings(BaseSettings):
    """One server's settings. What has no description comes from the command line."""

    model_config = SettingsConfigDict(
        env_prefix="TRAINER_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        frozen=True,
    )

    data: Path
    """Holds the database, uploads and fine-tuned weights."""
    org: str = "local"
    """Stands in the names of fine-tuned models."""
    host: str = "127.0.0.1"
    port: int = 8902
    shared: str | None = Field(
        None,
        description="Folder for uploads, weights and states that the machines of a cluster see under the same path, or "
        "a place in a bucket (`s3://bucket/place`) for what they exchange; by default all is in the data folder.",
    )
    cache: Path = Field(
        default_factory=lambda given: _cache_in(given.get("shared")),
        validation_alias="FINETUNE_CACHE",
        description="Folder for base models; by default `cache` in `TRAINER_SHARED`, or else `finetune-bot` in the "
        "platform's cache folder.",
    )
    key: str | None = Field(
        None, repr=False, description="A key that is valid besides those made with `keys create`; an admin's."
    )
    base_models: Path | None = Field(
        None, description="A further table of base models, shaped like `trainer/base_models.toml`."
    )
    metrics_token: str | None = Field(
        None,
        repr=False,
        description="A bearer token that is good for `/metrics` and nothing else; an admin key is good for it, too.",
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="The address, such as `http://localhost:4318`, of an OpenTelemetry collector that takes traces by "
        "OTLP over HTTP. Needs the extra `telemetry`.",
    )
    wandb_key: str | None = Field(
        None,
        repr=False,
        validation_alias="WANDB_API_KEY",
        description="The key with which jobs that ask for it are reported to Weights & Biases. With "
        "`WANDB_MODE=offline` in the environment none is needed: reports stay in the data folder, for `wandb sync`.",
    )
    devices: int | None = Field(
        None,
        ge=1,
        description="How many devices trainings may use at once: by default all NVIDIA GPUs; without any, one, the "
        "machine's processor. Above 1 there, so many jobs share it.",
    )
    save_seconds: float = Field(
        60.0, ge=0, description="About how often, in seconds, a job saves what it needs to go on."
    )
    runner: Literal["local", "ray"] = Field(
        "local",
        description="Where jobs train: `local`, on this machine, or `ray`, on a cluster; see [cluster.md](cluster.md).",
    )
    ray_address: str | None = Field(
        None,
        validation_alias="RAY_ADDRESS",
        description="The cluster's head, such as `http://ray-head:8265`: the port of its dashboard and jobs.",
    )
    ray_token: str | None = Field(
        None, repr=False, validation_alias="RAY_AUTH_TOKEN", description="The cluster's token."
    )
    ray_token_path: Path | None = Field(
        None,
        validation_alias="RAY_AUTH_TOKEN_PATH",
        description="The file with the cluster's token; by default `~/.ray/auth_token`.",
    )
    ray_cpus: float = Field(
        1.0, gt=0, description="Processors that a job takes on the cluster, for each of its GPUs where it has several."
    )
    ray_gpus: float = Field(
        0.0,
        ge=0,
        le=1,
        description="1 where jobs train on GPUs of the cluster, less where several jobs share one, 0 where it has "
        "none. A job that needs several GPUs takes whole ones.",
    )
    ray_memory: float = Field(
        0.0,
        ge=0,
        description="GB of main memory that a job takes on the cluster, for each of its GPUs where it has several; 0 "
        "claims none.",
    )
    ray_resources: dict[str, float] = Field(
        {}, description='Further resources that a job takes, as JSON, such as `{"a100": 1}`: so it finds its nodes.'
    )
    ray_labels: dict[str, str] = Field(
        {},
        description="Labels of the nodes that a job may have, as JSON of Ray's selectors, such as "
        '`{"ray.io/accelerator-type": "H100"}`.',
    )
    ray_waiting: int = Field(
        1,
        ge=1,
        description="How many jobs may wait on the cluster for room at once; all others wait in the trainer's queue. "
        "More where nodes are started only when jobs wait for them.",
    )
    ray_python: str = Field(
        "python", description="The Python on the nodes in whose environment Finetune Bot is installed."
    )
    calibrate: bool = Field(
        True,
        description="Whether a base model that was never trained on this machine is measured with a few steps, some "
        "seconds long and only while nothing else trains, when somebody asks how long a training would take.",
    )
    chat_memory: float = Field(
        0.0,
        ge=0,
        description="GB that models which answer chats may take (weights, adapters, contexts); 0 for half of what is "
        "free when the first is asked.",
    )
    chat_disk: float = Field(
        20.0,
        ge=0,
        description="GB of the cache that models in 8 bits, written for chats, may take; those unused for longest are "
        "removed.",
    )
    vllm_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses of vLLM servers, separated by commas, that answer chats (docs/trainer.md). For loopback "
        "or a network of your own: whoever reaches them needs no key of the trainer.",
    )
    vllm_adapters: Path | None = Field(
        None,
        description="Folder that the trainer shares with the vLLM servers, for fine-tuned models; by default "
        "`adapters` in the shared folder or the data folder.",
    )
    vllm_key: str | None = Field(None, repr=False, description="The vLLM servers' `--api-key`.")
    vllm_max_lora_rank: int = Field(
        16, ge=1, description="The vLLM servers' `--max-lora-rank`. Jobs whose adapter would be larger are refused."
    )
    vllm_requests: int = Field(
        64, ge=1, description="How many answers each vLLM server makes at once; further requests wait, keys in turn."
    )
    drain_seconds: int = Field(
        2,
        ge=0,
        description="How long answers that are under way may go on when the server is told to stop, in seconds.",
    )
    export_days: float = Field(7.0, gt=0, description="How long an exported model is kept to be fetched, in days.")
    graders: Path | None = Field(
        None,
        description="Folder of Python graders that may run (`*.py`), put there by an administrator; without it none "
        "runs.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names, separated by commas, under which the server may be asked besides its own address."
    )

    @field_validator("shared")
    @classmethod
    def _absolute_folder(cls, value: str | None) -> str | None:
        return value if value is None or _is_bucket(value) else str(Path(value).expanduser().absolute())

    @field_validator("data", "cache", "base_models", "graders", "ray_token_path", "vllm_adapters")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value is not None else None

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip().lower() for name in value.split(",") if name.strip())
        return value

    @field_validator("vllm_urls", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        urls = tuple(url.strip() for url in value.split(",") if url.strip())
        if not all(url.startswith(("http://", "https://")) for url in urls):
            raise PydanticCustomError("no_http_address", "it must begin with http:// or https://")
        return urls

    @property
    def adapters(self) -> Path:
        """Fine-tuned models for vLLM."""
        return self.vllm_adapters or self._home / "adapters"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may show."""
        given = (self.key, self.metrics_token, self.wandb_key, self.ray_token, self.vllm_key)
        return tuple(secret for secret in given if secret is not None)

    @property
    def bucket(self) -> str | None:
        """The address of a place in a bucket, where that is what machines share."""
        return self.shared if self.shared is not None and _is_bucket(self.shared) else None

    @property
    def _home(self) -> Path:
        return Path(self.shared) if self.shared is not None and self.bucket is None else self.data

    @property
    def uploads(self) -> Path:
        return self._home / "files"

    @property
    def parts(self) -> Path:
        """Uploads that are not complete, each in a folder of its own."""
        return self.data / "parts"

    @property
    def models(self) -> Path:
        return self._home / "models"

    @property
    def exports(self) -> Path:
        """Exported models to be fetched, each in a folder of its own."""
        return self.data / "exports"

    @property
    def states(self) -> Path:
        """What jobs go on from after an interruption: optimizer states and the like, nobody else's business."""
        return self._home / "states"

    @property
    def logs(self) -> Path:
        return self.data / "logs"


def load(data: Path, **given: Any) -> Settings:
    """The settings of this environment; what is `given` and not None goes before it.

    Raises TrainerError with one sentence for each setting that cannot be used.
    """
    try:
        return Settings(data=data, **{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise TrainerError("\n".join(map(_sentence, error.errors(include_input=False)))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise TrainerError(texts.env_unreadable(error)) from error


def variable(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"TRAINER_{name.upper()}"


def _sentence(error: Any) -> str:
    name = str(error["loc"][0])
    named = name if name.isupper() else variable(name)
    return texts.unusable(named, error["type"], error.get("ctx", {}), error["msg"])
