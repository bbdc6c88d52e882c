"""A document as a PDF on A4.

Letters are those of DejaVu Sans, which comes with matplotlib, and are embedded. Of Chinese, Japanese and Korean the
glyphs that occur are cut out of a font of this machine, and embedded, too. What no font here has is of the Asian fonts
of the PDF standard: each reader draws them with a font of its own system. So nothing has to be downloaded, and no font
of 10 MB travels with the bot.
"""

import io
import re
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.reports.document import Block, Document, Facts, Grid, Paragraph, Picture
from bot.reports.embedding import cut_out

_LETTERS: Final = "DejaVuSans"
_BOLD: Final = "DejaVuSans-Bold"
_EMBEDDED: Final = "EastAsian"
_CHINESE: Final = "STSong-Light"
_KOREAN: Final = "HYSMyeongJo-Medium"
_JAPANESE: Final = "HeiseiMin-W3"
_HANGUL: Final = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_KANA: Final = "\u3040-\u30ff\u31f0-\u31ff"
_EAST_ASIAN: Final = re.compile(rf"[{_HANGUL}]+|[{_KANA}]+|[\u2e80-\u303f\u3200-\u9fff\uf900-\ufaff\uff00-\uffef]+")
# What neither font has: emoji and other planes. A box would stand for each.
_NOT_DRAWN: Final = re.compile("[\U00010000-\U0010ffff\ufe00-\ufe0f\u200b-\u200f\u2028-\u202e]")
_INK: Final = "#2a2a2e"
_FAINT: Final = "#5a5a62"
_LINE: Final = "#e6e4dc"
_BLUE: Final = "#0072b2"
_WIDTH: Final = 178.0 / 25.4 * 72 - 12  # A4 without its margins and the frame's own, in points
_NAMES: Final = 0.3


_embedded: ContextVar[frozenset[str]] = ContextVar("embedded", default=frozenset())
"""The characters that the embedded font has."""


def pdf_page(document: Document) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import HRFlowable, KeepTogether, SimpleDocTemplate, Spacer
    from reportlab.platypus import Paragraph as Flowing

    style = _styles()
    _embed(frozenset("".join(_EAST_ASIAN.findall("".join(_texts(document))))))
    story: list[Any] = [
        Flowing(_marked(document.title, bold=True), style["title"]),
        Flowing(_marked(document.subtitle), style["faint"]),
    ]
    for section in document.sections:
        heading = [
            Spacer(1, 10),
            Flowing(_marked(section.heading, bold=True), style["heading"]),
            HRFlowable(width="100%", thickness=1.2, color=_BLUE, spaceBefore=1, spaceAfter=5),
        ]
        first, *rest = [_drawn(block, style) for block in section.blocks] or [Spacer(1, 1)]
        story += [KeepTogether([*heading, first]), *rest]
    story += [Spacer(1, 14), Flowing(_marked(document.footer), style["faint"])]
    made = io.BytesIO()
    SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=16 * mm,
        rightMargin=16 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=document.title,
        lang=document.language,
        creator="Finetune Bot",
        invariant=1,
    ).build(story, onFirstPage=_numbered, onLaterPages=_numbered)
    return made.getvalue()


def _texts(value: object) -> Iterator[str]:
    """All that is written in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, msgspec.Struct):
        yield from _texts(msgspec.structs.astuple(value))


def _embed(characters: frozenset[str]) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    found = cut_out(characters)
    if found is not None:
        pdfmetrics.registerFont(TTFont(_EMBEDDED, io.BytesIO(found.content)))
    _embedded.set(found.characters if found is not None else frozenset())


def _numbered(canvas: Any, page: Any) -> None:
    canvas.saveState()
    canvas.setFont(_LETTERS, 8)
    canvas.setFillColor(_FAINT)
    canvas.drawRightString(page.pagesize[0] - page.rightMargin, 28, str(canvas.getPageNumber()))
    canvas.restoreState()


def _drawn(block: Block, style: dict[str, Any]) -> Any:
    from reportlab.platypus import Paragraph as Flowing

    match block:
        case Paragraph():
            return Flowing(_marked(block.text), style["body"])
        case Facts():
            widths = [_WIDTH * _NAMES, _WIDTH * (1 - _NAMES)]
            rows = [
                [Flowing(_marked(name), style["name"]), Flowing(_marked(value), style["body"])]
                for name, value in block.pairs
            ]
            return _table(rows, widths)
        case Grid():
            heads = [Flowing(_marked(name), style["name"]) for name in block.columns]
            cells = [[Flowing(_marked(cell), style["cell"]) for cell in row] for row in block.rows]
            return _table([heads, *cells], _widths(block), lined=True)
        case Picture():
            return _image(block)


def _table(rows: list[list[Any]], widths: list[float], *, lined: bool = False) -> Any:
    from reportlab.platypus import Table

    commands: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    if lined:
        commands.append(("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE))
    return Table(rows, colWidths=widths, style=commands, repeatRows=int(lined), hAlign="LEFT", spaceAfter=6)


def _widths(grid: Grid) -> list[float]:
    """By the longest cell of each column, within bounds."""
    longest = [
        min(max(8, *(len(row[at]) for row in (grid.columns, *grid.rows))), 48) for at in range(len(grid.columns))
    ]
    return [_WIDTH * one / sum(longest) for one in longest]


def _image(picture: Picture) -> Any:
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image

    width, height = ImageReader(io.BytesIO(picture.png)).getSize()
    shown = min(_WIDTH, 420.0)
    return Image(io.BytesIO(picture.png), width=shown, height=shown * height / width, hAlign="LEFT")


def _marked(text: str, *, bold: bool = False) -> str:
    """Escaped, in reportlab's markup, with the font that has each run of characters."""
    parts, end = [], 0
    text = _NOT_DRAWN.sub("", text)
    for run in _EAST_ASIAN.finditer(text):
        parts += [_font(_BOLD if bold else _LETTERS, text[end : run.start()]), _font(_east_asian(run[0]), run[0])]
        end = run.end()
    return "".join([*parts, _font(_BOLD if bold else _LETTERS, text[end:])]).replace("\n", "<br/>")


def _font(name: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<font name="{name}">{escaped}</font>' if text else ""


def _east_asian(run: str) -> str:
    if _embedded.get().issuperset(run):
        return _EMBEDDED
    if re.match(f"[{_HANGUL}]", run):
        return _KOREAN
    return _JAPANESE if re.match(f"[{_KANA}]", run) else _CHINESE


@cache
def _styles() -> dict[str, Any]:
    from matplotlib import get_data_path
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    fonts = Path(get_data_path()) / "fonts" / "ttf"
    for name in (_LETTERS, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(fonts / f"{name}.ttf")))
    for name in (_CHINESE, _KOREAN, _JAPANESE):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    body = ParagraphStyle(
        "body", fontName=_LETTERS, fontSize=9, leading=13, textColor=_INK, wordWrap="CJK", spaceAfter=3
    )
    return {
        "body": body,
        "cell": ParagraphStyle("cell", body, fontSize=8, leading=11.5, spaceAfter=0),
        "name": ParagraphStyle("name", body, textColor=_FAINT, fontSize=8.5),
        "faint": ParagraphStyle("faint", body, textColor=_FAINT),
        "title": ParagraphStyle("title", body, fontName=_BOLD, fontSize=17, leading=22),
        "heading": ParagraphStyle("heading", body, fontName=_BOLD, fontSize=11.5, leading=15, spaceAfter=0),
    }
