"""Nebius Token Factory (documentation and notebooks, read 2026-11-21).

It lists events and checkpoints oldest first, which is seen from the listings themselves, and tells no metrics.
Its learning rate is absolute, 1e-5 where none is given. A job is known by its suffix, or its seed if it tells that.

It documents supervised training only, and no pause. Not verified, for want of an account: whether it takes `method` or
metadata all the same.
"""

from typing import Final

from bot.providers.vendor import Vendor

NEBIUS: Final = Vendor(
    name="nebius",
    hosts=("api.tokenfactory.nebius.com",),
    base_url="https://api.tokenfactory.nebius.com/v1/",
    methods=("supervised",),
    pauses=False,
    settings_in_method=False,
    learning_rate=1e-5,
    keeps_metadata=False,
    exports=False,
)
