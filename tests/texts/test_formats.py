from texts import formats
from texts.language import Language, speaking


def test_durations_are_read_as_people_say_them() -> None:
    said = [formats.duration(seconds) for seconds in (0.4, 45, 125, 3720, 180_000)]
    assert said == ["0 s", "45 s", "2 min 05 s", "1 h 02 min", "2 d 2 h"]


def test_rough_durations_stay_the_same_for_a_while() -> None:
    assert formats.rough_duration(3) == formats.rough_duration(19) == "a few seconds"
    assert formats.rough_duration(21) == formats.rough_duration(59) == "less than a minute"
    assert formats.rough_duration(1000) == formats.rough_duration(1040) == "15 min"
    assert formats.rough_duration(5400) == "1 h 30 min"
    assert formats.rough_duration(59 * 60) == "1 h"
    assert formats.rough_duration(200_000) == "2 d"


def test_money_is_plain_about_little_nothing_and_unknown() -> None:
    said = [formats.money(usd) for usd in (0.42, 0.004, 0.0, None, float("nan"), 1234.5)]
    assert said == [
        "$0.42",
        "less than $0.01",
        "free (your own hardware)",
        "unknown price",
        "unknown price",
        "$1,234.50",
    ]


def test_of_small_amounts_two_digits_count() -> None:
    amounts = (0.00042, 0.0999, 0.0104, 0.000999, 0.1, 0.42, 0.0, None)
    assert [formats.exact_money(usd) for usd in amounts] == [
        "$0.00042",
        "$0.100",
        "$0.010",
        "$0.00100",
        "$0.10",
        "$0.42",
        "free (your own hardware)",
        "unknown price",
    ]
    with speaking(Language.CHINESE):
        assert formats.exact_money(0.00042) == "US$0.00042"


def test_lists_are_joined_as_in_a_sentence() -> None:
    assert [formats.listed(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_sentences_stand_after_each_other() -> None:
    assert formats.sentences("One.", "", "Two.") == "One. Two."


def test_sizes_of_files_are_in_the_units_of_file_managers() -> None:
    said = [formats.file_size(size) for size in (0, 1, 999, 1000, 1536, 999_400, 999_600, 512_000_000)]
    assert said == ["0 bytes", "1 byte", "999 bytes", "1 kB", "1.54 kB", "999 kB", "1 MB", "512 MB"]


def test_a_month_is_named() -> None:
    assert formats.month(2026, 11) == "November 2026"


def test_chinese_writes_figures_its_own_way() -> None:
    with speaking(Language.CHINESE):
        assert [formats.duration(seconds) for seconds in (45, 125, 3720)] == ["45 秒", "2 分 05 秒", "1 小时 02 分"]
        assert [formats.money(usd) for usd in (1234.5, 0.004)] == ["US$1,234.50", "不到 US$0.01"]
        assert formats.money(0) == "免费（自有硬件）"
        assert formats.percent(0.125) == "12.5%"
        assert formats.listed(["甲", "乙", "丙"]) == "甲、乙和丙"
        # Slack takes backticks for code only at the edge of a word.
        assert formats.listed(["`a`", "`b`", "`c`"]) == "`a`、`b` 和 `c`"
        assert [formats.listed(items) for items in ([], ["a"], ["甲", "b"])] == ["", "a", "甲和 b"]
        assert formats.sentences("第一句。", "", "第二句。") == "第一句。第二句。"
        assert formats.month(2026, 11) == "2026年11月"
        assert formats.number(12345.5) == "12,345.5"
