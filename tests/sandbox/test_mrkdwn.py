"""What people see of mrkdwn and of standard markdown."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox import markdown
from sandbox.dates import date_text
from sandbox.mrkdwn import Reader, to_html

LINK = '<a href="https://{}" target="_blank" rel="noopener noreferrer">{}</a>'
READER = Reader(
    "U1",
    "Europe/London",
    users={"U1": "Ana Reed", "U2": "Ben"},
    channels={"C1": "general"},
    channel_url=lambda c: f"/c/{c}",
    groups={"S1": "leads"},
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*b* _i_ ~s~ `c`", "<strong>b</strong> <em>i</em> <s>s</s> <code>c</code>"),
        ("a*b*c 2 * 3 * 4 snake_case_name", "a*b*c 2 * 3 * 4 snake_case_name"),
        ("`*not bold*`", "<code>*not bold*</code>"),
        ("```a\n*b*```", "<pre>a\n*b*</pre>"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<b>raw</b>", "&lt;b&gt;raw&lt;/b&gt;"),
        ("> q\nafter", "<blockquote>q</blockquote>after"),
        ("<@U1> <@U2>", '<span class="mention me">@Ana Reed</span> <span class="mention">@Ben</span>'),
        ("<#C1|old>", '<a class="mention" href="/c/C1">#general</a>'),
        ("<!subteam^S1>", '<span class="mention all">@leads</span>'),
        ("<!subteam^S2>", '<span class="mention all">@S2</span>'),
        ("<!here>", '<span class="mention all">@here</span>'),
        (":tada: :no_such:", "🎉 :no_such:"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("<!date^x^{date}|soon>", "soon"),
    ],
)
def test_mrkdwn_becomes_html(text: str, html: str) -> None:
    assert to_html(text, READER) == html


def test_dates_are_in_the_readers_zone() -> None:
    assert date_text(1_700_000_000, "{date_long} {time}", "America/New_York") == "Tuesday, November 14th, 2023 17:13"
    assert date_text(1_700_000_000, "{date_num} {time_secs}", "Asia/Tokyo") == "2023-11-15 07:13:20"
    assert date_text(1_700_000_000, "{date_short} {what}", "no/where") == "Nov 14, 2023 {what}"


def test_dates_are_in_the_readers_language() -> None:
    form = "{date_long} {date_slash} {time}"
    assert date_text(1_700_000_000, form, "Asia/Shanghai", "zh-CN") == "2023年11月15日星期三 2023/11/15 06:13"
    assert date_text(1_700_000_000, form, "Asia/Shanghai", "de-DE").startswith("Wednesday, November 15th, 2023")
    token = "<!date^1700000000^{date}|14 Nov>"
    assert ">2023年11月14日</time>" in to_html(token, Reader(locale="zh-CN"))


@pytest.mark.parametrize(
    ("ago", "english", "chinese"),
    [
        (0, "just now", "刚刚"),
        (60, "1 minute ago", "1 分钟前"),
        (7200, "2 hours ago", "2 小时前"),
        (-90_000, "in 1 day", "1 天后"),
    ],
)
def test_distances_in_time_are_in_the_readers_language(ago: int, english: str, chinese: str) -> None:
    then = int(time.time()) - ago - (5 if ago >= 0 else -5)
    assert date_text(then, "{ago}", "UTC") == english
    assert date_text(then, "{ago}", "UTC", "zh-CN") == chinese


def test_days_near_today_have_a_name() -> None:
    tz = "Asia/Shanghai"
    noon = int(datetime.now(ZoneInfo(tz)).replace(hour=12).timestamp())
    days = [noon + day * 86_400 for day in (-1, 0, 1)]
    assert [date_text(day, "{date_short_pretty}", tz) for day in days] == ["yesterday", "today", "tomorrow"]
    assert [date_text(day, "{date_short_pretty}", tz, "zh-CN") for day in days] == ["昨天", "今天", "明天"]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**b** *i* `c`", "<p><strong>b</strong> <em>i</em> <code>c</code></p>"),
        ("# H", "<h3>H</h3>"),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("2. a\n3. b", '<ol start="2"><li>a</li><li>b</li></ol>'),
        ("```py\n<x>\n```", "<pre>&lt;x&gt;</pre>"),
        ("```\nunfinished", "<pre>unfinished</pre>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("- [ ] a\n- [x] b", "<ul><li>☐ a</li><li>☑ b</li></ul>"),
        ("a\nb\n\n> c", "<p>a<br />b</p><blockquote><p>c</p></blockquote>"),
        ("~~s~~ :tada: **unfinished", "<p><s>s</s> 🎉 **unfinished</p>"),
        ("`https://a.example`", "<p><code>https://a.example</code></p>"),
        ("see https://a.example/b_c.", f"<p>see {LINK.format('a.example/b_c', 'https://a.example/b_c')}.</p>"),
        ("[https://a.example](https://b.example)", f"<p>{LINK.format('b.example', 'https://a.example')}</p>"),
        ("![a <b>](https://b.example/c.png)", f"<p>{LINK.format('b.example/c.png', 'a &lt;b&gt;')}</p>"),
        (
            "|a|\n|:-:|\n|1|",
            '<div class="table"><table><thead><tr><th>a</th></tr></thead>'
            "<tbody><tr><td>1</td></tr></tbody></table></div>",
        ),
    ],
)
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert markdown.to_html(text).replace(">\n", ">").replace("\n<", "<") == html


def test_code_inside_a_links_label_is_shown_and_not_a_number() -> None:
    shown = to_html("<https://a.example/b|see `this one`>", Reader())
    assert "this one" in shown
    assert "\x00" not in shown
