"""A document as HTML and as PDF: whatever stands in it does no harm, and it needs nothing else."""

import re
from html.parser import HTMLParser

from parts import measured

from bot.charts.words import ChartWords
from bot.providers.protocol import Metrics
from bot.reports.document import Document, Facts, Grid, Paragraph, Section
from bot.reports.html import html_page
from bot.reports.pages import Curves, lay_out
from bot.reports.pdf import pdf_page

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


def test_a_pdf_takes_any_text_and_names_a_chinese_font() -> None:
    made = pdf_page(document(f"{HOSTILE} 客服对话，さくら 한국어 😀 é → ✓ Привет\n" + "很长" * 400, language="zh"))
    assert b"/STSong-Light" in made
    assert b"DejaVuSans" in made


def test_a_long_table_goes_over_several_pages_with_its_headings() -> None:
    rows = tuple((str(number), "x" * 200) for number in range(200))
    made = pdf_page(Document("Long", "", "en", (Section("Rows", (Grid(("Number", "Text"), rows),)),), ""))
    assert len(re.findall(rb"/Type /Page\b", made)) > 3
