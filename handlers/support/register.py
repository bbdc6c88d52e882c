"""Training sets of a channel's accepted answers."""

from typing import Final

from handlers.routing import Command, Feature, Modal, Topic
from handlers.support import modal
from handlers.support.listeners import SupportListeners

FEATURE: Final = Feature(
    SupportListeners,
    commands=(Command("answers", Topic.TRAIN, SupportListeners.command),),
    modals={modal.CALLBACK_ID: Modal(SupportListeners.submitted)},
)
