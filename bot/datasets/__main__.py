"""`python -m bot.datasets > docs/findings.md` writes that page."""

import sys

from bot.datasets.findings import page

sys.stdout.buffer.write(page().encode())
