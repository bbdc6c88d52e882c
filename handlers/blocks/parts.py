"""The pieces that messages and modals are put together from, each cut to Slack's limits.

Limits from the Block Kit reference, docs.slack.dev, read 2026-11-21; the SDK's own checks cover some of them only.
Slack also refuses a message whose blocks hold about 13,200 characters together (msg_blocks_too_long; nowhere in
its documentation, slackapi/bolt-js#2509): `message` keeps to 10,000.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    ExternalDataSelectElement,
    HeaderBlock,
    ImageBlock,
    MarkdownTextObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)

from handlers.blocks.message import Message
from handlers.blocks.text import clean, clip, one_line, redact, size
from texts import formats

BLOCKS: Final = 50
CHARACTERS: Final = 10_000
TEXT: Final = 4_000
SECTION: Final = 3_000
FIELDS: Final = 10
FIELD: Final = 2_000
HEADER: Final = 150
BUTTON: Final = 75
VALUE: Final = 2_000
ALT_TEXT: Final = 2_000
OPTION: Final = 75
OPTION_VALUE: Final = 150
OPTIONS: Final = 100
PLACEHOLDER: Final = 150
HINT: Final = 2_000
TITLE: Final = 24
PRIVATE_METADATA: Final = 3_000
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30


def message(text: str, blocks: Iterable[Block]) -> Message:
    """A message within Slack's limits, whatever went into it: where the blocks are too many or too long together,
    the last ones that are not buttons give way to a line that says so.
    """
    return Message(text=clip(clean(text), TEXT) or "Finetune Bot", blocks=tuple(_fitting(list(blocks))))


def line(text: str) -> Message:
    """A message of one section. `text` is mrkdwn, escaped already."""
    return message(text, [section(text)])


def mrkdwn(text: str, limit: int = SECTION) -> MarkdownTextObject:
    """`text` is escaped already; `verbatim` keeps Slack from making links of what looks like one."""
    return MarkdownTextObject(text=clip(text, limit) or " ", verbatim=True)


def plain(text: str, limit: int) -> PlainTextObject:
    """One line that is shown as it stands. Without `emoji`, since model names hold words between colons."""
    return PlainTextObject(text=clip(one_line(redact(text)), limit) or "–", emoji=False)


def section(text: str, *, button: ButtonElement | None = None) -> SectionBlock:
    # `expand` keeps Slack from folding the text under "see more".
    return SectionBlock(text=mrkdwn(text), accessory=button, expand=True)


def fields(pairs: Sequence[tuple[str, str]]) -> SectionBlock:
    """Figures in two columns: heading and value (both escaped already), ten at most."""
    return SectionBlock(fields=[mrkdwn(f"*{name}*\n{value}", FIELD) for name, value in pairs[:FIELDS]])


def context(text: str) -> ContextBlock:
    return ContextBlock(elements=[mrkdwn(text, FIELD)])


def header(text: str) -> HeaderBlock:
    return HeaderBlock(text=plain(text, HEADER))


def divider() -> DividerBlock:
    return DividerBlock()


def image(file_id: str, alt_text: str) -> ImageBlock:
    """A picture that Slack already has as a file."""
    return ImageBlock(slack_file={"id": file_id}, alt_text=clip(one_line(alt_text), ALT_TEXT) or "Chart")


def button(
    text: str,
    action_id: str,
    value: str,
    *,
    style: Literal["primary", "danger"] | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """Raises ValueError where `value` is longer than Slack carries: cut short it would name something else."""
    if not value or size(value) > VALUE:
        raise ValueError(f"a button's value has 1 to {VALUE} characters")
    return ButtonElement(text=plain(text, BUTTON), action_id=action_id, value=value, style=style, confirm=confirm)


def confirm(title: str, text: str, yes: str, no: str, style: Literal["primary", "danger"] = "danger") -> ConfirmObject:
    return ConfirmObject(
        title=plain(title, CONFIRM_TITLE),
        text=plain(text, CONFIRM_TEXT),
        confirm=plain(yes, CONFIRM_BUTTON),
        deny=plain(no, CONFIRM_BUTTON),
        style=style,
    )


def menu(action_id: str, entries: Sequence[Option]) -> OverflowMenuElement:
    """The menu behind three dots, of one to five entries that `entry` makes: what is rarely needed. Nothing asks back
    there: what destroys something is a button, or opens a question."""
    return OverflowMenuElement(action_id=action_id, options=list(entries))


def entry(word: str, about: str, text: str, description: str | None = None) -> Option:
    """Of a menu. `word`: by which features take it (`Feature.options`); `about` comes as the text of the request."""
    return option(text, f"{word} {about}", description)


def search_menu(action_id: str, placeholder: str) -> ExternalDataSelectElement:
    """A menu whose options are searched while people type, from the first letter on; the newest stand there before."""
    return ExternalDataSelectElement(
        action_id=action_id, placeholder=plain(placeholder, PLACEHOLDER), min_query_length=0
    )


def people_menu(action_id: str, placeholder: str) -> UserSelectElement:
    """A menu of all people; the id of the one who is chosen comes as the text of the request."""
    return UserSelectElement(action_id=action_id, placeholder=plain(placeholder, PLACEHOLDER))


def actions(
    *elements: ButtonElement
    | OverflowMenuElement
    | CheckboxesElement
    | ExternalDataSelectElement
    | StaticSelectElement
    | UserSelectElement,
    block_id: str | None = None,
) -> ActionsBlock:
    return ActionsBlock(elements=list(elements), block_id=block_id)


def option(text: str, value: str, description: str | None = None) -> Option:
    """One entry of a menu; `value` has at most 150 characters, else ValueError."""
    if not value or size(value) > OPTION_VALUE:
        raise ValueError(f"an option's value has 1 to {OPTION_VALUE} characters")
    return Option(
        text=plain(text, OPTION),
        value=value,
        description=plain(description, OPTION) if description else None,
    )


def characters(block: Block) -> int:
    """All that a block holds in text, names and values of buttons included: more than Slack is likely to count."""
    return sum(size(leaf) for leaf in _strings(block.to_dict()))


def _fitting(blocks: list[Block]) -> list[Block]:
    sizes = [characters(block) for block in blocks]
    if len(blocks) <= BLOCKS and sum(sizes) <= CHARACTERS:
        return blocks
    kept = set(range(len(blocks)))
    shortened = formats.shortened()
    room = CHARACTERS - size(shortened) - 100
    # From the end: what comes first matters most, and buttons are what the message is for.
    for buttons_too in (False, True):
        for index in reversed(range(len(blocks))):
            if len(kept) < BLOCKS and sum(sizes[i] for i in kept) <= room:
                break
            if index in kept and (buttons_too or not isinstance(blocks[index], ActionsBlock)):
                kept.discard(index)
    shown = [blocks[index] for index in sorted(kept)]
    place = next((i for i, index in enumerate(sorted(kept)) if index != i), len(shown))
    return [*shown[:place], context(shortened), *shown[place:]]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
