#!/usr/bin/env python
"""Cut the glyphs of the words in pictures out of a Chinese font: bot/charts/fonts/FinetuneBotCharts.otf.

    scripts/chart_font.py NotoSansSC-Regular.otf

To be run again when those words change (a test in tests/test_charts.py tells). The font is Noto Sans SC, under the SIL
Open Font License 1.1, which lies beside the result; the wheel pylopdf-fonts-zh-cn on PyPI carries it.
"""

import sys
from pathlib import Path

import msgspec
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from texts.charts import evaluation_words, words
from texts.language import Language, speaking

FONT = Path(__file__).parents[1] / "bot" / "charts" / "fonts" / "FinetuneBotCharts.otf"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    shown: set[str] = set()
    for language in Language:
        with speaking(language):
            for said in (words(), evaluation_words()):
                shown.update(*msgspec.structs.astuple(said))
    options = Options(layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], notdef_outline=True, hinting=False)
    font = TTFont(sys.argv[1])
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(shown))
    subsetter.subset(font)
    for name in (1, 3, 4, 6, 16):  # another font may have all of the original under its name
        font["name"].setName(FONT.stem, name, 3, 1, 0x409)
    if "CFF " in font:
        font["CFF "].cff.fontNames = [FONT.stem]
    FONT.parent.mkdir(exist_ok=True)
    font.save(FONT)
    print(f"{FONT.name}: {len(font.getBestCmap())} characters, {FONT.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
