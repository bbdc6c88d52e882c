"""OpenAI itself (API reference and description 2.3.0, read 2026-11-21)."""

from typing import Final

from bot.providers.vendor import Vendor

OPENAI: Final = Vendor(
    name="openai",
    hosts=("api.openai.com",),
    base_url="https://api.openai.com/v1",
    webhooks=True,
    reports_to_wandb=True,
    exports=False,
    # It refuses fields that it does not know.
    continues=False,
    # Deprecated there, and its reasoning models refuse it (API reference, read 2026-11-29).
    takes_max_tokens=False,
    embeddings="text-embedding-3-small",
)
