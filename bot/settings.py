"""Every setting, its default and its meaning. Read from the environment and from a file `.env`."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.addresses import http_address, https_origin
from bot.errors import StartError, UnusableSetting
from bot.providers.openai import OPENAI
from bot.providers.trainer import TRAINER
from training_files.tokens import tokenizers_folder

SLACK_API_URL: Final = "https://slack.com/api/"
SCHEMA: Final = "finetune_bot"


class Settings(BaseSettings):
    """The name of a field in capitals is the name of its environment variable."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    slack_bot_token: SecretStr | None = Field(
        None, description="The bot's token (`xoxb-…`), from *OAuth & Permissions*."
    )
    slack_app_token: SecretStr | None = Field(
        None,
        description="App-level token (`xapp-…`, scope `connections:write`). With it the bot uses Socket Mode.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        description="With it, and no app token, the bot listens for Slack's signed HTTP requests instead.",
    )
    slack_client_id: str | None = Field(
        None,
        description="With it and `SLACK_CLIENT_SECRET` the app can be installed in many workspaces, see "
        "[workspaces.md](workspaces.md): under *Basic Information*, *App Credentials*.",
    )
    slack_client_secret: SecretStr | None = Field(None, description="The secret that belongs to it.")
    slack_authorize_url: str = Field(
        "https://slack.com/oauth/v2/authorize", description="The page on which Slack asks whether to install the app."
    )
    slack_api_url: str = Field(SLACK_API_URL, description="Base of Slack's Web API.")
    http_host: str = Field("0.0.0.0", description="HTTP mode: the address to listen on.")
    http_port: int = Field(3000, ge=0, le=65535, description="HTTP mode: the port for `/slack/events`.")

    health_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="A port on which the bot says how it is: `/livez` while it runs, `/readyz` while it takes what "
        "Slack sends, `/healthz` whether it does its work, `/metrics` for Prometheus. Empty: none.",
    )
    health_host: str = Field("127.0.0.1", description="The address to listen on for that.")
    metrics_token: SecretStr | None = Field(
        None,
        description="What has to come as a bearer token with requests for `/metrics` on that port. By default nothing "
        "has to; where links to jobs lead to the same port, there are no metrics without it.",
    )

    finetune_public_url: str | None = Field(
        None,
        description="Address, such as `https://finetune.example.com`, under which people reach the bot's port, in "
        "Socket Mode that of `HEALTH_PORT`. With it each job of a public channel has a link that works outside Slack.",
    )

    openai_api_key: SecretStr | None = Field(None, description="The provider's key.")
    openai_base_url: str | None = Field(
        None, description="The provider's base URL; empty for OpenAI. The trainer's is `http://HOST:8902/v1`."
    )
    openai_webhook_secret: SecretStr | None = Field(
        None,
        description="HTTP mode: the secret (`whsec_…`) of OpenAI's webhooks to `/openai/webhook` for "
        "`fine_tuning.job.*`; with them ends of jobs are seen at once.",
    )
    finetune_providers: Path | None = Field(
        None,
        description="File that sets up several providers, see [providers.md](providers.md); by default "
        "`providers.toml` in the folder that the bot is started from, if it is there. It takes the place of the other "
        "settings of the provider. `none`: do not look for one.",
    )
    finetune_provider: str | None = Field(
        None, description="What to call the provider in messages; by default the host of its URL."
    )
    finetune_models: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Base models to offer, separated by commas; by default all that the provider can train.",
    )
    finetune_default_model: str | None = Field(None, description="The base model that the modal starts with.")

    finetune_embedding_model: str | None = Field(
        None,
        description="The provider's model for embeddings, by which `cosine` grades; for OpenAI "
        "`text-embedding-3-small`, for the trainer `wordllama-256`, for others none.",
    )

    finetune_data: Path = Field(Path("data"), description="Folder for the store and the training files.")
    finetune_database: SecretStr | None = Field(
        None,
        description="PostgreSQL database for the store, as `postgresql://USER:PASSWORD@HOST/DATABASE`; otherwise the "
        "store is a file in `FINETUNE_DATA`. The training files are in `FINETUNE_DATA` either way.",
    )
    finetune_database_schema: str = Field(
        SCHEMA,
        max_length=20,
        pattern=r"^[a-z_][a-z0-9_]*$",
        description="Its schema in that database, which the first start makes: small letters, digits and `_`, 20 at "
        "most. Bots of one Slack app share it, see [operations.md](operations.md#two-bots); those of another app need "
        "one of their own.",
    )
    finetune_encryption_keys: SecretStr | None = Field(
        None,
        description="Keys with which secrets are encrypted on disk, separated by commas: the first encrypts, all of "
        "them decrypt. `openssl rand -base64 32` makes one.",
    )
    finetune_encryption_keys_file: Path | None = Field(
        None, description="A file that holds these keys instead, one a line."
    )
    finetune_encrypt_files: bool = Field(
        False,
        description="Encrypt training files in `FINETUNE_DATA` with these keys, see [data.md](data.md). Those that are "
        "there already are encrypted at the next start.",
    )
    finetune_keep_files_days: int | None = Field(
        None,
        ge=1,
        description="For how many days after its last use a training file is kept, here and at the provider, see "
        "[data.md](data.md). By default until somebody deletes it.",
    )
    finetune_keep_messages_days: int | None = Field(
        None,
        ge=1,
        description="For how many days what is said in conversations and comparisons with models is kept. By default "
        "for good.",
    )
    finetune_keep_answers_days: int | None = Field(
        None,
        ge=1,
        description="For how many days answers of models to evaluations, judges and generations are kept. By default "
        "until the file or the model is deleted.",
    )
    finetune_keep_generations_days: int | None = Field(
        None,
        ge=1,
        description="For how many days generated examples and the texts that they were drawn from are kept; training "
        "files made of them are files. By default for good.",
    )
    finetune_admins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Administrators: people (`U…`) and user groups (`S…`) of Slack, separated by commas. They may "
        "cancel and delete what others made, set budgets, approve jobs and read the audit log.",
    )
    finetune_approvers: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="People (`U…`) and user groups (`S…`) who may approve the jobs of others; administrators may, too.",
    )
    finetune_members: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="People (`U…`) and user groups (`S…`) who may start jobs and chat; others may only look. By "
        "default everybody in the workspace is a member.",
    )
    finetune_approval_above: float | None = Field(
        None,
        ge=0,
        description="Jobs estimated at more US dollars than this need the approval of somebody else. By default none "
        "does. `/finetune budget approval` in Slack goes before it.",
    )
    finetune_approve_unknown_prices: bool = Field(
        True, description="Where jobs above a price need approval: whether those of unknown price need it, too."
    )
    finetune_max_running: int | None = Field(
        None,
        ge=1,
        description="How many jobs the provider may run for the bot at a time; further ones wait in line. By default "
        "as many as the provider takes.",
    )
    finetune_graders: Path | None = Field(
        None,
        description="Folder of Python graders that evaluations may run (`*.py`), put there by an administrator; read "
        "at start. Without it none runs.",
    )
    finetune_notices_channel: str | None = Field(
        None, description="A channel's id that hears when any job from a public channel ends."
    )
    finetune_language: Literal["en", "zh"] = Field(
        "en",
        description="The language of what stands in channels: `en` or `zh` (Simplified Chinese). `/finetune language` "
        "sets it for one channel; what one person sees is in the language of their Slack.",
    )
    finetune_allow_guests: bool = Field(False, description="Let guests of the workspace use the bot.")
    finetune_allow_other_organisations: bool = Field(
        False, description="Let people of other organisations (Slack Connect) use the bot."
    )
    finetune_max_file_mb: int = Field(512, ge=1, description="Largest training file taken, in megabytes.")
    finetune_poll_seconds: float = Field(
        5.0,
        gt=0,
        description="Seconds between two looks at a running job. One that is paused, or queued for long, has fewer.",
    )
    finetune_wandb_project: str | None = Field(
        None,
        description="A project at Weights & Biases that is told of every job: settings, figures, cost, model. Needs "
        "the extra `tracking`, and `WANDB_API_KEY`, or `WANDB_MODE=offline` in the environment.",
    )
    finetune_wandb_entity: str | None = Field(None, description="The team or person whose project that is.")
    wandb_api_key: SecretStr | None = Field(None, description="The key for Weights & Biases.")
    mlflow_tracking_uri: str | None = Field(
        None, description="The address of an MLflow server that is told of every job. Needs the extra `tracking`."
    )
    mlflow_experiment_name: str = Field("finetune-bot", description="The experiment in MLflow.")
    finetune_track_private: bool = Field(
        False, description="Tell Weights & Biases and MLflow of jobs from private channels and direct messages, too."
    )
    finetune_tokenizers: Path | None = Field(
        None,
        description="Folder with `<model>/tokenizer.json`, for exact counts of open models; by default where a trainer "
        "on this machine keeps its base models.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None,
        description="The address, such as `http://localhost:4318`, of an OpenTelemetry collector that takes traces by "
        "OTLP over HTTP. Needs the extra `telemetry`; its further variables (`OTEL_EXPORTER_OTLP_HEADERS`, "
        "`OTEL_TRACES_SAMPLER`) are read, too.",
    )
    finetune_log_level: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")

    @property
    def many_workspaces(self) -> bool:
        """Whether the app can be installed in workspaces, beside one that is set here."""
        return self.slack_client_id is not None

    @property
    def tokenizers(self) -> Path:
        return tokenizers_folder(self.finetune_tokenizers)

    @field_validator("finetune_models", "finetune_admins", "finetune_approvers", "finetune_members", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("finetune_admins", "finetune_approvers", "finetune_members")
    @classmethod
    def _people(cls, value: list[str]) -> list[str]:
        for one in value:
            if not re.fullmatch(r"[UWS][A-Z0-9]{2,}", one):
                raise PydanticCustomError("no_id_of_people", "{word}", {"word": one})
        return value

    @field_validator(
        "slack_bot_token",
        "slack_app_token",
        "slack_signing_secret",
        "slack_client_secret",
        "openai_api_key",
        "openai_webhook_secret",
        "wandb_api_key",
        "metrics_token",
        mode="before",
    )
    @classmethod
    def _token(cls, value: object) -> object:
        """A token is sent in a header, which takes no other characters; copying often adds some, and `docker run
        --env-file` keeps the quotes of a file that a shell would take off."""
        if not isinstance(value, str):
            return value
        token = value.strip()
        if len(token) > 1 and token[0] == token[-1] and token[0] in "\"'":
            token = token[1:-1].strip()
        if not token.isascii() or not token.isprintable() or set(token) & set(" \"'"):
            raise PydanticCustomError("no_token", "no token")
        return token or None

    @field_validator("openai_base_url", "slack_api_url", "slack_authorize_url", "otel_exporter_otlp_endpoint")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else http_address(value)

    @field_validator("finetune_public_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        return None if value is None else https_origin(value)

    @property
    def provider_name(self) -> str:
        """What messages call the provider."""
        if self.finetune_provider:
            return self.finetune_provider
        if not self.openai_base_url:
            return OPENAI.name
        host = urlsplit(self.openai_base_url).hostname or self.openai_base_url
        return TRAINER.name if host in TRAINER.hosts else host


def load(**overrides: object) -> Settings:
    """The settings of this environment.

    Raises StartError, which names each setting that cannot be used.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [
            UnusableSetting(str(one["loc"][0]).upper(), one["type"], one.get("ctx", {}), one["msg"])
            for one in error.errors(include_input=False)
        ]
        raise StartError("settings_unusable", problems=problems) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StartError("env_unreadable", why=error) from error
