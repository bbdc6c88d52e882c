"""Modals without a form: one that waits for what it will show, and one that says what went wrong."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from handlers.blocks.parts import PRIVATE_METADATA, TITLE, plain, section
from handlers.blocks.text import code, quoted, size
from texts import modals as texts


def looking(title: str, name: str) -> View:
    """Shown at once; what it is opened for follows."""
    return modal(title, [section(texts.looking_at(code(name)))])


def sorry(title: str, sentence: str) -> View:
    """`sentence` is plain text."""
    return modal(title, [section(quoted(sentence, 1500))])


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str = "modal",
    submit: str | None = None,
    close: str | None = None,
    private_metadata: str = "",
) -> View:
    """`close` names the button that closes it, if not *Close*. Raises ValueError where `private_metadata` is longer
    than the 3,000 that Slack carries."""
    if size(private_metadata) > PRIVATE_METADATA:
        raise ValueError(f"private_metadata has at most {PRIVATE_METADATA} characters")
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title, TITLE),
        submit=plain(submit, TITLE) if submit else None,
        close=plain(close or texts.close_button(), TITLE),
        blocks=blocks,
        private_metadata=private_metadata,
    )
