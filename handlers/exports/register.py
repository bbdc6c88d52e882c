"""Taking a fine-tuned model away."""

from typing import Final

from handlers.exports import blocks
from handlers.exports.listeners import ExportListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ExportListeners,
    commands=(Command("export", Topic.TALK, ExportListeners.command),),
    buttons={blocks.UPLOAD: ExportListeners.upload},
)
