"""What stands on the Home tab."""

from bot.home import Home, Spot, Tab
from handlers.home.blocks import home_view
from tests.parts import a_dataset, a_report
from training_files.report import Finding, Table


def test_a_table_is_to_be_converted_and_a_file_with_errors_to_be_corrected() -> None:
    unread = Finding("needs_conversion", None)
    table = a_report(ok=False, examples=0, errors=[unread], table=Table("csv", 40, ()))
    bad = a_report(ok=False, errors=[Finding("invalid_json", 2)])
    files = [a_dataset(name="faq.csv", report=table), a_dataset(name="bad.jsonl", report=bad)]
    blocks = home_view(Home(Spot(Tab.DATA), datasets=files), "D0ANA", {})["blocks"]
    first, second = (str(block["text"]["text"]) for block in blocks if ".csv" in str(block) or ".jsonl" in str(block))
    assert first.startswith("📄 `faq.csv`\n*Convert*, on its report, makes examples of it · 40 rows")
    assert second.startswith("⚠️ `bad.jsonl`\nto be corrected first · ")
