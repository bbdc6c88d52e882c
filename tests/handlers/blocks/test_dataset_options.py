"""Menus of training files, in which some have the same name."""

from collections.abc import Callable

from bot.datasets.dataset import Dataset
from handlers.blocks.dataset_options import dataset_options
from texts.language import Language, speaking

MakeDataset = Callable[..., Dataset]
NOON = 1_795_003_200.0


def names(*datasets: Dataset) -> list[str]:
    return [option.to_dict()["text"]["text"] for option in dataset_options(datasets).values()]


def test_files_of_one_name_are_told_apart_by_when_they_were_dropped(make_dataset: MakeDataset) -> None:
    files = [
        make_dataset(id="ds-1", name="faq.jsonl", created_at=NOON),
        make_dataset(id="ds-2", name="faq.jsonl", created_at=NOON + 300),
        make_dataset(id="ds-3", name="other.jsonl", created_at=NOON),
    ]
    assert names(*files) == [
        "faq.jsonl (18 November, 12:00 UTC)",
        "faq.jsonl (18 November, 12:05 UTC)",
        "other.jsonl",
    ]
    with speaking(Language.CHINESE):
        assert names(*files[:2]) == ["faq.jsonl（11月18日 12:00 UTC）", "faq.jsonl（11月18日 12:05 UTC）"]
    assert [option.to_dict()["description"]["text"] for option in dataset_options(files).values()] == [
        "12 examples"
    ] * 3


def test_of_a_long_name_the_moment_stays_whole(make_dataset: MakeDataset) -> None:
    long = "x" * 100 + ".jsonl"
    shown = names(*(make_dataset(id=f"ds-{n}", name=long, created_at=NOON + 60 * n) for n in range(2)))
    assert [name[-len("… (18 November, 12:00 UTC)") :] for name in shown] == [
        "… (18 November, 12:00 UTC)",
        "… (18 November, 12:01 UTC)",
    ]
    assert {len(name) for name in shown} == {75}


def test_a_file_that_comes_twice_is_offered_once(make_dataset: MakeDataset) -> None:
    assert names(make_dataset(), make_dataset()) == ["support.jsonl"]
