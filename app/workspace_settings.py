"""The settings of one workspace among many: the bot's, and before them those of a file in its own folder."""

from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from pydantic import SecretStr

from app.stores import has_store, of_workspace
from bot.settings import Settings, load
from bot.store.installations import known_installation
from bot.workspaces.installation import Installation, folder_of, schema_of

FILE: Final = "workspace.env"
# Ids of people and channels are a workspace's own: those of one must mean nothing in another.
_PEOPLE: Final = ("finetune_admins", "finetune_approvers", "finetune_members", "finetune_notices_channel")
_ACCOUNT: Final = ("finetune_provider", "finetune_providers", "openai_api_key", "openai_base_url")
# What a workspace's file may set: who may do what, what may be spent, how it reads, and whose account trains.
_OWN: Final = frozenset(
    {
        *_PEOPLE,
        *_ACCOUNT,
        "finetune_allow_guests",
        "finetune_allow_other_organisations",
        "finetune_approval_above",
        "finetune_approve_unknown_prices",
        "finetune_default_model",
        "finetune_embedding_model",
        "finetune_language",
        "finetune_max_file_mb",
        "finetune_max_running",
        "finetune_models",
    }
)
# Slack is heard by the process, and so is whoever asks how it is.
_OF_THE_PROCESS: Final = (
    *("slack_app_token", "slack_signing_secret", "slack_client_id", "slack_client_secret"),
    *("health_port", "finetune_public_url", "openai_webhook_secret"),
)


def as_its_bot_has_them(settings: Settings, team: str) -> tuple[Settings, str, bool]:
    """For a command while no bot runs: the settings, the bot's id in Slack, and whether its provider's account is
    shared; with no `team`, of a bot that serves one workspace. Raises StartError."""
    if not team:
        return settings, "", False
    of_workspace(settings, team)  # it is a workspace's id
    folder, url, schema = settings.finetune_data, settings.finetune_database, settings.finetune_database_schema
    installation = known_installation(folder, url, schema, team) if has_store(settings) else None
    # Of one that is not known nobody is the administrator: it was moved, and the app is not installed there yet.
    installation = installation or Installation(team, "", "", "", 0.0)
    own, shares_account = settings_of(settings, installation)
    return own, installation.bot_user, shares_account


def settings_of(settings: Settings, installation: Installation) -> tuple[Settings, bool]:
    """The workspace's settings, and whether it shares its provider's account with others. Raises StartError.

    Whoever installed the app is its administrator, unless the file names some.
    """
    folder = folder_of(settings.finetune_data, installation.team)
    given = {name.lower(): value for name, value in dotenv_values(folder / FILE).items() if value}
    own = {name: value for name, value in given.items() if name in _OWN}
    tokens = installation.tokens
    values = settings.model_dump(exclude=set(_OF_THE_PROCESS)) | dict.fromkeys(_OF_THE_PROCESS)
    values |= {"finetune_approvers": [], "finetune_members": [], "finetune_notices_channel": None}
    values["finetune_admins"] = [installation.installed_by] if installation.installed_by else []
    shares_account = not own.keys() & set(_ACCOUNT)
    if not shares_account:  # the key of one account is sent to no other address
        values |= dict.fromkeys(_ACCOUNT)
        values["finetune_providers"] = Path("none")
    values |= own
    values |= {"finetune_data": folder, "slack_bot_token": SecretStr(tokens.bot) if tokens else None}
    own_schema = {"finetune_database_schema": schema_of(settings.finetune_database_schema, installation.team)}
    return load(_env_file=None, **values).model_copy(update=own_schema), shares_account
