"""What all pictures share: the sheet, colours, the title, and the way into a PNG.

Made to be read on a phone, in Slack's light and dark theme alike (the picture brings its own background), and by
people who do not tell colours apart: blue and vermilion of Okabe and Ito's palette.
"""

import io
import logging
import threading
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

# Importing matplotlib takes about a second, which a bot that starts up should not wait for.
if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BACKGROUND: Final = "#FBFAF6"
INK: Final = "#2A2A2E"
FAINT_INK: Final = "#6A6A72"
BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
COLORS: Final = (BLUE, VERMILION, "#009E73", "#AA4499", "#B07C00", "#4A4A52")
"""For things beside each other, at most six: Okabe and Ito's, the last three darker, to be seen on our ground."""
_GRID: Final = "#E6E4DC"

_FONT: Final = "DejaVu Sans"  # comes with matplotlib
# The glyphs of our own words in Chinese, cut out of Noto Sans SC: scripts/chart_font.py.
_WORDS_FONT: Final = Path(__file__).parent / "fonts" / "FinetuneBotCharts.otf"
_EAST_ASIAN_FONTS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "IPAGothic",
    "Malgun Gothic",
    "NanumGothic",
    "Arial Unicode MS",
)
_TITLE: Final = 36
# Figures are separate, but matplotlib's fonts and parser of formulas are shared by all threads.
_DRAWING: Final = threading.Lock()


def sheet(height: float) -> "Figure":
    """An empty picture, 1,280 pixels wide and 160 times `height` high.

    Sizes of type are for a sheet of 6.8 inches: on a telephone that leaves it 366 pixels, 14 points are 10.5 pixels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    _use_fonts()
    layout = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)
    inches = 6.8 / 8
    figure = Figure(figsize=(8 * inches, height * inches), dpi=160 / inches, facecolor=BACKGROUND, layout=layout)
    FigureCanvasAgg(figure)
    return figure


def png(figure: "Figure") -> bytes:
    """May be called from any thread."""
    picture = io.BytesIO()
    with _DRAWING:
        # Once, and not by a drawing that nobody sees, in which `savefig` would lay it out.
        if layout := figure.get_layout_engine():
            layout.execute(figure)
            figure.set_layout_engine("none")
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def furnish(axes: "Axes", name: str) -> None:
    axes.set_facecolor(BACKGROUND)
    axes.set_ylabel(name, fontsize=14, color=FAINT_INK, labelpad=8)
    axes.grid(axis="y", color=_GRID, linewidth=1.2)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT_INK, labelsize=13, length=0, pad=6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#BDBBB2")


def set_title(axes: "Axes", title: str, pad: float) -> None:
    """One line, in fonts that can write it. What no font here can write is left out rather than drawn as empty boxes;
    where little is left of it there is no title: the message around the picture names what it shows.
    """
    # Its end tells apart: the suffix of a file, or the name that a person gave the model.
    if line := writable(title, keep_end=True):
        # `$` would start a formula, and a name may hold one.
        axes.set_title(
            line,
            loc="left",
            fontsize=17,
            fontweight="bold",
            fontfamily=name_fonts(),
            color=INK,
            pad=pad,
            parse_math=False,
        )


def writable(name: str, room: int = _TITLE, *, keep_end: bool = False) -> str:
    """`name` in one line that the fonts here (`name_fonts`) can write, in at most so many characters, of which the wide
    ones of East Asia count twice; empty where little is left of it. Too long a one loses its end, or its middle.
    """
    from matplotlib.font_manager import findfont, get_font

    fonts = [get_font(findfont(font)) for font in name_fonts()]
    wanted = [character for character in " ".join(name.split()) if character.isprintable()]
    shown = [character for character in wanted if any(font.get_char_index(ord(character)) for font in fonts)]
    if len(shown) * 3 < len(wanted) * 2:
        return ""
    line = " ".join("".join(shown).split())
    if keep_end and (whole := _shortened(line, room)) != line:
        return whole[: len(whole) // 2].rstrip() + "…" + _shortened(line[::-1], room // 2)[-2::-1].lstrip()
    return _shortened(line, room)


def name_fonts() -> list[str]:
    """For what people have named."""
    return [_FONT, *_east_asian_fonts()]


def mixed_fonts() -> list[str]:
    """For lines in which names stand among our own words."""
    return [*name_fonts(), _WORDS_FONT.stem]


def _shortened(line: str, room: int = _TITLE) -> str:
    for place, character in enumerate(line):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return line[: max(0, place - 1)].rstrip() + "…"
    return line


@cache
def _use_fonts() -> None:
    """For all text but titles, which name theirs."""
    import matplotlib
    from matplotlib.font_manager import fontManager

    # That our font has no bold face would be said at the first picture.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    fontManager.addfont(_WORDS_FONT)
    matplotlib.rcParams["font.family"] = [_FONT, _WORDS_FONT.stem]


@cache
def _east_asian_fonts() -> list[str]:
    """Those that are installed; most systems have one, a bare container has none (Debian: fonts-noto-cjk)."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in _EAST_ASIAN_FONTS if name in installed]


@cache
def east_asian_font_files() -> list[tuple[str, int]]:
    """Path, and place in the file, of the regular face of each."""
    from matplotlib.font_manager import fontManager

    found = {
        font.name: (font.fname, getattr(font, "index", 0))
        for font in fontManager.ttflist
        if font.style == "normal" and font.weight in (400, "normal", "regular")
    }
    return [found[name] for name in _east_asian_fonts() if name in found]
