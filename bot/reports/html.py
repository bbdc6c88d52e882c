"""A document as one HTML file that needs nothing else: no script, nothing fetched, fit to be printed."""

import base64
from functools import cache
from typing import TYPE_CHECKING

from bot.reports.document import Document

if TYPE_CHECKING:
    from jinja2 import Template


def html_page(document: Document) -> str:
    return _template().render(document=document, base64=lambda png: base64.b64encode(png).decode())


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("bot.reports", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    ).get_template("page.html")
