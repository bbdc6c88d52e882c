"""`finetune-bot doctor --compare`: a real workspace and real providers, held to what sandbox and trainer do."""

import msgspec

from app import connecting
from app.doctor.slack_cases import slack_cases
from bot.doctor.comparison import compared
from bot.doctor.finding import Finding, warning
from bot.doctor.provider_cases import free_cases, paid_cases
from bot.models.catalogue import listed_base_models
from bot.providers.clients import client_of
from bot.providers.configured import ConfiguredProvider
from bot.providers.interface import ProviderError
from bot.providers.openai_protocol import OpenAIProtocol
from bot.settings import Settings
from texts.doctor import comparison as texts

_NO_KEY = "sk-not-a-key-of-anybody-0123456789"


class Comparing(msgspec.Struct, frozen=True):
    """`channel`: in which Slack is compared; None for not at all. `paid`: also what costs a little."""

    channel: str | None = None
    paid: bool = False

    async def slack(self, settings: Settings) -> list[Finding]:
        if self.channel is None:
            return [warning("not_compared", why=texts.no_channel())]
        people = (*settings.finetune_admins, *settings.finetune_approvers, *settings.finetune_members)
        person = next((one for one in people if not one.startswith("S")), None)
        return await compared(slack_cases(connecting.slack_client(settings), self.channel, person))

    async def provider(self, configured: ConfiguredProvider) -> list[Finding]:
        provider, stranger = _connect(configured, configured.key.get_secret_value()), _connect(configured, _NO_KEY)
        try:
            cases = list(free_cases(provider, stranger))
            model = await _model(configured, provider) if self.paid else None
            if model is not None:
                cases += paid_cases(provider, model)
            found = await compared(cases)
            return [*found, warning("not_compared", why=texts.no_model())] if self.paid and model is None else found
        finally:
            await provider.close()
            await stranger.close()


def _connect(configured: ConfiguredProvider, key: str) -> OpenAIProtocol:
    client = client_of(configured.vendor, key, configured.base_url)
    return OpenAIProtocol(configured.config.name, client, vendor=configured.vendor)


async def _model(configured: ConfiguredProvider, provider: OpenAIProtocol) -> str | None:
    """The one that is asked: the default, else the first base model."""
    config = configured.config
    if config.default_model or config.models:
        return config.default_model or config.models[0]
    try:
        return next(iter(listed_base_models(await provider.models())), None)
    except ProviderError:
        return None
