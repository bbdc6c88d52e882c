from collections.abc import Callable
from typing import Any

import msgspec

from bot.datasets.dataset import Dataset
from bot.datasets.report import Finding, Report
from handlers.blocks import report
from handlers.blocks.message import Message

See = Callable[[Message], str]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]


def test_a_clean_file_gets_a_short_report_with_its_figures(make_dataset: Callable[..., Dataset], seen: See) -> None:
    assert seen(report.report(make_dataset(), base_models=["gpt-4.1-mini", "o9"])).splitlines() == [
        "*`support.jsonl` is ready for training:* 12 examples in chat format, nothing to correct.",
        "*Tokens*",
        "1,234; 98 in a typical example, 140 in the longest",
        "*Epochs*",
        "8: a small file is repeated until about 100 examples have been seen",
        "*Cost*",
        "`gpt-4.1-mini` $0.05",
        "`o9` unknown price",
        "[Start fine-tuning]",
        "[Delete]",
    ]


def test_a_good_file_can_be_started_and_a_bad_one_only_deleted(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], buttons: Buttons
) -> None:
    good = buttons(report.report(make_dataset()))
    assert good["start_job"]["value"] == "ds-1"
    assert good["start_job"]["style"] == "primary"
    assert "confirm" in good["dataset_delete"]
    bad = make_report(ok=False, errors=[Finding("too_few_examples", None, "Add some.")])
    assert list(buttons(report.report(make_dataset(report=bad)))) == ["dataset_delete"]


def test_the_same_error_in_many_lines_is_told_once_with_the_lines(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    same = [Finding("missing_content", line, "Give it content.") for line in range(3, 1003)]
    bad = make_report(ok=False, examples=5000, errors=same, counts={"missing_content": 2500})
    shown = seen(report.report(make_dataset(report=bad)))
    assert "*Please correct `support.jsonl` first:* 2,500 errors in 5,000 examples." in shown
    assert "*Lines 3, 4, 5 and 2,497 more:* Give it content." in shown
    assert shown.count("Give it content.") == 1


def test_five_kinds_of_finding_are_shown_errors_first_and_the_rest_is_counted(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    errors = [Finding(f"e{number}", number, f"Error {number}.") for number in range(1, 5)]
    hints = [Finding(f"w{number}", number, f"Hint {number}.", "warning") for number in range(1, 4)]
    bad = make_report(ok=False, errors=errors, warnings=hints, counts={f.code: 1 for f in errors + hints})
    shown = seen(report.report(make_dataset(report=bad)))
    assert "4 errors" in shown
    assert shown.index("Error 4.") < shown.index("*Line 1:* Hint: Hint 1.")
    assert "Hint 2." not in shown
    assert "And 2 other kinds of finding" in shown


def test_a_finding_that_quotes_the_file_pings_nobody(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    bad = make_report(ok=False, errors=[Finding("unrecognized_role", 7, "“<!channel>” is no role.")])
    assert "*Line 7:* “&lt;!channel&gt;” is no role." in seen(report.report(make_dataset(report=bad)))


def test_warnings_alone_do_not_stop_training(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See, buttons: Buttons
) -> None:
    fair = make_report(warnings=[Finding("example_too_long", 2, "It is cut.", "warning")])
    message = report.report(make_dataset(report=fair))
    assert "is ready for training:* 12 examples in chat format, with 1 hint to look at." in seen(message)
    assert "start_job" in buttons(message)


def test_estimated_counts_are_called_estimates(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    tokens = msgspec.structs.replace(make_report().tokens, exact=False, why="No vocabulary was at hand.")
    shown = seen(report.report(make_dataset(report=make_report(tokens=tokens))))
    assert "about 1,234" in shown
    assert "Token counts are estimates. No vocabulary was at hand." in shown


def test_epochs_that_were_asked_for_are_called_so(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    assert "2: as asked for" in seen(report.report(make_dataset(report=make_report(epochs=2))))


def test_a_file_without_a_report_is_being_read(make_dataset: Callable[..., Dataset], seen: See) -> None:
    assert seen(report.report(make_dataset(report=None))) == "Reading `support.jsonl` …"


def test_an_unreadable_file_says_why(seen: See) -> None:
    shown = seen(report.unreadable("x.jsonl", "Slack sent a page to log in. Reinstall the app."))
    assert shown == "I could not read `x.jsonl`.\nSlack sent a page to log in. Reinstall the app."


def test_all_findings_lists_each_and_counts_what_does_not_fit(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    many = [Finding("missing_content", line, f"Number {line}.") for line in range(1, 1001)]
    bad = make_report(ok=False, errors=many, counts={"missing_content": 1500})
    shown = seen(report.all_findings(make_dataset(report=bad)))
    assert "*Line 40:* Number 40." in shown
    assert "Number 41." not in shown
    assert "And 1,460 more." in shown


def test_findings_of_one_kind_that_say_different_things_are_not_said_to_be_one(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    errors = [Finding("missing_content", 5, "Five."), Finding("missing_content", 8, "Eight.")]
    shown = seen(
        report.report(make_dataset(report=make_report(ok=False, errors=errors, counts={"missing_content": 2})))
    )
    assert "*Line 5:* Five. _(1 more of this kind)_" in shown
    assert "Lines 5 and 8" not in shown
