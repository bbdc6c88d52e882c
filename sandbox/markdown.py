"""Standard Markdown as HTML, as in Slack's markdown block and in streamed text. Raw HTML is escaped.

docs.slack.dev/reference/block-kit/blocks/markdown-block (read 2026-11-21).
"""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from sandbox.emoji import shortcodes
from sandbox.mrkdwn import SAFE_SCHEMES

_URL = re.compile(r"(https?://[^\s<>)]*[^\s<>).,:;!?])")
_BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def to_html(text: str) -> str:
    """A whole text, which may be unfinished, as in a stream."""
    return str(_parser.render(text)).strip()


def _link(address: str, label: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(label)}</a>'


def _adapt(state: StateCore) -> None:
    """Adapt to the page: its headings begin at level 3, its policy forbids inline styles, links open a new tab."""
    for index, token in enumerate(state.tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        token.attrs.pop("style", None)
        for child in token.children or []:
            if child.type == "link_open":
                child.attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
        if token.children and index > 1 and state.tokens[index - 2].type == "list_item_open":
            text = token.children[0].content
            token.children[0].content = _BOXES.get(text[:4], text[:4]) + text[4:]


def _text(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """Text with emoji; addresses in it become links, except within a link."""
    text = tokens[index].content
    if sum(token.nesting for token in tokens[:index] if token.type in ("link_open", "link_close")):
        return shortcodes(escape(text))
    # The split puts the addresses at odd places.
    parts = enumerate(_URL.split(text))
    return "".join(_link(part, part) if number % 2 else shortcodes(escape(part)) for number, part in parts)


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """A link: Slack shows no images in Markdown."""
    return _link(str(tokens[index].attrs["src"]), tokens[index].content)


def _code(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return f"<pre>{escape(tokens[index].content.rstrip(chr(10)))}</pre>\n"


_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_parser.validateLink = lambda url: url.startswith(SAFE_SCHEMES)  # type: ignore[method-assign]
_parser.core.ruler.push("adapt", _adapt)
for _kind, _rule in (("text", _text), ("image", _image), ("fence", _code), ("code_block", _code)):
    _parser.add_render_rule(_kind, _rule)
_parser.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
_parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
