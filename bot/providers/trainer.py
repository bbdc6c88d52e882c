"""The trainer that comes with Finetune Bot, on the team's own hardware."""

from typing import Final

from bot.providers.vendor import Vendor

TRAINER: Final = Vendor(
    name="trainer",
    hosts=("127.0.0.1", "::1", "localhost"),
    free=True,
    reports_to_wandb=True,
    shares_by_channel=True,
    embeddings="wordllama-256",
)
