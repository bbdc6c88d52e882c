import asyncio
import contextvars
import subprocess
import sys
from collections.abc import Generator

import pytest

from texts.approval import ask_one
from texts.formats import duration
from texts.language import Language, _, current, language_of, plural, speaking, terminal_language


def test_english_is_spoken_unless_something_else_is_asked_for() -> None:
    assert current() is Language.ENGLISH
    assert _("less than a minute") == "less than a minute"
    with speaking(Language.CHINESE):
        assert _("less than a minute") == "不到一分钟"
    assert _("less than a minute") == "less than a minute"


def test_placeholders_are_filled_and_whole_numbers_written_as_the_language_does() -> None:
    assert _("Step {step} of {name}", step=12345, name="a {b}") == "Step 12,345 of a {b}"


def test_what_has_no_translation_is_said_in_english() -> None:
    with speaking(Language.CHINESE):
        assert _("Nobody has translated {this}.", this="it") == "Nobody has translated it."


def test_a_plural_form_goes_with_its_count() -> None:
    assert [plural("{count} byte", "{count} bytes", count) for count in (0, 1, 2_000)] == [
        "0 bytes",
        "1 byte",
        "2,000 bytes",
    ]
    with speaking(Language.CHINESE):
        assert plural("{count} byte", "{count} bytes", 1) == "1 字节"


def test_chinese_sentences_that_fill_placeholders_stand_without_a_space_between_them() -> None:
    with speaking(Language.CHINESE):
        assert ask_one("@李雷", "韩梅梅想要训练。", "事先无法知道它的价格。") == (
            "@李雷：韩梅梅想要训练。事先无法知道它的价格。在你同意之前不会产生费用。"
        )


async def test_each_task_speaks_the_language_it_was_started_in() -> None:
    async def say() -> str:
        await asyncio.sleep(0)
        return duration(5)

    with speaking(Language.CHINESE):
        chinese = asyncio.create_task(say())
    english = asyncio.create_task(say())
    assert (await english, await chinese) == ("5 s", "5 秒")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", Language.CHINESE),
        ("zh_CN.UTF-8", Language.CHINESE),
        ("zh-TW", Language.CHINESE),
        ("en-GB", Language.ENGLISH),
        ("C.UTF-8", None),
        ("de-DE", None),
        ("zhuang", None),
        ("", None),
        (None, None),
    ],
)
def test_a_locale_has_its_language_where_something_is_written_in_it(locale: str, language: Language | None) -> None:
    assert language_of(locale) is language


def test_the_terminal_speaks_as_the_first_variable_that_is_set_says() -> None:
    assert terminal_language({"LANG": "zh_CN.UTF-8"}) is Language.CHINESE
    assert terminal_language({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}) is Language.ENGLISH
    assert terminal_language({"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_US"}) is Language.CHINESE
    assert terminal_language({}) is Language.ENGLISH


def test_english_loads_neither_babel_nor_a_catalogue() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from texts import formats; print(formats.money(1), formats.listed('ab'), formats.number(1));"
            "print('babel' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.splitlines() == ["$1.00 a and b 1", "False"]


def test_what_is_cut_off_from_outside_ends_quietly() -> None:
    """As a process ends that was killed in the simulation, and a generator that nobody reads to its end."""

    def talk() -> Generator[None]:
        with speaking(Language.CHINESE):
            yield

    talking = talk()
    contextvars.copy_context().run(next, talking)
    talking.close()
    assert current() is Language.ENGLISH
