"""What many workspaces need in the settings."""

from bot.encryption import KeyRing, key_ring
from bot.errors import StartError
from bot.settings import Settings
from texts import installing as texts
from texts.formats import sentences


def required(settings: Settings) -> KeyRing:
    """Raises StartError, which names every setting that is missing."""
    ring = key_ring(settings)
    complaints = []
    if settings.slack_bot_token is not None:
        complaints.append(texts.token_of_one())
    if settings.slack_client_secret is None:
        complaints.append(texts.no_client_secret())
    if settings.finetune_public_url is None:
        complaints.append(texts.no_public_url())
    if ring is None:
        complaints.append(texts.no_keys())
    if complaints or ring is None:
        raise StartError(sentences(*complaints))
    return ring
