"""How sure a model is of each label, as a native chart of Slack's, and in words.

Blocks of this type: docs.slack.dev, data_visualization, read 2026-11-28; slack_sdk 3.48 has no class for it. Not every
workspace takes them, so what they show is said in words, too.
"""

from collections.abc import Sequence
from typing import Any, Final

from slack_sdk.models.blocks import Block

from handlers.blocks.text import clip, one_line, redact
from handlers.chat.blocks import stream_text
from texts import chat as texts
from texts.formats import listed, percent

CHART: Final = "data_visualization"
_CATEGORIES: Final = 20
_LABEL: Final = 20
_TITLE: Final = 50
_IN_WORDS: Final = 5

Probabilities = Sequence[tuple[str, float]]


class Chart(Block):
    """`chart` as Slack has it."""

    def __init__(self, title: str, chart: dict[str, Any]) -> None:
        super().__init__(type=CHART)
        self._title, self._chart = clip(title, _TITLE), chart

    def to_dict(self, *args: Any) -> dict[str, Any]:
        return {"type": CHART, "title": self._title, "chart": self._chart}


def probability_chart(labels: Probabilities) -> Chart:
    """Bars for the 20 likeliest, in percent."""
    names = _distinct([label for label, _ in labels[:_CATEGORIES]])
    data = [{"label": name, "value": round(100 * share, 1)} for name, (_, share) in zip(names, labels, strict=False)]
    series = [{"name": texts.likelihood(), "data": data}]
    axes = {"categories": names, "y_label": texts.percent_axis()}
    return Chart(texts.how_sure(), {"type": "bar", "series": series, "axis_config": axes})


def probability_line(labels: Probabilities) -> str:
    """The same in one line of Markdown, of the likeliest."""
    shown = [f"`{_plain(label).replace('`', chr(39))}` {percent(share)}" for label, share in labels[:_IN_WORDS]]
    return texts.likelihoods(listed(shown))


def _distinct(labels: Sequence[str]) -> list[str]:
    """Cut to what Slack takes, where no two may be the same."""
    names: list[str] = []
    for label in labels:
        name, number = clip(_plain(label), _LABEL), 2
        while name in names:
            name, number = f"{clip(_plain(label), _LABEL - 3)} {number}", number + 1
        names.append(name)
    return names


def _plain(label: str) -> str:
    return stream_text(one_line(redact(label))).strip() or "–"
