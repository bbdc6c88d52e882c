from collections.abc import Callable
from typing import Any

import msgspec

from bot.datasets.dataset import Dataset
from bot.datasets.report import Offer
from bot.jobs.estimate import TrainingTime
from handlers.blocks.message import Message
from handlers.datasets.blocks import report
from texts.language import Language, speaking
from training_files.report import Column, ColumnMapping, Finding, Report, Table, Tokens

See = Callable[[Message], str]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]


def test_a_clean_file_gets_a_short_report_with_its_figures(make_dataset: Callable[..., Dataset], seen: See) -> None:
    offers = [Offer("gpt-4.1-mini", 0.052, TrainingTime(700.0)), Offer("o9")]
    assert seen(report.report(make_dataset(), offers=offers)).splitlines() == [
        "*`support.jsonl` is ready for training:* 12 examples in chat format, nothing to correct.",
        "*Tokens*",
        "1,234 in all",
        "median 98, 95th percentile 130, longest 140",
        "*Epochs*",
        "8: a small file is repeated until about 100 examples have been seen",
        "*Cost and time*",
        "`gpt-4.1-mini` $0.05, about 10 min",
        "`o9` unknown price",
        "[Start fine-tuning]",
        "[Split]",
        "[… Compare with validation file, Several settings…, Sample, Delete]",
    ]


def test_a_file_of_which_nothing_can_be_read_shows_no_figures(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    tokens = Tokens(0, 0, 0, 0, 0, False, "o200k_base", "nothing was counted")
    bad = make_report(
        ok=False, errors=[Finding("not_utf8", 1, message="No UTF-8.")], counts={"not_utf8": 20}, tokens=tokens
    )
    shown = seen(report.report(make_dataset(report=bad)))
    assert "20 errors" in shown
    assert not {"Tokens", "Epochs", "Cost"} & set(shown.replace("*", "\n").split("\n"))


def test_the_validation_file_that_belongs_to_a_file_is_named(make_dataset: Callable[..., Dataset], seen: See) -> None:
    shown = seen(report.report(make_dataset(), validation=make_dataset(name="held-out.jsonl")))
    assert "Validation file: `held-out.jsonl`, 12 examples, 1,234 tokens." in shown


def test_time_is_not_spoken_of_where_no_job_has_told_it(make_dataset: Callable[..., Dataset], seen: See) -> None:
    shown = seen(report.report(make_dataset(), offers=[Offer("gpt-4.1-mini", 0.052)]))
    assert "*Cost*\n`gpt-4.1-mini` $0.05\n" in shown


def test_a_good_file_can_be_started_and_a_bad_one_repaired(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], buttons: Buttons, seen: See
) -> None:
    good = buttons(report.report(make_dataset()))
    assert good["start_job"]["value"] == "ds-1"
    assert good["start_job"]["style"] == "primary"
    bad = make_report(ok=False, errors=[Finding("not_utf8", 2, message="No UTF-8.")], counts={"not_utf8": 1})
    message = report.report(make_dataset(report=bad))
    assert buttons(message)["dataset_repair"]["style"] == "primary"
    assert "start_job" not in buttons(message)
    assert "[… Sample, Delete]" in seen(message)
    assert "Press *Repair* and I correct what I can" in seen(message)


def test_of_secrets_the_headline_speaks_and_repairing_comes_before_training(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], buttons: Buttons, seen: See
) -> None:
    twin = Finding("near_duplicate", 3, "warning", params={"percent": 95, "other": 2})
    held = make_report(
        warnings=[Finding("secret", 2, "warning", message="An AWS key."), twin],
        counts={"secret": 4, "near_duplicate": 1},
    )
    message = report.report(make_dataset(report=held))
    assert seen(message).startswith("*`support.jsonl` holds secrets (keys, tokens or passwords):* 12 examples")
    assert "5 hints to look at" in seen(message)
    shown = buttons(message)
    assert list(shown)[:2] == ["dataset_repair", "start_job"]
    assert shown["dataset_repair"]["style"] == "primary"
    assert "style" not in shown["start_job"], "it can be trained on all the same"
    others = make_report(warnings=[twin], counts={"near_duplicate": 1})
    assert list(buttons(report.report(make_dataset(report=others))))[:2] == ["start_job", "dataset_repair"]


def test_errors_in_a_file_without_examples_are_not_counted_against_none(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    bad = make_report(ok=False, examples=0, errors=[Finding("empty_file", None, message="It is empty.")])
    assert "*Please correct `support.jsonl` first:* 1 error." in seen(report.report(make_dataset(report=bad)))


def test_what_no_repair_can_correct_is_not_offered_to_be_repaired(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    bad = make_report(
        ok=False, errors=[Finding("too_few_examples", None, message="Add some.")], counts={"too_few_examples": 1}
    )
    assert seen(report.report(make_dataset(report=bad))).splitlines()[-1] == "[… Sample, Delete]"


def test_a_job_that_needs_a_grader_is_offered_with_the_word_that_it_does(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], buttons: Buttons, seen: See
) -> None:
    message = report.report(make_dataset(report=make_report(format="reinforcement", method="reinforcement")))
    assert "start_job" in buttons(message)
    assert "needs a grader and a validation file" in seen(message)


def test_a_spreadsheet_is_greeted_as_one(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], buttons: Buttons, seen: See
) -> None:
    table = Table(
        "xlsx",
        312,
        (
            Column("question", ("Why?", "When?", "Where?")),
            Column("answer", ("Because.", "<!channel>", "There.")),
            Column("id", ("1", "2", "3")),
        ),
        ColumnMapping("chat", {"user": "question", "assistant": "answer"}),
    )
    errors = [Finding("needs_conversion", None, message="It has to be converted.")]
    found = make_report(ok=False, examples=0, errors=errors, counts={"needs_conversion": 1}, table=table)
    message = report.report(make_dataset(name="faq.xlsx", report=found))
    assert seen(message).splitlines() == [
        "*`faq.xlsx` is a spreadsheet with 312 rows.*",
        "I would read it as `question` → `answer`. Press *Convert* to make a training file of it.",
        "Columns: `question`, `answer`, `id`",
        "> `question`  Why?",
        "> `answer`  Because.",
        "> `question`  When?",
        "> `answer`  &lt;!channel&gt;",
        "[Convert]",
        "[… Delete]",
    ]
    wide = msgspec.structs.replace(table, unlisted=16_284)
    message = report.report(make_dataset(report=msgspec.structs.replace(found, table=wide)))
    assert "Columns: `question`, `answer`, `id` and 16,284 more" in seen(message)
    unknown = msgspec.structs.replace(table, mapping=None)
    message = report.report(make_dataset(report=msgspec.structs.replace(found, table=unknown)))
    assert "tell me which column is the question" in seen(message)


def test_a_check_that_is_under_way_shows_how_far_it_is_and_what_it_found(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], buttons: Buttons, seen: See
) -> None:
    errors = [Finding("missing_content", 7, message="No content.")]
    found = make_report(ok=False, complete=False, bytes=20_000_000, examples=50_000, errors=errors)
    message = report.report(make_dataset(bytes=900_000_000, report=found))
    assert "Reading `support.jsonl` … 20 of 900 MB, 50,000 examples so far." in seen(message)
    assert "*Line 7:* No content." in seen(message)
    assert buttons(message) == {}


def test_a_finding_shows_what_the_file_says_there(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    quote = '{"role": "<!here>", "key": "sk-proj-abcdefghijklmnop1234"}'
    bad = make_report(ok=False, errors=[Finding("unrecognized_role", 7, message="No role.", quote=quote)])
    shown = seen(report.report(make_dataset(report=bad)))
    assert '`{"role": "&lt;!here&gt;", "key": "[secret removed]"}`' in shown


def test_the_picture_of_lengths_stands_under_the_figures(make_dataset: Callable[..., Dataset], seen: See) -> None:
    shown = seen(report.report(make_dataset(lengths_file="F1"), picture_alt="Histogram of the lengths"))
    assert "(picture F1: Histogram of the lengths)" in shown


def test_the_same_error_in_many_lines_is_told_once_with_the_lines(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    same = [Finding("missing_content", line, message="Give it content.") for line in range(3, 1003)]
    bad = make_report(ok=False, examples=5000, errors=same, counts={"missing_content": 2500})
    shown = seen(report.report(make_dataset(report=bad)))
    assert "*Please correct `support.jsonl` first:* 2,500 errors in 5,000 examples." in shown
    assert "*Lines 3, 4, 5 and 2,497 more:* Give it content." in shown
    assert shown.count("Give it content.") == 1


def test_five_kinds_of_finding_are_shown_errors_first_and_the_rest_is_counted(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    errors = [Finding(f"e{number}", number, message=f"Error {number}.") for number in range(1, 5)]
    hints = [Finding(f"w{number}", number, message=f"Hint {number}.", severity="warning") for number in range(1, 4)]
    bad = make_report(ok=False, errors=errors, warnings=hints, counts={f.code: 1 for f in errors + hints})
    shown = seen(report.report(make_dataset(report=bad)))
    assert "4 errors" in shown
    assert shown.index("Error 4.") < shown.index("*Line 1:* Hint: Hint 1.")
    assert "Hint 2." not in shown
    assert "And 2 other kinds of finding" in shown


def test_a_finding_that_quotes_the_file_pings_nobody(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    bad = make_report(ok=False, errors=[Finding("unrecognized_role", 7, message="“<!channel>” is no role.")])
    assert "*Line 7:* “&lt;!channel&gt;” is no role." in seen(report.report(make_dataset(report=bad)))


def test_warnings_alone_do_not_stop_training(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See, buttons: Buttons
) -> None:
    fair = make_report(warnings=[Finding("example_too_long", 2, message="It is cut.", severity="warning")])
    message = report.report(make_dataset(report=fair))
    assert "is ready for training:* 12 examples in chat format, with 1 hint to look at." in seen(message)
    assert "start_job" in buttons(message)


def test_estimated_counts_are_called_estimates(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    tokens = msgspec.structs.replace(make_report().tokens, exact=False, why="No vocabulary was at hand.")
    shown = seen(report.report(make_dataset(report=make_report(tokens=tokens))))
    assert "about 1,234" in shown
    assert "Token counts are estimates: No vocabulary was at hand." in shown


def test_epochs_that_were_asked_for_are_called_so(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    assert "2: as asked for" in seen(report.report(make_dataset(report=make_report(epochs=2))))


def test_a_file_without_a_report_is_being_read(make_dataset: Callable[..., Dataset], seen: See) -> None:
    assert seen(report.report(make_dataset(report=None))) == "Reading `support.jsonl` …"


def test_an_unreadable_file_says_why(seen: See) -> None:
    shown = seen(report.unreadable("x.jsonl", "Slack sent a page to log in. Reinstall the app."))
    assert shown == "I could not read `x.jsonl`.\nSlack sent a page to log in. Reinstall the app."


def test_beside_the_file_of_findings_stands_how_many_it_holds(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report]
) -> None:
    bad = make_dataset(report=make_report(ok=False, counts={"missing_content": 1500}))
    assert report.findings_attached(bad, 1000).startswith("The first 1,000 of 1,500 findings in `support.jsonl`.")
    few = make_dataset(report=make_report(ok=False, counts={"missing_content": 3}))
    assert report.findings_attached(few, 3) == "All 3 findings in `support.jsonl`."


def test_findings_of_one_kind_that_say_different_things_are_not_said_to_be_one(
    make_dataset: Callable[..., Dataset], make_report: Callable[..., Report], seen: See
) -> None:
    errors = [Finding("missing_content", 5, message="Five."), Finding("missing_content", 8, message="Eight.")]
    dataset = make_dataset(report=make_report(ok=False, errors=errors, counts={"missing_content": 2}))
    shown = seen(report.report(dataset))
    assert "*Line 5:* Five. _(1 more of this kind)_" in shown
    with speaking(Language.CHINESE):
        assert "_（此类还有 1 处）_" in seen(report.report(dataset))
    assert "Lines 5 and 8" not in shown
