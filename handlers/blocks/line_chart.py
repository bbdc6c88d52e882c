"""Lines over a few categories as a native chart of Slack's, and the same in words.

Blocks of this type: docs.slack.dev, data_visualization, read 2026-11-28; slack_sdk 3.48 has no class for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.blocks.message import DataBlock
from handlers.blocks.parts import section
from handlers.blocks.text import clip

LINE_CHART: Final = "data_visualization"
_CATEGORIES: Final = 20
_SERIES: Final = 6
_LABEL: Final = 20
_TITLE: Final = 50


class LineChart(DataBlock):
    """`series`: by name, a value for each of the `categories`, which all differ. `in_words` (mrkdwn) says what it
    shows, where Slack does not take it."""

    def __init__(
        self,
        title: str,
        categories: Sequence[str],
        series: Mapping[str, Sequence[float]],
        *,
        x_label: str,
        y_label: str,
        in_words: str,
    ) -> None:
        super().__init__(LINE_CHART, section(in_words))
        names = [clip(name, _LABEL) for name in categories[:_CATEGORIES]]
        self._title = clip(title, _TITLE)
        self._chart = {
            "type": "line",
            "series": [
                {
                    "name": clip(name, _LABEL),
                    "data": [{"label": at, "value": value} for at, value in zip(names, values, strict=False)],
                }
                for name, values in list(series.items())[:_SERIES]
            ],
            "axis_config": {"categories": names, "x_label": clip(x_label, _TITLE), "y_label": clip(y_label, _TITLE)},
        }

    def to_dict(self, *args: Any) -> dict[str, Any]:
        return {"type": LINE_CHART, "title": self._title, "chart": self._chart}
