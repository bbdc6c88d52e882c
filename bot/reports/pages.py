"""Laying out a document, in a process of its own: a chart and a PDF take a second of a processor."""

from collections.abc import Sequence

import msgspec

from bot.charts.training import loss_chart
from bot.charts.words import ChartWords
from bot.providers.protocol import Metrics
from bot.reports.document import Document, Picture, Section
from bot.reports.html import html_page
from bot.reports.pdf import pdf_page


class Curves(msgspec.Struct, frozen=True):
    """What the chart of a job is drawn from. `section`: the number of the one that it stands in, at its beginning."""

    metrics: Sequence[Metrics]
    words: ChartWords
    method: str
    title: str
    alt_text: str
    section: int


class Pages(msgspec.Struct, frozen=True):
    html: bytes
    pdf: bytes


def lay_out(document: Document, curves: Curves | None) -> Pages:
    if curves is not None:
        png = loss_chart(curves.metrics, curves.words, method=curves.method, title=curves.title)
        document = _with_picture(document, curves.section, Picture(png, curves.alt_text))
    return Pages(html_page(document).encode(), pdf_page(document))


def _with_picture(document: Document, number: int, picture: Picture) -> Document:
    sections = list(document.sections)
    there = sections[number]
    sections[number] = Section(there.heading, (picture, *there.blocks))
    return msgspec.structs.replace(document, sections=tuple(sections))
