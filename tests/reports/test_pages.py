"""A document as HTML and as PDF: whatever stands in it does no harm, and it needs nothing else."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import ANY

import msgspec
import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from bot.charts.canvas import east_asian_font_files
from bot.charts.words import ChartWords
from bot.providers.protocol import Metrics
from bot.reports import embedding
from bot.reports.document import Document, Facts, Grid, Paragraph, Section
from bot.reports.embedding import cut_out
from bot.reports.html import html_page
from bot.reports.pages import Curves, lay_out
from bot.reports.pdf import pdf_page
from tests.browser import chromium
from tests.parts import measured

HOSTILE = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)> & {{ 7 * 7 }}'


def document(text: str, **fields: str) -> Document:
    blocks = (Facts(((text, text),)), Grid((text,), ((text,),)), Paragraph(text))
    return Document(**{"title": text, "subtitle": text, "language": "en", "footer": text, **fields}, sections=(
        Section(text, blocks),
    ))  # fmt: skip


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> _Read:
    found = _Read()
    found.feed(page)
    return found


@pytest.mark.browser
async def test_no_heading_and_no_number_of_a_table_is_broken() -> None:
    grid = Grid(("Step", "Validation loss", "Answers"), (("1,200", "36.1%", "a" * 200 + " " + "b" * 200),))
    page = html_page(msgspec.structs.replace(document("x"), sections=(Section("Checkpoints", (grid,)),)))
    async with chromium() as browser:
        tab = await browser.new_page(viewport={"width": 500, "height": 800})
        await tab.set_content(page)
        lines = (
            "(cell) => { const all = new Range(); all.selectNodeContents(cell); return all.getClientRects().length; }"
        )
        told = await tab.locator("th, td").evaluate_all(f"cells => cells.map({lines})")
        assert told == [1, ANY, 1, 1, 1, ANY]  # of two words may be broken
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 500


def test_a_name_that_is_a_script_stands_in_the_page_as_text() -> None:
    found = read(html_page(document(HOSTILE)))
    assert not {"script", "img"} & found.tags
    assert "onerror" not in found.attributes
    assert found.text.count(HOSTILE) == 10


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    words = ChartWords(**dict.fromkeys(ChartWords.__struct_fields__, "word {length}"))
    metrics: list[Metrics] = [one.metrics for step in range(1, 9) if (one := measured(step)).metrics]
    pages = lay_out(document("Plain"), Curves(metrics, words, "supervised", "t", "It falls.", 0))
    page = pages.html.decode()
    found = read(page)
    assert "script" not in found.tags
    assert not {"link", "iframe", "object"} & found.tags
    assert [source[:22] for source in found.attributes["src"]] == ["data:image/png;base64,"]
    assert not re.search(r"https?:|url\(|@import", page)
    assert found.attributes["alt"] == ["It falls."]
    assert "default-src 'none'" in page
    assert pages.pdf.startswith(b"%PDF-")
    assert b"/Subtype /Image" in pages.pdf


def test_a_pdf_takes_any_text_and_names_a_chinese_font_where_this_machine_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding, "east_asian_font_files", list)
    made = pdf_page(document(f"{HOSTILE} 客服对话，さくら 한국어 😀 é → ✓ Привет\n" + "很长" * 400, language="zh"))
    assert b"/STSong-Light" in made
    assert b"DejaVuSans" in made


needs_font = pytest.mark.skipif(not east_asian_font_files(), reason="needs a font with Chinese (fonts-noto-cjk)")


@needs_font
def test_a_pdf_brings_the_glyphs_of_its_chinese_and_no_others() -> None:
    made = pdf_page(document("Tickets 客服对话，很长", language="zh"))
    assert b"STSong" not in made
    assert made.count(b"/FontFile2") == 3, "letters, bold ones, and these"
    assert len(made) < 200_000


@needs_font
def test_each_pdf_has_the_glyphs_of_its_own_text() -> None:
    """One process makes many."""
    first, again = pdf_page(document("客服对话")), pdf_page(document("训练报告"))
    assert b"STSong" not in first + again
    assert pdf_page(document("客服对话")) == first


@needs_font
def test_glyphs_that_are_cut_out_look_as_they_did() -> None:
    """Drawn by TrueType's curves, each fills the same box, to a hundredth of its height."""
    path, index = east_asian_font_files()[0]
    cut = cut_out(frozenset("客服很"))
    assert cut is not None
    original, made = TTFont(path, fontNumber=index), TTFont(io.BytesIO(cut.content))
    assert "glyf" in made
    for character in cut.characters:
        boxes = []
        for font in (original, made):
            pen = BoundsPen(font.getGlyphSet())
            font.getGlyphSet()[font.getBestCmap()[ord(character)]].draw(pen)
            boxes.append(pen.bounds)
        assert boxes[0] == pytest.approx(boxes[1], abs=original["head"].unitsPerEm / 100)


def test_a_font_that_cannot_be_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    monkeypatch.setattr(embedding, "east_asian_font_files", lambda: [(str(broken), 0)])
    assert b"STSong" in pdf_page(document("客服对话"))


def test_a_long_table_goes_over_several_pages_with_its_headings() -> None:
    rows = tuple((str(number), "x" * 200) for number in range(200))
    made = pdf_page(Document("Long", "", "en", (Section("Rows", (Grid(("Number", "Text"), rows),)),), ""))
    assert len(re.findall(rb"/Type /Page\b", made)) > 3
