"""Having a model write training examples."""

from typing import Final

from handlers.generation import card, modal, review_blocks
from handlers.generation.listeners import GenerationListeners
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    GenerationListeners,
    commands=(Command("generate", Topic.TRAIN, GenerationListeners.command),),
    buttons={
        **dict.fromkeys(modal.CHANGES, GenerationListeners.changed),
        card.CONTROLS.pause: GenerationListeners.pause,
        card.CONTROLS.resume: GenerationListeners.resume,
        card.CONTROLS.cancel: GenerationListeners.cancel,
        review_blocks.SAMPLE: GenerationListeners.sample,
        review_blocks.KEEP_ALL: GenerationListeners.keep_all,
        review_blocks.KEEP: GenerationListeners.keep,
        review_blocks.EDIT: GenerationListeners.open_edit,
        review_blocks.DROP: GenerationListeners.drop,
        review_blocks.AGAIN: GenerationListeners.again,
    },
    modals={
        modal.CALLBACK_ID: Modal(GenerationListeners.submitted, modal.wrong),
        review_blocks.EDIT: Modal(GenerationListeners.edited),
    },
    searches={modal.TEACHER: GenerationListeners.search_models},
)
