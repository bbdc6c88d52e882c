"""The chart of labels, within what Slack takes."""

import pytest

from handlers.chat.probability_chart import probability_chart, probability_line
from sandbox.validation.data import check_chart


@pytest.mark.parametrize(
    "labels",
    [
        [("yes", 0.9), ("no", 0.1)],
        [("only", 1.0)],
        [(f"a very long label that begins like the others {number}", 0.01) for number in range(30)],
        [("", 0.5), (" \n", 0.2), ("–", 0.1)],
        [("<!channel>" * 9, 0.5), ("sk-" + "a1" * 30, 0.2)],
    ],
)
def test_whatever_the_labels_are_slack_takes_them(labels: list[tuple[str, float]]) -> None:
    chart = probability_chart(labels).to_dict()
    check_chart(chart, "")
    names = chart["chart"]["axis_config"]["categories"]
    assert len(set(names)) == len(names) == min(len(labels), 20)
    assert "<!" not in str(chart) + probability_line(labels)


def test_the_line_names_the_likeliest() -> None:
    labels = [(letter, 0.1) for letter in "abcdefgh"]
    assert probability_line(labels) == "How sure it is: `a` 10.0%, `b` 10.0%, `c` 10.0%, `d` 10.0% and `e` 10.0%."
