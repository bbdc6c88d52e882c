"""Azure OpenAI (Microsoft's documentation, read 2026-11-21).

Each resource has an address of its own. A file is processed for a while, and `-1` stands for auto. A fine-tuned model
answers only once somebody has deployed it, which is paid by the hour, and by the deployment's name.

Not verified, for want of an account: whether it keeps metadata (none are sent, a job is known by its file, model, seed
and time), whether it pauses jobs (not offered), and whether it takes `method`.
"""

from typing import Final

from bot.providers.vendor import Vendor

AZURE: Final = Vendor(
    name="azure",
    hosts=(".openai.azure.com",),
    api_version="2024-10-21",
    pauses=False,
    settings_in_method=False,
    keeps_metadata=False,
    exports=False,
    continues=False,
    deploys=True,
)
