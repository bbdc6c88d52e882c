"""Adding a thread to a training set, and taking back one's words."""

from typing import Final

from handlers.routing import Command, Feature, Modal, Topic
from handlers.thread_examples import blocks
from handlers.thread_examples.listeners import ThreadExampleListeners

FEATURE: Final = Feature(
    ThreadExampleListeners,
    shortcuts={blocks.SHORTCUT: ThreadExampleListeners.open},
    commands=(Command("withdraw", Topic.MANAGE, ThreadExampleListeners.command, final=True, opens=blocks.WITHDRAW),),
    buttons={
        blocks.OPTIONS: ThreadExampleListeners.options_changed,
        blocks.AGREE: ThreadExampleListeners.agree,
        blocks.DISAGREE: ThreadExampleListeners.disagree,
        blocks.WITHDRAW: ThreadExampleListeners.withdraw,
    },
    inputs=(blocks.ROLE,),
    modals={blocks.PREVIEW: Modal(ThreadExampleListeners.submitted)},
)
