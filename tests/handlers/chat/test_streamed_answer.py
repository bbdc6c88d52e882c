"""A model's answer on its way into a real workspace."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from slack_sdk.models.blocks import Block, SectionBlock

pytest.importorskip("starlette")

from handlers.blocks.text import size
from handlers.chat.answer_message import LONGEST
from handlers.chat.streamed_answer import MOST_MESSAGES
from handlers.web.poster import Poster
from sandbox.client import SandboxClient
from sandbox.server import Sandbox
from sandbox.settings import Settings
from tests.answering import FOOTER, HURRIED, Killed, MortalClient, Thread, buttons, said, text_of

# Slack takes no two blocks of one id; the SDK does not look.
REFUSED: list[Block] = [*FOOTER, SectionBlock(block_id="a", text="x"), SectionBlock(block_id="a", text="y")]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory, root: Path) -> AsyncIterator[tuple[Sandbox, SandboxClient]]:
    settings = Settings(rates="off", upload_share_delay=0.0)
    async with (
        Sandbox(data=tmp_path_factory.mktemp("sandbox"), manifest=root / "manifest.yml", settings=settings) as sandbox,
        SandboxClient(sandbox.page_url) as person,
    ):
        yield sandbox, person


@pytest_asyncio.fixture(loop_scope="module")
async def thread(shared: tuple[Sandbox, SandboxClient]) -> Thread:
    """In a new workspace."""
    sandbox, person = shared
    await sandbox.reset()
    made = Thread(sandbox, person)
    await made.ask()
    return made


# Growing


async def test_an_answer_grows_in_a_stream_and_its_end_comes_with_the_end_of_the_stream(thread: Thread) -> None:
    client = thread.client()
    async with thread.answer(client) as answer:
        answer.add("One ")
        begun = await thread.shows("One")
        answer.add("two ")
        await thread.shows("One two")
        assert client.calls == 2
        answer.add("three")
        await answer.close("Done.", FOOTER)
    (message,) = await thread.messages()
    assert (message["ts"], message["streaming_state"]) == (begun["ts"], "completed")
    assert text_of(message) == "One two three\n\n_Done._"
    assert client.calls == 3


async def test_an_answer_that_is_there_at_once_is_posted_once(thread: Thread) -> None:
    client = thread.client()
    async with thread.answer(client) as answer:
        answer.add("One two")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert (text_of(message), buttons(message), client.calls) == ("One two", ["good"], 1)


async def test_words_in_chinese_are_shown_without_waiting_for_a_space(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add("包裹在")
        await thread.shows("包裹在")
        answer.add("路上。")
        await answer.close()
    assert said(await thread.messages()) == "包裹在路上。"


async def test_a_word_is_shown_whole(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add("My key is sk-abcdefghij")
        await thread.shows("My key is")
        answer.add("klmnopqrstuvwxyz0123456789 and no more.")
        await thread.shows("and no")
        assert "abcdefghij" not in said(await thread.messages())
        await answer.close()
    assert "abcdefghij" not in said(await thread.messages())


async def test_a_key_of_several_lines_is_not_shown(thread: Thread) -> None:
    async with thread.answer() as answer:
        for line in ("-----BEGIN PRIVATE KEY-----\n", "MIIabcdefghijkl\n", "-----END PRIVATE KEY-----\n", "So."):
            answer.add(line)
            await asyncio.sleep(5 * HURRIED.between_appends)
        await answer.close()
    (message,) = await thread.messages()
    assert "MIIabc" not in str(message)
    assert text_of(message).endswith("So.")


# Streams and what becomes of them


@pytest.mark.parametrize("streams", [True, False])
async def test_buttons_stand_below_the_last_message_of_an_answer(thread: Thread, streams: bool) -> None:
    if not streams:
        await thread.person.fault("chat.startStream", "error", "unknown_method", times=50)
    async with thread.answer() as answer:
        answer.add("so on " * 1_000)
        await thread.shows("so on")
        answer.add("so on " * 2_000)
        await answer.close("The end.", FOOTER)
    first, last = await thread.messages()
    assert (buttons(first), buttons(last)) == ([], ["good"])
    assert text_of(last).endswith("_The end._")
    assert said([first, last]).count("so on") == 3_000


async def test_a_broken_stream_is_mended_in_its_place(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add("one ")
        begun = await thread.shows("one")
        await thread.person.settings(stream_life=0.0)
        answer.add("two")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert (message["ts"], text_of(message), buttons(message)) == (begun["ts"], "one two", ["good"])


async def test_an_answer_that_a_person_stopped_grows_no_more(thread: Thread) -> None:
    client = thread.client()
    async with thread.answer(client) as answer:
        answer.add("one ")
        begun = await thread.shows("one")
        workspace = thread.sandbox.state.workspace
        stream = workspace.message(begun["channel"], begun["ts"])
        assert stream
        workspace.edit(stream, streaming="stopped")
        answer.add("two ")
        while client.calls < 2:
            await asyncio.sleep(0.001)
        answer.add("three ")
        await asyncio.sleep(5 * HURRIED.between_edits)
        assert text_of((await thread.messages())[0]) == "one "
        await answer.close("Stopped.", FOOTER)
    (message,) = await thread.messages()
    assert text_of(message).endswith("_Stopped._")
    assert buttons(message) == ["good"]


@pytest.mark.parametrize("grows", [True, False])
async def test_an_answer_whose_buttons_are_refused_goes_without(thread: Thread, grows: bool) -> None:
    client = thread.client()
    async with thread.answer(client) as answer:
        answer.add("one ")
        if grows:
            await thread.shows("one")
        answer.add("two")
        await answer.close("", REFUSED)
    (message,) = await thread.messages()
    assert (text_of(message), buttons(message)) == ("one two", [])
    with_them, without = (["startStream", "stopStream", "stopStream"], "update") if grows else ([], "postMessage")
    assert client.methods == [f"chat.{method}" for method in (*with_them, without, without)]


@pytest.mark.parametrize("method", ["startStream", "appendStream", "postMessage", "update"])
async def test_what_may_have_been_shown_is_not_shown_twice(thread: Thread, method: str) -> None:
    if method in {"postMessage", "update"}:
        await thread.person.fault("chat.startStream", "error", "unknown_method")
    await thread.person.fault(f"chat.{method}", "drop")
    async with thread.answer() as answer:
        answer.add("one ")
        await thread.shows("one")
        answer.add("two ")
        await asyncio.sleep(5 * HURRIED.between_edits)
        answer.add("three")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert (text_of(message), buttons(message)) == ("one two three", ["good"])


async def test_what_can_neither_be_streamed_nor_edited_goes_on_below(thread: Thread) -> None:
    await thread.person.fault("chat.update", "error", "edit_window_closed", times=50)
    async with thread.answer() as answer:
        answer.add("one ")
        await thread.shows("one")
        await thread.person.settings(stream_life=0.0)
        answer.add("two ")
        await answer.close("", FOOTER)
    first, second = await thread.messages()
    assert (text_of(first).strip(), text_of(second).strip(), buttons(second)) == ("one", "two", ["good"])


async def test_an_answer_that_is_given_up_leaves_its_room_to_others(thread: Thread) -> None:
    poster = Poster(thread.client(), pace=100)  # eight hundred streams, and as many tokens again in a minute
    async with thread.answer(poster=poster) as answer:
        answer.add("one ")
        await thread.shows("one")
    await asyncio.sleep(0.1)
    assert sum(poster.streams.may_begin(other) for other in range(900)) == 800


async def test_nothing_is_appended_to_a_stream_that_may_have_ended(thread: Thread) -> None:
    await thread.person.fault("chat.stopStream", "drop")
    async with thread.answer() as answer:
        answer.add("one ")
        await thread.shows("one")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert (text_of(message).strip(), buttons(message)) == ("one", ["good"])


async def test_an_old_stream_is_ended_at_a_line_and_the_answer_goes_on_in_another(thread: Thread) -> None:
    async with thread.answer(timing=replace(HURRIED, longest_stream=0.0)) as answer:
        for words in ("- one\n- two\n- three ", "and more\n", "- four\n- five ", "and so "):
            answer.add(words)
            await thread.shows(words.split()[-1])
        begun = await thread.messages()
        await answer.close("", FOOTER)
    first, second = messages = await thread.messages()
    assert [message["streaming_state"] for message in begun] == ["completed", "in_progress"]
    assert (text_of(first), text_of(second).strip()) == ("- one\n- two\n- three and more\n- four", "- five and so")
    assert [buttons(message) for message in messages] == [[], ["good"]]


async def test_an_old_stream_is_edited_where_there_is_no_room_for_another(thread: Thread) -> None:
    poster = Poster(thread.client())
    assert all(poster.streams.may_begin(other) for other in range(7))
    async with thread.answer(timing=replace(HURRIED, longest_stream=0.0), poster=poster) as answer:
        answer.add("one\n")
        await thread.shows("one")
        answer.add("two ")
        await thread.shows("two")
        answer.add("three ")
        await thread.shows("three")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert (text_of(message).strip(), buttons(message)) == ("one\ntwo three", ["good"])


async def test_code_goes_on_as_code_in_the_next_message(thread: Thread) -> None:
    lines = [f"value_{number} = {number}  # so much" for number in range(1_200)]
    client = thread.client()
    async with thread.answer(client) as answer:
        answer.add("Like this:\n\n```python\n")
        await thread.shows("Like this")
        for start in range(0, 1_200, 60):
            answer.add("\n".join(lines[start : start + 60]) + "\n")
            await asyncio.sleep(0.02)
        answer.add("```\nThat is all.")
        await answer.close("", FOOTER)
    messages = await thread.messages()
    assert len(messages) > 2
    for message in messages:
        assert text_of(message).count("```") == 2
        assert size(text_of(message)) <= LONGEST
    assert all(text_of(message).startswith("```python\nvalue_") for message in messages[1:])
    assert re.findall(r"value_.*", said(messages)) == lines
    assert "chat.update" not in client.methods


async def test_what_can_be_read_already_stays_in_its_message(thread: Thread) -> None:
    client = thread.client()
    async with thread.answer(client) as answer:
        answer.add("A paragraph before the list.\n\n" * 330)
        await thread.shows("paragraph")
        for number in range(100):
            answer.add(f"- item {number} of a list without blank lines\n")
            if number % 10 == 0:
                await thread.shows(f"item {number - 1} of" if number else "paragraph")
        await answer.close("", FOOTER)
    assert len(await thread.messages()) == 2
    assert "chat.update" not in client.methods


async def test_a_table_has_its_header_in_each_message(thread: Thread) -> None:
    rows = [f"| row {number} | {'x' * 30} |" for number in range(700)]
    async with thread.answer() as answer:
        answer.add("| name | value |\n|---|---|\n")
        for start in range(0, 700, 35):
            answer.add("\n".join(rows[start : start + 35]) + "\n")
            await asyncio.sleep(0.02)
        await answer.close()
    messages = await thread.messages()
    assert len(messages) == 3
    assert all(text_of(message).startswith("| name | value |\n|---|---|\n| row") for message in messages)
    assert re.findall(r"\| row .*", said(messages)) == rows


# Very long answers


async def test_a_very_long_answer_is_a_file_below_its_beginning(thread: Thread) -> None:
    words = " ".join(f"word{number}" for number in range(20_000))
    async with thread.answer() as answer:
        for start in range(0, len(words), 9_000):
            answer.add(words[start : start + 9_000])
            await asyncio.sleep(0.02)
        await answer.close("", FOOTER)
    *messages, file = await thread.messages()
    assert len(messages) == MOST_MESSAGES
    assert [buttons(message) for message in messages] == [[]] * (MOST_MESSAGES - 1) + [["good"]]
    assert text_of(messages[-1]).endswith("_The answer is very long. All of it is in the file below._")
    assert words.startswith(" ".join(said(messages).split()[:-14]))
    (shared,) = file["files"]
    assert shared["name"] == f"answer-{thread.ts}.md"
    assert thread.sandbox.state.workspace.files[shared["id"]].size == len(words)


async def test_where_slack_takes_no_file_a_very_long_answer_goes_on_in_messages(thread: Thread) -> None:
    await thread.person.fault("files.getUploadURLExternal", "error", "missing_scope")
    words = " ".join(f"word{number}" for number in range(9_000))
    async with thread.answer() as answer:
        answer.add(words)
        await answer.close("", FOOTER)
    messages = await thread.messages()
    assert len(messages) > MOST_MESSAGES
    assert said(messages).split() == words.split()
    assert [buttons(message) for message in messages] == [[]] * (len(messages) - 1) + [["good"]]


# Whatever a model says


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("<!channel> <!here> <!everyone> <@U0BENHALL1> <#C0GENERAL1> <!subteam^S0TEAM> a < b", "a < b"),
        ("<!chan" + "nel> @channel @here <!date^1^{date}|x>", "@channel"),
        ('[{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}]', '"section"'),
        ('```json\n{"blocks": [{"type": "actions", "elements": [{"action_id": "good"}]}]}\n```', '"actions"'),
        ("[a bank](https://bank.example) <https://evil.example|bank> ![x](https://evil.example/x.png)", "a bank"),
        ("half \ud83d a pair \udc00, \x00\x07 nothing \u202eesrever\u202c \u2066x\u2069 \ufeff.", "half  a pair"),
        ("> one\n>> two\n>>> three\n> > > > " * 30, "three"),
        ("Before.\n```python\nprint(1)", "print(1)"),
        ("| a | b |\n|---|---|\n| 1", "| 1"),
        ("*" * 500 + "_" * 500 + "`" * 501 + "~" * 99, "***"),
        ("   \n\n\n  words at last", "words at last"),
        ("&amp; &lt;!channel&gt; &#60;!here&#62;", "&amp;"),
    ],
)
async def test_what_slack_gets_is_valid_and_pings_nobody(thread: Thread, words: str, shown: str, grows: bool) -> None:
    async with thread.answer() as answer:
        for start in range(0, len(words), 7):
            answer.add(words[start : start + 7])
            await asyncio.sleep(0.01 * grows)
        await answer.close("Ours.", FOOTER)
    (message,) = await thread.messages()
    assert shown in text_of(message)
    assert text_of(message).endswith("\n\n_Ours._")
    assert buttons(message) == ["good"]
    for given in (message["text"], text_of(message)):
        assert not re.search("<[!@#]", given)
        assert not re.search("[\x00-\x08\ud800-\udfff\u202a-\u202e\u2066-\u2069]", given)


async def test_a_note_of_ours_is_no_part_of_code_that_stands_open(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add("```python\nprint(1)")
        await answer.close("The filter ended it.")
    assert said(await thread.messages()) == "```python\nprint(1)\n```\n\n_The filter ended it._"


async def test_a_huge_word_is_shown_in_pieces(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add("x" * 30_000)
        await answer.close()
    messages = await thread.messages()
    assert len(messages) == 3
    assert said(messages).replace("\n", "") == "x" * 30_000


async def test_nothing_is_posted_of_an_answer_without_words(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add(" \n ")
        answer.add("\x00\u200e")
        await answer.close()
    assert await thread.messages() == []


# Dying


SENTENCES = [f"Sentence number {number} of it.\n\n" for number in range(1_600)]


@dataclass(frozen=True)
class Way:
    """How an answer is given: so many sentences, in so many parts; each in a stream of its own where there are any."""

    sentences: int
    parts: int
    streams: bool = True
    files: int = 0


async def live(thread: Thread, client: MortalClient, way: Way, *, is_retry: bool = False, sentences: int = 0) -> None:
    """Answer to the end, or as long as the process lives."""
    words = SENTENCES[: sentences or way.sentences]
    with contextlib.suppress(Killed):
        async with thread.answer(client, replace(HURRIED, longest_stream=0.0), is_retry=is_retry) as answer:
            step = len(words) if is_retry else len(words) // way.parts
            for start in range(0, len(words), step):
                answer.add("".join(words[start : start + step]))
                while way.parts > 1 and not client.is_dead and not is_retry:
                    if words[start : start + step][-1].strip() in said(await thread.messages()):
                        break
                    await asyncio.sleep(0.002)
            await answer.close("", FOOTER)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("way", "anew"),
    [
        (Way(300, 3), 0),
        (Way(300, 3), 100),
        (Way(300, 3, streams=False), 0),
        (Way(300, 3, streams=False), 100),
        (Way(800, 1), 0),
        (Way(800, 1), 100),
        (Way(1_600, 1, files=1), 0),
    ],
)
async def test_an_answer_is_neither_lost_nor_given_twice_wherever_the_bot_dies(
    thread: Thread, way: Way, anew: int, late: bool
) -> None:
    """`anew`: the model is asked once more, and answers in fewer sentences."""
    dies_at, client = 0, thread.client()
    while client.is_dead or not dies_at:
        dies_at += 1
        await thread.ask()
        if not way.streams:
            await thread.person.fault("chat.startStream", "error", "unknown_method", times=1)
        client = thread.client(dies_at, late=late)
        await live(thread, client, way)
        if not client.is_dead:
            break
        await thread.person.clear_faults()
        await live(thread, thread.client(), way, is_retry=True, sentences=anew)
        *messages, last = await thread.messages()
        files = [last] if last.get("files") else []
        messages += [] if files else [last]
        assert len(files) == way.files, dies_at
        shown = "".join(SENTENCES[: anew or way.sentences])
        if not files:
            assert said(messages).split() == shown.split(), dies_at
        assert [buttons(message) for message in messages] == [[]] * (len(messages) - 1) + [["good"]], dies_at
        assert all(message.get("streaming_state") != "in_progress" for message in messages), dies_at
    assert dies_at > 2


async def test_a_stream_of_another_answer_in_the_thread_is_left_to_it(thread: Thread) -> None:
    """A stream does not say whose it is before its end. After a crash each of two answers looked for its own."""
    async with thread.answer() as other:
        other.add("The other answer ")
        theirs = (await thread.shows("The other answer"))["ts"]
    thread.opened = []

    async def is_others(ts: str) -> bool:
        return ts == theirs

    async with thread.answer(is_retry=True, is_others=is_others) as answer:
        answer.add("This one.")
        await answer.close()
    assert [text_of(message).strip() for message in await thread.messages()] == ["The other answer", "This one."]
