"""The Home tab. That it was opened comes by `handlers.messages`."""

from typing import Final

from handlers.home import blocks
from handlers.home.listeners import HomeListeners
from handlers.routing import Feature

FEATURE: Final = Feature(
    HomeListeners,
    buttons=dict.fromkeys(
        (
            blocks.JOBS,
            blocks.MODELS,
            blocks.DATA,
            blocks.SPENDING,
            blocks.MY_SETTINGS,
            blocks.WHOSE,
            blocks.PREVIOUS,
            blocks.NEXT,
        ),
        HomeListeners.turned,
    ),
)
