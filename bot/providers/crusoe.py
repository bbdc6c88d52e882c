"""Crusoe's Serverless Fine-Tuning (its documentation, docs.crusoecloud.com/serverless-fine-tuning, and its published
examples, read 2026-11-30).

It trains LoRA adapters of open models by supervision, takes its settings in `method`, and batches of 16 to 1,024 in
powers of two only. Events come in either order, which is seen from the listings themselves, and without figures: those
stand at an address of their own (`/fine_tuning/jobs/ID/metrics`), which the bot does not read. Models answer at another
address than the one that trains, fine-tuned ones once they are loaded or deployed there.

Not verified, for want of an account: whether it keeps metadata or a seed (none is relied on: a job is known by its
suffix), whether it pauses jobs (not offered), and whether a job names its model by the id by which it answers
(`ftmodel-…`) or by its display name.
"""

from typing import Final

from bot.providers.vendor import Vendor

CRUSOE: Final = Vendor(
    name="crusoe",
    hosts=("api.intelligence.crusoecloud.com", "api.inference.crusoecloud.com"),
    base_url="https://api.intelligence.crusoecloud.com/v1",
    answers_at="https://api.inference.crusoecloud.com/v1",
    methods=("supervised",),
    pauses=False,
    keeps_metadata=False,
    exports=False,
)
