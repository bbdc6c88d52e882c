"""Nebius Token Factory (documentation and notebooks, read 2026-11-21).

It lists events oldest first, which is seen from the listing itself.
"""

from typing import Final

from bot.providers.vendor import Vendor

NEBIUS: Final = Vendor(
    name="nebius",
    hosts=("api.tokenfactory.nebius.com",),
    keeps_metadata=False,
    exports=False,
)
