"""Training files in a menu. Two of one name are told apart, also once the menu is closed and shows nothing else."""

from collections import Counter
from collections.abc import Iterable

from slack_sdk.models.blocks import Option

from bot.datasets.dataset import Dataset
from handlers.blocks.parts import OPTION, OPTION_VALUE, OPTIONS, option
from handlers.blocks.text import clip, size
from texts.datasets.report import examples
from texts.formats import minute, with_remark


def dataset_options(datasets: Iterable[Dataset]) -> dict[str, Option]:
    """The entries by the data sets' ids: as many as Slack takes, each data set once."""
    shown = list({one.id: one for one in datasets if 0 < size(one.id) <= OPTION_VALUE}.values())[:OPTIONS]
    names = Counter(one.name for one in shown)
    return {
        one.id: option(
            _dated(one) if names[one.name] > 1 else one.name,
            one.id,
            examples(one.report.examples) if one.report else None,
        )
        for one in shown
    }


def _dated(dataset: Dataset) -> str:
    """Its name, and when it was dropped or made, of which nothing is cut."""
    dropped = minute(dataset.created_at)
    return with_remark(clip(dataset.name, OPTION - size(with_remark("", dropped))), dropped)
