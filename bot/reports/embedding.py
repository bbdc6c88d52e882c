"""The glyphs of a text that has Chinese, Japanese or Korean in it, cut out of a font of this machine.

A PDF that has them needs no font of its reader. reportlab embeds only TrueType outlines, and most of these fonts have
others (CFF, cubic curves): those are drawn anew with quadratic curves, to a thousandth of the letter's height.
"""

import io
from typing import Any, Final

import msgspec
import structlog

from bot.charts.canvas import east_asian_font_files

log = structlog.get_logger()

_RESTRICTED: Final = 0x2  # OS/2 fsType: the font's licence forbids to embed it
_DROPPED: Final = ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]  # how glyphs are set, which reportlab does


class CutOut(msgspec.Struct, frozen=True):
    """A TrueType font with the glyphs of `characters`."""

    content: bytes
    characters: frozenset[str]


def cut_out(characters: frozenset[str]) -> CutOut | None:
    """From the first font that has any of them; None where there is none that may be embedded."""
    for path, index in east_asian_font_files() if characters else ():
        try:
            found = _cut_out(path, index, characters)
        except Exception as error:  # of a font that is broken, or of a kind that nobody here has seen
            log.warning("font not embedded", path=path, why=repr(error))
            continue
        if found is not None:
            return found
    return None


def _cut_out(path: str, index: int, characters: frozenset[str]) -> CutOut | None:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(path, fontNumber=index, lazy=True)
    there = characters & {chr(code) for code in font.getBestCmap()}
    if not there or font["OS/2"].fsType & _RESTRICTED:
        return None
    options = Options(layout_features=[], notdef_outline=True, hinting=False)
    options.drop_tables += _DROPPED
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(there))
    subsetter.subset(font)
    if "CFF " in font:
        _draw_as_truetype(font)
    content = io.BytesIO()
    font.save(content)
    return CutOut(content.getvalue(), there)


def _draw_as_truetype(font: Any) -> None:
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    error = font["head"].unitsPerEm / 1000
    drawn, glyphs = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(drawn)
        drawn[name].draw(Cu2QuPen(pen, error, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    font["loca"] = newTable("loca")
    font["glyf"] = table = newTable("glyf")
    table.glyphOrder, table.glyphs = font.getGlyphOrder(), glyphs
    # What TrueType's table of limits has beyond CFF's; the others are counted when it is written.
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    unused = ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements", "SizeOfInstructions")
    for name in (*unused, "Points", "Contours", "CompositePoints", "CompositeContours", "ComponentElements"):
        setattr(limits, f"max{name}", 0)
    limits.maxZones, limits.maxComponentDepth = 1, 0
    font["post"].formatType = 3.0
    font.sfntVersion = "\000\001\000\000"
