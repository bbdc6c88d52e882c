"""The file `providers.toml`: which providers are set up, and what of each is offered.

Keys stand elsewhere: the file names a variable of the environment, or another file, so that it can be shown around.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

import msgspec
from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.addresses import http_address
from bot.errors import StartError, UnusableSetting
from bot.providers.azure_deployments import AzureAccount
from bot.providers.config import NAME, ModelPrice, ProviderConfig
from bot.providers.vendor import Vendor
from bot.providers.vendors import VENDORS
from training_files.redact import remember_secret

_KEY_FIELDS: Final = frozenset({"key", "api_key", "apikey", "secret", "token", "webhook_secret", "password"})
_VARIABLE: Final = r"[A-Za-z_][A-Za-z0-9_]*"


class ConfiguredProvider(msgspec.Struct, frozen=True):
    """How a provider is reached, and how it is set up. `vendor`: whose server it is. `azure`: where the bot may deploy
    models."""

    config: ProviderConfig
    vendor: Vendor
    key: SecretStr
    base_url: str | None = None
    webhook_secret: SecretStr | None = None
    webhook_path: str = "/openai/webhook"
    azure: AzureAccount | None = None


class PriceTable(BaseModel):
    """US dollars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    training: float | None = Field(None, ge=0, description="Of training, per million tokens.")
    input: float | None = Field(None, ge=0, description="Of what a model reads, per million tokens.")
    output: float | None = Field(None, ge=0, description="Of what a model writes, per million tokens.")
    hosting: float | None = Field(None, ge=0, description="Of keeping a model ready to answer, per hour.")


class DeploymentTable(BaseModel):
    """Of `vendor = "azure"`: where the bot may deploy models, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subscription: str = Field(min_length=1, description="The id of the Azure subscription.")
    resource_group: str = Field(min_length=1, description="The resource group.")
    account: str = Field(min_length=1, description="The name of the Azure OpenAI resource.")
    sku: str = Field(
        "Standard",
        description="The kind of deployment: `Standard`, `GlobalStandard`, `DeveloperTier` (for 24 h).",
    )
    capacity: int = Field(1, ge=1, description="Of the deployment, in thousands of tokens a minute.")
    token_command: str | None = Field(
        None,
        min_length=1,
        description="A command that prints a token for Azure Resource Manager, as "
        "`az account get-access-token --resource https://management.azure.com --query accessToken -o tsv`.",
    )
    tenant: str | None = Field(None, description="Instead of a command: the tenant of an application in Entra.")
    client_id: str | None = Field(None, description="The application's id.")
    client_secret_env: str | None = Field(
        None, description="The variable of the environment, or of `.env`, that holds the application's secret."
    )
    management_url: str = Field("https://management.azure.com", description="Of Azure's other clouds another one.")
    login_url: str = Field("https://login.microsoftonline.com", description="Of Azure's other clouds another one.")

    @field_validator("management_url", "login_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return http_address(value).rstrip("/")

    @field_validator("client_secret_env")
    @classmethod
    def _variable(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _held_by_environment(value, info)

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        of_entra = (self.tenant, self.client_id, self.client_secret_env)
        if (self.token_command is None) != all(of_entra) or (self.token_command is not None and any(of_entra)):
            raise PydanticCustomError("one_azure_token", "token")
        return self


class ProviderTable(BaseModel):
    """A table `[providers.NAME]`. A mistake's type names its sentence in `texts.settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vendor: str | None = Field(
        None, description=f"Whose server it is: {', '.join(f'`{one.name}`' for one in VENDORS)}; empty for any other."
    )
    base_url: str | None = Field(None, description="Its address; needed where the vendor has no usual one.")
    key_env: str | None = Field(None, description="The variable of the environment, or of `.env`, that holds the key.")
    key_file: Path | None = Field(None, description="The file that holds the key. One of the two is needed.")
    models: list[str] = Field(
        default_factory=list, description="Base models to offer; by default all that it can train."
    )
    default_model: str | None = Field(None, description="The base model that the modal starts with.")
    embedding_model: str | None = Field(None, description="Its model for embeddings, by which `cosine` grades.")
    max_running: int | None = Field(
        None, ge=1, description="How many jobs it may run for the bot at a time; by default `FINETUNE_MAX_RUNNING`."
    )
    channels: list[str] | None = Field(
        None, description="Channels (`C…`) in which it may be used, and no others; by default everywhere."
    )
    webhook_secret_env: str | None = Field(
        None, description="HTTP mode: the variable with the secret of its webhooks to `/webhooks/NAME`."
    )
    methods: list[Literal["supervised", "dpo", "reinforcement"]] | None = Field(
        None, description="The methods by which it trains; by default what is known of its models."
    )
    pause: bool | None = Field(None, description="Whether it pauses jobs; like the following, by default its vendor's.")
    metadata: bool | None = Field(None, description="Whether it keeps what is sent with a job.")
    webhooks: bool | None = Field(None, description="Whether it has webhooks.")
    deletion: bool | None = Field(None, description="Whether it deletes models and files.")
    wandb: bool | None = Field(None, description="Whether it reports to Weights & Biases.")
    deployment: DeploymentTable | None = Field(
        None, description="Azure: where the bot may deploy fine-tuned models, which is paid by the hour."
    )
    prices: dict[str, PriceTable] = Field(
        default_factory=dict, description="Its own prices, by model: `training`, `input`, `output`, `hosting`."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_key(cls, value: Any) -> Any:
        if isinstance(value, dict) and (found := _KEY_FIELDS & {str(name).lower() for name in value}):
            raise PydanticCustomError("key_in_file", "key", {"field": min(found)})
        return value

    @field_validator("vendor")
    @classmethod
    def _vendor(cls, value: str | None) -> str | None:
        if value is not None and value not in (names := tuple(one.name for one in VENDORS)):
            raise PydanticCustomError("unknown_vendor", "vendor", {"vendors": names})
        return value

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else http_address(value)

    @field_validator("key_env", "webhook_secret_env")
    @classmethod
    def _variable(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _held_by_environment(value, info)

    @field_validator("key_file")
    @classmethod
    def _key_file(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                key = value.expanduser().read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
                raise PydanticCustomError("key_file_unreadable", "file", {"file": str(value), "why": why}) from None
            if not key or not key.isprintable() or " " in key:
                raise PydanticCustomError("no_key_in_file", "file", {"file": str(value)})
        return value

    @field_validator("channels")
    @classmethod
    def _channels(cls, value: list[str] | None) -> list[str] | None:
        for one in value or ():
            if not re.fullmatch(r"[CDG][A-Z0-9]{2,}", one):
                raise PydanticCustomError("no_id_of_channel", "channel", {"word": one})
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.key_env is None) == (self.key_file is None):
            raise PydanticCustomError("one_key", "key")
        if self.base_url is None and _vendor(self.vendor).base_url is None:
            raise PydanticCustomError("no_base_url", "address")
        if self.deployment is not None and not _vendor(self.vendor).deploys:
            raise PydanticCustomError("nothing_to_deploy", "deployment")
        if self.default_model and self.models and self.default_model not in self.models:
            raise PydanticCustomError("default_not_offered", "model", {"model": self.default_model})
        return self


class ProvidersFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: str | None = Field(
        None, description="The name of the provider that is used where nobody has chosen; by default the first."
    )
    providers: dict[str, ProviderTable] = Field(default_factory=dict)

    @field_validator("providers", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        for name in value if isinstance(value, dict) else ():
            if not re.fullmatch(NAME, name):
                raise PydanticCustomError("no_provider_name", "name", {"name": name})
        return value

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.providers:
            raise PydanticCustomError("no_providers", "providers")
        if self.default is not None and self.default not in self.providers:
            raise PydanticCustomError("default_unknown", "default", {"name": self.default, "names": (*self.providers,)})
        return self


def read_providers(file: Path, environment: Mapping[str, str | None] | None = None) -> list[ConfiguredProvider]:
    """Those of the file, the default first. `environment`: by default this process's, and a file `.env`.

    Raises StartError, which names each mistake by its place in the file.
    """
    known = {**dotenv_values(".env"), **os.environ} if environment is None else environment
    try:
        read = ProvidersFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")), context=known)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise StartError("providers_no_toml", file=file, line=line[1] if line else "") from None
    except UnicodeDecodeError:
        raise StartError("providers_no_toml", file=file, line="") from None
    except OSError as error:
        raise StartError("providers_unreadable", file=file, why=error.strerror or error) from None
    except ValidationError as error:
        problems = [
            UnusableSetting(_place(one["loc"]), one["type"], one.get("ctx", {}), one["msg"])
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise StartError("providers_unusable", file=file, problems=problems) from None
    first = read.default or next(iter(read.providers))
    names = [first, *(name for name in read.providers if name != first)]
    return [_configured(name, read.providers[name], known) for name in names]


def _configured(name: str, table: ProviderTable, environment: Mapping[str, str | None]) -> ConfiguredProvider:
    found = _vendor(table.vendor, name)
    told = {
        "methods": None if table.methods is None else tuple(table.methods),
        "pauses": table.pause,
        "keeps_metadata": table.metadata,
        "webhooks": table.webhooks,
        "deletes": table.deletion,
        "reports_to_wandb": table.wandb,
    }
    vendor = msgspec.structs.replace(found, **{field: value for field, value in told.items() if value is not None})
    if table.key_file is not None:
        key = table.key_file.expanduser().read_text(encoding="utf-8").strip()
    else:
        key = str(environment[str(table.key_env)]).strip()
    secret = str(environment[table.webhook_secret_env]).strip() if table.webhook_secret_env else None
    for one in filter(None, (key, secret)):
        remember_secret(one)
    return ConfiguredProvider(
        ProviderConfig(
            name=name,
            vendor=vendor,
            deploys=table.deployment is not None,
            models=tuple(table.models),
            default_model=table.default_model,
            embedding_model=table.embedding_model,
            max_running=table.max_running,
            prices={model: ModelPrice(**price.model_dump()) for model, price in table.prices.items()},
            channels=None if table.channels is None else frozenset(table.channels),
        ),
        vendor,
        SecretStr(key),
        table.base_url or vendor.base_url,
        SecretStr(secret) if secret else None,
        f"/webhooks/{name}",
        _azure(table.deployment, environment) if table.deployment is not None else None,
    )


def _azure(table: DeploymentTable, environment: Mapping[str, str | None]) -> AzureAccount:
    secret = str(environment[table.client_secret_env]).strip() if table.client_secret_env else None
    if secret:
        remember_secret(secret)
    told = table.model_dump(exclude={"client_secret_env"})
    return AzureAccount(**told, client_secret=SecretStr(secret) if secret else None)


def _vendor(word: str | None, name: str = "") -> Vendor:
    return next((vendor for vendor in VENDORS if vendor.name == word), Vendor(name=name))


def _environment(info: ValidationInfo) -> Mapping[str, str | None]:
    return info.context or {}


def _held_by_environment(value: str | None, info: ValidationInfo) -> str | None:
    """A variable's name. What is none is perhaps the key itself, so it is not repeated."""
    if value is None:
        return None
    if not re.fullmatch(_VARIABLE, value):
        raise PydanticCustomError("no_variable", "variable")
    if not str(_environment(info).get(value) or "").strip():
        raise PydanticCustomError("variable_empty", "variable", {"variable": value})
    return value


def _place(parts: tuple[int | str, ...]) -> str:
    """As one would write it in TOML: `providers.lab.base_url`."""
    return ".".join(str(part) for part in parts)
