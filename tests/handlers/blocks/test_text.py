from hypothesis import given
from hypothesis import strategies as st

from handlers.blocks import text


def test_a_mention_in_foreign_text_is_shown_and_pings_nobody() -> None:
    assert text.escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_marks_that_turn_the_direction_of_writing_are_taken_out() -> None:
    assert text.escape("invoice\u202elnosj.exe") == "invoicelnosj.exe"


def test_a_line_of_ours_keeps_links_and_people_but_calls_no_channel() -> None:
    said = text.trusted("See <https://a.b|this>, <@U1>. <!channel> <!subteam^S1>")
    assert said == "See <https://a.b|this>, <@U1>. &lt;!channel> &lt;!subteam^S1>"


def test_a_name_cannot_break_out_of_its_code_span() -> None:
    assert text.code("a`*b*`\nc") == "`a'*b*' c`"
    assert text.code(" \n") == "`(no name)`"


def test_a_providers_words_lose_their_keys_in_a_block_of_code() -> None:
    shown = text.code_block("Incorrect API key provided: sk-proj-abcdefghijkl1234.\n```<b>")
    assert shown == "```\nIncorrect API key provided: [secret removed].\n'''&lt;b&gt;\n```"


def test_only_an_id_of_slack_becomes_a_mention() -> None:
    assert text.person("U0ADA") == "<@U0ADA>"
    assert text.person("!channel") == "`!channel`"


def test_only_web_addresses_become_links() -> None:
    assert text.link("https://a.b/?c=1&d=2", "here") == "<https://a.b/?c=1&amp;d=2|here>"
    assert text.link("javascript:alert(1)", "here") == "here"
    assert text.link("https://a.b/|x>", "here") == "here"
    assert text.link(None, "here") == "here"


def test_clipping_never_cuts_through_an_escaped_character() -> None:
    assert text.clip("ab&amp;cd", 6) == "ab…"
    assert text.clip("ab&amp;cd", 8) == "ab&amp;…"
    assert text.clip("see <https://a.b|x> now", 12) == "see…"
    assert text.clip("a & b and more", 8) == "a & b a…"


@given(st.text(), st.integers(0, 40))
def test_clipped_text_fits_and_short_text_stays(words: str, limit: int) -> None:
    clipped = text.clip(words, limit)
    assert text.size(clipped) <= limit
    if text.size(words) <= limit:
        assert clipped == words


def test_dates_are_left_to_each_readers_own_time_zone() -> None:
    assert text.date(1_795_000_000.7) == ("<!date^1795000000^{date_short_pretty} {time}|2026-11-18 11:06 UTC>")
    assert text.date(1e300) == "an unknown time"


def test_a_progress_bar_is_full_only_at_the_end() -> None:
    assert text.progress_bar(0, 1000) == "▱" * 20 + " 0%"
    assert text.progress_bar(999, 1000) == "▰" * 19 + "▱ 99%"
    assert text.progress_bar(1000, 1000) == "▰" * 20 + " 100%"
    assert text.progress_bar(5000, 1000) == "▰" * 20 + " 100%"


def test_progress_without_an_end_is_a_step() -> None:
    assert text.progress_bar(1234, None) == "step 1,234"
    assert text.progress_bar(12, 0) == "step 12"
