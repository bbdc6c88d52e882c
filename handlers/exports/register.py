"""Taking a fine-tuned model away."""

from typing import Final

from handlers.blocks.model_name import MODEL_EXPORT
from handlers.exports import blocks
from handlers.exports.listeners import ExportListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ExportListeners,
    commands=(Command("export", Topic.TALK, ExportListeners.command, opens=MODEL_EXPORT),),
    buttons={
        MODEL_EXPORT: ExportListeners.choose,
        blocks.AS: ExportListeners.chosen,
        blocks.UPLOAD: ExportListeners.upload,
    },
)
