"""The advice for completion files."""

import pytest

from training_files.dataset_checks import common_ending

SEPARATOR = "\n\n###\n\n"


def texts(count=600, separator=SEPARATOR, space=" ", stop=" END"):
    return [
        {"prompt": f"Describe bicycle {n}{separator}", "completion": f"{space}The gears are {n}{stop}"}
        for n in range(count)
    ]


def labels(counts, separator=" ->"):
    names = [name for name, count in counts.items() for _ in range(count)]
    return [{"prompt": f"Mail {n}{separator}", "completion": f" {name}"} for n, name in enumerate(names)]


def test_a_file_that_follows_the_advice_is_fine(judged):
    assert judged(*texts()).counts == {}
    assert judged(*labels({"yes": 120, "no": 100})).counts == {}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"separator": ""}, "missing_separator", "prompt"),
        ({"space": ""}, "missing_leading_space", "completion"),
        ({"stop": ""}, "missing_stop_sequence", "completion"),
    ],
)
def test_what_is_missing_everywhere_is_said_once(judged, change, code, field):
    (finding,) = judged(*texts(**change)).first("warning")
    assert (finding.code, finding.line, finding.field) == (code, None, field)


@pytest.mark.parametrize("line", [3, 99, 100, 101, 450])
@pytest.mark.parametrize(
    ("change", "code", "quote"),
    [
        ({"prompt": "Describe it"}, "missing_separator", "Describe it"),
        ({"prompt": f"First{SEPARATOR}second{SEPARATOR}"}, "separator_in_prompt", f"First{SEPARATOR}second{SEPARATOR}"),
        ({"completion": "It has gears END"}, "missing_leading_space", "It has gears END"),
        ({"completion": " It has gears"}, "missing_stop_sequence", " It has gears"),
    ],
)
def test_what_is_missing_somewhere_is_found_at_its_line(judged, line, change, code, quote):
    examples = texts()
    examples[line - 1] |= change
    (finding,) = judged(*examples).first("warning")
    assert (finding.code, finding.line, finding.quote) == (code, line, quote)


def test_few_examples_are_said_to_be_few(judged):
    (finding,) = judged(*texts(60)).first("warning")
    assert (finding.code, finding.line) == ("few_examples_to_generate", None)
    (finding,) = judged(*labels({"yes": 120, "no": 60})).first("warning")
    assert (finding.code, finding.quote) == ("few_examples_of_a_class", " no")


def test_a_class_is_one_token(judged):
    (finding,) = judged(*labels({"yes": 120, "indubitably": 120})).first("warning")
    assert (finding.code, finding.line, finding.quote) == ("class_of_many_tokens", 121, " indubitably")


def test_classes_out_of_balance_are_found(judged):
    assert judged(*labels({"yes": 1_200, "no": 110})).counts == {"class_imbalance": 1}


def test_a_space_is_not_asked_for_before_chinese(judged):
    assert judged(*({"prompt": f"第{n}问 ->", "completion": f"第{n}答\n"} for n in range(600))).counts == {}


def test_prompts_may_all_be_empty(judged):
    assert judged(*({"prompt": "", "completion": f" Line {n} of the house\n"} for n in range(600))).counts == {}


def test_four_examples_show_no_habit(judged):
    assert judged(*texts(4, separator="", space="", stop="")).counts == {}


@pytest.mark.parametrize(
    ("endings", "common"),
    [
        ([f"a nice?{SEPARATOR}"] * 9 + ["x"], SEPARATOR),
        (["a ->", "b ->"], " ->"),
        (["Which day?\nAnswer:", "How much?\nAnswer:"], "\nAnswer:"),
        (["green END", "blue END"], " END"),
        (["one\n", "two\n"], "\n"),
        (["Is it?", "Was she?"], ""),
        (["It is.", "It was."], ""),
        (["yes", "yes"], ""),
        (["", ""], ""),
        (["a ->", "b ->", "c", "d"], ""),
        ([], ""),
    ],
)
def test_a_common_ending_is_marks_or_a_last_word(endings, common):
    assert common_ending(endings) == common
