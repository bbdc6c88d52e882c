"""Shortcuts: from anywhere in Slack, and in the menu of a message; one more is in `handlers.thread_examples`."""

from typing import Final

from handlers.routing import Feature, Modal
from handlers.shortcuts import blocks
from handlers.shortcuts.listeners import ShortcutListeners

FEATURE: Final = Feature(
    ShortcutListeners,
    shortcuts={
        blocks.START: ShortcutListeners.start,
        blocks.CHAT: ShortcutListeners.chat,
        blocks.NEEDS_ME: ShortcutListeners.what_needs_me,
        blocks.TRAIN: ShortcutListeners.train,
        blocks.ASK: ShortcutListeners.ask,
    },
    modals={
        blocks.START: Modal(ShortcutListeners.start_there, waiting=blocks.waiting),
        blocks.CHAT: Modal(ShortcutListeners.chat_there),
        blocks.ASK: Modal(ShortcutListeners.asked),
    },
)
