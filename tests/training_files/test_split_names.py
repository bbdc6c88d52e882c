import pytest

from training_files.split_names import split_of, without_split


@pytest.mark.parametrize(
    ("name", "split", "rest"),
    [
        ("train.jsonl", "train", ""),
        ("house-voice-train.jsonl", "train", "house-voice"),
        ("house-voice_val.jsonl", "validation", "house-voice"),
        ("valid.house-voice.csv", "validation", "house-voice"),
        ("dev2.jsonl", "validation", "2"),
        ("Support Test.jsonl.gz", "test", "Support"),
        ("house-training-data.jsonl", "train", "house-data"),
        ("house-voice.jsonl", None, "house-voice"),
        ("contest.jsonl", None, "contest"),
        ("train-test.jsonl", None, ""),
    ],
)
def test_a_files_name_tells_its_split(name: str, split: str | None, rest: str) -> None:
    assert (split_of(name), without_split(name)) == (split, rest)
