"""The page in a real browser: what a person sees and does."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.seed import ANA, BEN, GENERAL, SUPPORT
from sandbox.server import Sandbox
from sandbox.workspace import Workspace
from tests.browser import PATIENCE, chromium

pytestmark = pytest.mark.browser


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """The page as Ana, in #support-model. Fails the test on script errors and on requests to elsewhere."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    tab = await context.new_page()
    trouble: list[str] = []
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    tab.on("request", lambda r: None if r.url.startswith(sandbox.url) else trouble.append(r.url))
    await tab.goto(sandbox.page_url)
    await tab.wait_for_url(re.compile("/u/ana"))
    assert sandbox.key not in tab.url
    yield tab
    await context.close()
    assert trouble == []


async def test_what_is_typed_is_said_and_the_answer_appears_by_itself(
    page: Page, bolt: AsyncApp, people: SandboxClient
) -> None:
    @bolt.event("message")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(f"*heard* {event['text']} :tada:")

    box = page.get_by_label("Message #support-model")
    await box.fill("good morning")
    await box.press("Enter")
    await expect(page.locator("#messages")).to_contain_text("heard good morning 🎉")
    await expect(page.locator("#messages strong", has_text="heard")).to_be_visible()
    await expect(box).to_have_value("")
    await box.fill("two")
    await box.press("Shift+Enter")
    await box.press_sequentially("lines")
    await box.press("Enter")
    await expect(page.locator("#messages")).to_contain_text("heard two")


async def test_a_draft_outlives_the_closing_of_a_thread(page: Page, people: SandboxClient) -> None:
    asked = await people.say("ana", "#support-model", "a thread begins")
    await people.say("ben", "#support-model", "and goes on", thread_ts=asked["ts"])
    await page.get_by_text("1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread).to_be_visible()
    box = page.get_by_label("Message #support-model")
    await box.fill("half a thought")
    await box.press("Escape")
    await expect(thread).to_have_count(0)
    await expect(box).to_have_value("half a thought")


async def test_a_report_is_read_in_the_thread_and_a_modal_is_filled_in_with_the_keyboard(
    page: Page, bolt: AsyncApp, people: SandboxClient, slack: AsyncWebClient
) -> None:
    epochs = {
        "type": "input",
        "block_id": "epochs",
        "label": plain("Epochs"),
        "element": {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "initial_value": "3"},
    }
    view = {
        "type": "modal",
        "callback_id": "start",
        "title": plain("Start fine-tuning"),
        "submit": plain("Start"),
        "blocks": [epochs],
    }

    @bolt.action("start")
    async def start(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.view("start")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        if view["state"]["values"]["epochs"]["n"]["value"] == "99":
            await ack(response_action="errors", errors={"epochs": "Choose 10 or fewer."})
        else:
            await ack()
            await slack.chat_postMessage(channel=SUPPORT, text="started", thread_ts=dropped["ts"])

    dropped = await people.drop_bytes("ana", "#support-model", [("train.jsonl", b"{}\n")], "our answers")
    button = {"type": "button", "style": "primary", "text": plain("Start fine-tuning"), "action_id": "start"}
    await slack.chat_postMessage(
        channel=SUPPORT,
        thread_ts=dropped["ts"],
        text="report",
        blocks=[{"type": "header", "text": plain("Ready")}, {"type": "actions", "elements": [button]}],
    )
    await page.get_by_role("link", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread).to_contain_text("train.jsonl")
    await thread.get_by_role("button", name="Start fine-tuning").press("Enter")
    modal = page.get_by_role("dialog")
    field = modal.get_by_label("Epochs")
    await expect(field).to_be_focused()
    await field.fill("99")
    await field.press("Enter")
    await expect(modal.get_by_role("alert")).to_have_text("Choose 10 or fewer.")
    await expect(field).to_have_value("99")
    await field.fill("3")
    await field.press("Enter")
    await expect(modal).to_have_count(0)
    await expect(thread).to_contain_text("started")
    await thread.get_by_role("button", name="Start fine-tuning").press("Enter")
    await expect(modal).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(thread).to_have_count(0)


async def test_a_button_that_asks_first_does_nothing_when_one_says_no(
    page: Page, bolt: AsyncApp, slack: AsyncWebClient
) -> None:
    pressed: asyncio.Queue[str] = asyncio.Queue()

    @bolt.action("drop")
    async def drop(ack: Any) -> None:
        await ack()
        await pressed.put("drop")

    confirm = {
        "title": plain("Sure?"),
        "text": plain("It is gone then."),
        "confirm": plain("Away"),
        "deny": plain("Keep"),
    }
    button = {"type": "button", "text": plain("Discard"), "action_id": "drop", "confirm": confirm}
    await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=[{"type": "actions", "elements": [button]}])
    await page.get_by_role("button", name="Discard").click()
    await page.get_by_role("button", name="Keep").click()
    await page.get_by_role("button", name="Discard").click()
    await page.get_by_role("button", name="Away").click()
    await asyncio.wait_for(pressed.get(), 60)
    assert pressed.empty()


@pytest.mark.parametrize(("now", "arrives"), [("first", True), ("another", False)])
async def test_a_button_is_pressed_though_the_message_was_updated_while_one_was_asked(
    page: Page, bolt: AsyncApp, slack: AsyncWebClient, now: str, arrives: bool
) -> None:
    """As long as one with the same value is still there."""
    pressed: asyncio.Queue[str] = asyncio.Queue()

    @bolt.action("drop")
    async def drop(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        await pressed.put(action["value"])

    confirm = {"title": plain("Sure?"), "text": plain("It is gone then."), "confirm": plain("Away")}

    def blocks(text: str, *values: str) -> list[dict[str, Any]]:
        buttons = [
            {"type": "button", "text": plain(f"Discard {value}"), "action_id": "drop", "value": value}
            | {"confirm": confirm}
            for value in values
        ]
        return [
            {"type": "section", "text": plain(text)},
            *({"type": "actions", "elements": [button]} for button in buttons),
        ]

    posted = await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks("10% done", "second", "first"))
    await page.get_by_role("button", name="Discard first").click()
    await slack.chat_update(channel=SUPPORT, ts=posted["ts"], text="x", blocks=blocks("20% done", "second", now))
    await expect(page.get_by_text("20% done")).to_be_visible()
    await page.get_by_role("button", name="Away").click()
    if arrives:
        assert await asyncio.wait_for(pressed.get(), 60) == "first"
    else:
        await expect(page.get_by_text("This button no longer exists.")).to_be_visible()
        assert pressed.empty()


@pytest.mark.parametrize("buttons_before", [0, 2])
async def test_a_menu_opens_to_the_side_where_there_is_room(
    page: Page, people: SandboxClient, slack: AsyncWebClient, sandbox: Sandbox, buttons_before: int
) -> None:
    ts = (await people.say("ana", "#support-model", "where is my order?"))["ts"]
    options = [{"text": plain("Ask the same once more, please"), "value": "again"}]
    elements: list[dict[str, Any]] = [
        {"type": "button", "text": plain("A button that takes a lot of room"), "action_id": f"wide-{number}"}
        for number in range(buttons_before)
    ]
    elements.append({"type": "overflow", "action_id": "menu", "options": options})
    await slack.chat_postMessage(
        channel=SUPPORT, thread_ts=ts, text="x", blocks=[{"type": "actions", "elements": elements}]
    )
    await page.set_viewport_size({"width": 1180, "height": 800})
    await page.goto(f"{sandbox.url}/u/ana/{SUPPORT}?thread={ts}")
    thread = page.get_by_role("complementary", name="Thread")
    await thread.locator(".overflow summary").click()
    menu, around = await thread.get_by_role("menu").bounding_box(), await thread.bounding_box()
    assert menu is not None
    assert around is not None
    assert around["x"] <= menu["x"]
    assert menu["x"] + menu["width"] <= around["x"] + around["width"]


async def test_a_menu_at_the_end_of_a_long_thread_opens_upwards(
    page: Page, people: SandboxClient, slack: AsyncWebClient, sandbox: Sandbox
) -> None:
    ts = (await people.say("ana", "#support-model", "line\n" * 40))["ts"]
    options = [{"text": plain(f"Entry {number}"), "value": str(number)} for number in range(4)]
    menu = {"type": "overflow", "action_id": "menu", "options": options}
    await slack.chat_postMessage(
        channel=SUPPORT, thread_ts=ts, text="x", blocks=[{"type": "actions", "elements": [menu]}]
    )
    await page.goto(f"{sandbox.url}/u/ana/{SUPPORT}?thread={ts}")
    thread = page.get_by_role("complementary", name="Thread")
    await thread.locator(".overflow summary").click()
    for number in range(4):
        await expect(thread.get_by_role("menuitem", name=f"Entry {number}")).to_be_in_viewport(ratio=1)
    button, entries = (
        await thread.locator(".overflow summary").bounding_box(),
        await thread.get_by_role("menu").bounding_box(),
    )
    assert button is not None
    assert entries is not None
    assert entries["y"] + entries["height"] <= button["y"]


async def test_a_menu_is_used_with_the_keyboard_alone(page: Page, bolt: AsyncApp, slack: AsyncWebClient) -> None:
    chosen: asyncio.Queue[str] = asyncio.Queue()

    @bolt.action("menu")
    async def taken(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        chosen.put_nowait(body["actions"][0]["selected_option"]["value"])

    options: list[dict[str, Any]] = [{"text": plain(text), "value": text} for text in ("First", "Second", "Third")]
    options[1]["description"] = plain("What it does")
    menu = {"type": "overflow", "action_id": "menu", "options": options}
    await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=[{"type": "actions", "elements": [menu]}])
    button = page.locator(".overflow summary")
    await button.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="First")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("menuitem", name="Third")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(button).to_be_focused()
    await expect(page.get_by_role("menu")).to_be_hidden()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    second = page.get_by_role("menuitem", name="Second")
    await expect(second).to_be_focused()
    await expect(second).to_contain_text("What it does")
    await page.keyboard.press("Enter")
    assert await asyncio.wait_for(chosen.get(), 20) == "Second"


async def test_thumbs_are_shown_as_thumbs_and_named_for_who_does_not_see_them(
    page: Page, slack: AsyncWebClient
) -> None:
    thumbs = {
        "type": "feedback_buttons",
        "action_id": "thumbs",
        "positive_button": {"text": plain("Good answer"), "value": "good"},
        "negative_button": {"text": plain("Bad answer"), "value": "bad", "accessibility_label": "This is wrong"},
    }
    await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=[{"type": "context_actions", "elements": [thumbs]}])
    good = page.get_by_role("button", name="Good answer")
    await expect(good).to_have_text("")
    await expect(good.locator("svg")).to_be_visible()
    await expect(page.get_by_role("button", name="This is wrong")).to_have_attribute("title", "Bad answer")


async def test_a_streamed_answer_grows_while_one_watches(
    page: Page, people: SandboxClient, slack: AsyncWebClient, sandbox: Sandbox
) -> None:
    ts = (await people.say("ana", "#support-model", "where is my order?"))["ts"]
    await page.goto(f"{sandbox.url}/u/ana/{SUPPORT}?thread={ts}")
    await slack.assistant_threads_setStatus(channel_id=SUPPORT, thread_ts=ts, status="is thinking…")
    await expect(page.locator("#thread")).to_contain_text("is thinking…")
    started = await slack.chat_startStream(
        channel=SUPPORT,
        thread_ts=ts,
        recipient_user_id=ANA,
        recipient_team_id=Workspace.TEAM,
        markdown_text="It is **on",
    )
    await expect(page.locator("#thread .streaming")).to_contain_text("It is **on")
    await expect(page.locator("#thread")).not_to_contain_text("is thinking…")
    await slack.chat_appendStream(channel=SUPPORT, ts=started["ts"], markdown_text=" its way**")
    await expect(page.locator("#thread strong", has_text="on its way")).to_be_visible()
    await slack.chat_stopStream(channel=SUPPORT, ts=started["ts"])
    await expect(page.locator("#thread .streaming")).to_have_count(0)


async def test_files_are_dropped_and_pictures_of_the_bot_are_seen(
    page: Page, people: SandboxClient, slack: AsyncWebClient, tmp_path: Path
) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text("{}\n")
    await page.get_by_label("Attach files").first.set_input_files(file)
    await expect(page.locator(".attached")).to_contain_text("train.jsonl")
    await page.get_by_label("Message #support-model").fill("have a look")
    await page.get_by_label("Message #support-model").press("Enter")
    await expect(page.locator("#messages .file")).to_contain_text("train.jsonl")
    message = (await people.messages("#support-model"))[-1]
    assert (message["text"], message["files"][0]["size"]) == ("have a look", 3)

    import matplotlib.image
    import numpy

    matplotlib.image.imsave(tmp_path / "loss.png", numpy.zeros((40, 60, 3)))
    await slack.files_upload_v2(file=str(tmp_path / "loss.png"), title="Loss", channel=SUPPORT)
    picture = page.locator("#messages .picture img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.complete ? image.naturalWidth : 60") == 60


async def test_a_command_is_completed_and_its_answer_is_only_for_the_one_who_asked(
    page: Page, bolt: AsyncApp, browser: Browser, sandbox: Sandbox
) -> None:
    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any]) -> None:
        await ack(f"you said {body['text']}")

    box = page.get_by_label("Message #support-model")
    await box.press_sequentially("/te")
    await expect(page.get_by_role("option", name="/test")).to_be_visible()
    await box.press("Tab")
    await expect(box).to_have_value("/test ")
    await box.press_sequentially("hello")
    await box.press("Enter")
    await expect(page.locator("#messages .ephemeral")).to_contain_text("you said hello")
    await page.goto(f"{sandbox.url}/u/ben/{SUPPORT}")
    await expect(page.locator("#messages")).not_to_contain_text("you said hello")


async def test_what_is_said_elsewhere_is_marked_unread_until_it_is_read(
    page: Page, people: SandboxClient, slack: AsyncWebClient
) -> None:
    await people.say("ben", "#general", "anybody?")
    await slack.chat_postMessage(channel=ANA, text="your job is done")
    await expect(page.locator(f"#nav-{GENERAL} .badge")).to_have_text("1")
    await expect(page.get_by_role("link", name="Test Bot")).to_contain_text("1")
    await page.locator(f"#nav-{GENERAL}").click()
    await expect(page.locator("#messages")).to_contain_text("anybody?")
    await expect(page.locator(f"#nav-{GENERAL} .badge")).to_have_count(0)


async def test_a_person_mentions_the_bot_and_switches_to_another_person(page: Page, people: SandboxClient) -> None:
    box = page.get_by_label("Message #support-model")
    await box.press_sequentially("@tes")
    await box.press("Enter")
    await expect(box).to_have_value("@Test Bot ")
    await box.press_sequentially("jobs")
    await box.press("Enter")
    await expect(page.locator("#messages .mention")).to_have_text("@Test Bot")
    assert (await people.messages("#support-model"))[-1]["text"] == f"<@{Workspace.BOT}> jobs"
    await page.get_by_role("link", name="Ben Hall").click()
    await expect(page).to_have_url(re.compile("/u/ben/"))
    await expect(page.locator("#messages")).to_contain_text("Ana Reed")
    await expect(page.get_by_role("link", name="support-leads")).to_have_count(0)


async def test_it_fits_a_phone_and_follows_the_systems_colours(
    page: Page, people: SandboxClient, sandbox: Sandbox
) -> None:
    ts = (await people.say("ana", "#support-model", "x" * 300))["ts"]
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    await page.set_viewport_size({"width": 390, "height": 844})
    for path in (f"/u/ana/{SUPPORT}", f"/u/ana/{SUPPORT}?thread={ts}", f"/u/ana/{SUPPORT}?nav=1"):
        await page.goto(sandbox.url + path)
        await expect(page.locator("body")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_the_page_comes_up_to_date_after_the_sandbox_was_away(
    page: Page, people: SandboxClient, slack: AsyncWebClient
) -> None:
    """A page that was asleep hears of everything when it connects again."""
    await page.evaluate("document.querySelector('#live')._htmx?.sse?.reader?.cancel()")
    await people.say("ben", "#support-model", "while you were away")
    await expect(page.locator("#messages")).to_contain_text("while you were away")


async def test_every_kind_of_input_can_be_filled_in(
    page: Page, bolt: AsyncApp, people: SandboxClient, slack: AsyncWebClient, tmp_path: Path
) -> None:
    def options(*values: str) -> list[dict[str, Any]]:
        return [{"text": plain(v.title()), "value": v} for v in values]

    kinds: dict[str, dict[str, Any]] = {
        "external": {"type": "external_select", "min_query_length": 1},
        "menu": {"type": "static_select", "options": options("small", "large")},
        "ticks": {"type": "checkboxes", "options": options("red", "green", "blue")},
        "radio": {"type": "radio_buttons", "options": options("yes", "no")},
        "several": {"type": "multi_static_select", "options": options("one", "two", "three")},
        "person": {"type": "users_select"},
        "day": {"type": "datepicker"},
        "long": {"type": "plain_text_input", "multiline": True},
        "file": {"type": "file_input"},
    }
    blocks = [
        {"type": "input", "block_id": k, "label": plain(k), "element": e | {"action_id": k}} for k, e in kinds.items()
    ]
    view = {"type": "modal", "callback_id": "all", "title": plain("All"), "submit": plain("Go"), "blocks": blocks}
    got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.options("external")
    async def offer(ack: Any, body: dict[str, Any]) -> None:
        await ack(options=options(f"{body['value']}-1", f"{body['value']}-2"))

    @bolt.view("all")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        await got.put({block: next(iter(held.values())) for block, held in view["state"]["values"].items()})

    await people.command("ana", "#support-model", "/test")
    modal = page.get_by_role("dialog")
    await modal.get_by_label("external").press_sequentially("gpt")
    await modal.get_by_role("option", name="Gpt-2").click()
    await modal.get_by_label("menu").select_option("Large")
    await modal.get_by_label("Red").check()
    await modal.get_by_label("Blue").check()
    await modal.get_by_label("No", exact=True).check()
    await modal.get_by_label("Two").check()
    await modal.get_by_label("person").select_option("Ben Hall")
    await modal.get_by_label("day").fill("2026-12-24")
    await modal.get_by_label("long").fill("many\nlines")
    (tmp_path / "notes.txt").write_text("n")
    await modal.get_by_label("file").set_input_files(tmp_path / "notes.txt")
    await modal.get_by_role("button", name="Go").click()
    await expect(modal).to_have_count(0)
    state = await asyncio.wait_for(got.get(), 60)
    assert state["external"]["selected_option"]["value"] == "gpt-2"
    assert state["menu"]["selected_option"]["value"] == "large"
    assert [o["value"] for o in state["ticks"]["selected_options"]] == ["red", "blue"]
    assert state["radio"]["selected_option"]["value"] == "no"
    assert [o["value"] for o in state["several"]["selected_options"]] == ["two"]
    assert state["person"]["selected_user"] == BEN
    assert state["day"]["selected_date"] == "2026-12-24"
    assert state["long"]["value"].splitlines() == ["many", "lines"]
    [given] = state["file"]["files"]
    assert given["name"] == "notes.txt"
    assert (await slack.files_info(file=given["id"]))["file"]["id"] == given["id"]


async def test_an_app_hears_of_text_while_it_is_typed_only_where_it_asked_to(
    page: Page, bolt: AsyncApp, people: SandboxClient
) -> None:
    def field(name: str, **config: Any) -> dict[str, Any]:
        element = {"type": "plain_text_input", "action_id": name} | config
        return {"type": "input", "block_id": name, "label": plain(name), "dispatch_action": True, "element": element}

    def view(said: str) -> dict[str, Any]:
        each = field("each", dispatch_action_config={"trigger_actions_on": ["on_character_entered"]})
        blocks = [each, field("whole"), {"type": "section", "text": plain(said)}]
        return {"type": "modal", "callback_id": "typed", "title": plain("T"), "submit": plain("Go"), "blocks": blocks}

    heard: list[tuple[str, str]] = []

    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view("nothing"))

    @bolt.action(re.compile("each|whole"))
    async def typed(ack: Any, body: dict[str, Any], action: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        heard.append((action["action_id"], action["value"]))
        await client.views_update(view_id=body["view"]["id"], view=view(f"heard {action['value']}"))

    await people.command("ana", "#support-model", "/test")
    modal = page.get_by_role("dialog")
    each, whole = modal.get_by_label("each"), modal.get_by_label("whole")
    await each.press_sequentially("a long word", delay=120)
    await expect(modal).to_contain_text("heard a long word")
    await expect(each).to_have_value("a long word")
    await expect(each).to_be_focused()
    await whole.press_sequentially("another")
    await whole.press("Tab")
    await expect(modal).to_contain_text("heard another")
    await expect(each).to_have_value("a long word")
    assert [text for name, text in heard if name == "whole"] == ["another"]


async def test_the_home_tab_and_an_overflow_menu_in_it_work(
    page: Page, bolt: AsyncApp, sandbox: Sandbox, people: SandboxClient
) -> None:
    items = [{"text": plain("Refresh"), "value": "refresh"}, {"text": plain("Hide"), "value": "hide"}]
    menu = {"type": "overflow", "action_id": "more", "options": items}
    section = {"type": "section", "text": plain("Jobs"), "accessory": menu}

    @bolt.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section]})

    @bolt.action("more")
    async def more(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        chosen = body["actions"][0]["selected_option"]["value"]
        header = {"type": "header", "text": plain(f"You chose {chosen}")}
        await client.views_publish(user_id=body["user"]["id"], view={"type": "home", "blocks": [header]})

    await page.get_by_role("link", name="Test Bot").click()
    await page.get_by_role("link", name="Home").click()
    await expect(page.locator("#home")).to_contain_text("Jobs")
    await page.locator("#home summary").click()
    await page.get_by_role("menuitem", name="Hide").click()
    await expect(page.locator("#home")).to_contain_text("You chose hide")


async def test_what_is_new_stands_below_a_line_and_the_newest_is_one_press_away(
    page: Page, people: SandboxClient, sandbox: Sandbox
) -> None:
    for number in range(30):
        await people.say("ben", "#support-model", f"seen {number}")
    await expect(page.locator("#messages")).to_contain_text("seen 29")
    await expect(page.locator("#new")).to_have_count(0)
    await page.goto(f"{sandbox.url}/u/ana/{GENERAL}")
    for number in range(30):
        await people.say("ben", "#support-model", f"news {number}")
    await page.goto(f"{sandbox.url}/u/ana/{SUPPORT}")
    line = page.locator("#new")
    await expect(line).to_be_in_viewport()
    assert await line.evaluate("line => line.nextElementSibling.textContent.includes('news 0')")
    newest = page.locator("main .newest")
    await newest.click()
    await expect(page.get_by_text("news 29", exact=True)).to_be_in_viewport()
    await expect(newest).to_be_hidden()
    await people.say("ben", "#support-model", "while it is open")
    await expect(page.get_by_text("while it is open")).to_be_in_viewport()
    await expect(line).to_have_count(1)


async def test_a_list_stays_at_its_end_when_more_comes_while_it_scrolls_there(
    page: Page, people: SandboxClient
) -> None:
    for number in range(30):
        await people.say("ben", "#support-model", f"line {number}")
    await expect(page.get_by_text("line 29", exact=True)).to_be_in_viewport()
    more = await page.locator("#scroll").evaluate_handle(
        """async list => {
            const scrolled = () => new Promise(done => list.addEventListener("scroll", done, { once: true }));
            const up = scrolled();
            list.scrollTop -= 20;
            await up;
            await new Promise(done => setTimeout(done)); // out of the frame, which looks at sizes after events
            const down = scrolled();
            list.scrollTop = list.scrollHeight;
            const more = document.createElement("div");
            more.style.height = "2000px";
            list.firstElementChild.append(more);
            await down;
            return more;
        }"""
    )
    await page.wait_for_function("more => more.getBoundingClientRect().bottom < innerHeight", arg=more)


async def test_an_answer_to_this_person_alone_comes_into_view(
    page: Page, people: SandboxClient, slack: AsyncWebClient
) -> None:
    for number in range(30):
        await people.say("ben", "#support-model", f"line {number}")
    await expect(page.get_by_text("line 29", exact=True)).to_be_in_viewport()
    await page.get_by_text("line 0", exact=True).scroll_into_view_if_needed()
    await expect(page.locator("main .newest")).to_be_visible()
    await people.say("ben", "#support-model", "to all")
    await expect(page.get_by_text("to all", exact=True)).not_to_be_in_viewport()
    await slack.chat_postEphemeral(channel=SUPPORT, user=ANA, text="to you")
    await expect(page.get_by_text("to you", exact=True)).to_be_in_viewport()


async def test_a_person_reads_dates_in_the_language_that_they_choose(page: Page, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel=SUPPORT, text="done on <!date^1700000000^{date_long}|14 November>")
    shown = page.locator("#messages .message time[datetime^='2023']")
    await expect(shown).to_have_text(re.compile("November 1[45]th, 2023"))
    await page.get_by_label("Language").select_option("简体中文")
    await expect(shown).to_have_text(re.compile("2023年11月1[45]日"))
    assert (await slack.users_info(user=ANA, include_locale=True))["user"]["locale"] == "zh-CN"
    await page.reload()
    await expect(page.get_by_label("Language")).to_have_value("zh-CN")
    await expect(shown).to_have_text(re.compile("2023年11月1[45]日"))


async def test_the_page_says_while_the_app_is_away(page: Page, sandbox: Sandbox, slack: AsyncWebClient) -> None:
    away = page.get_by_text("is away. It answers when it is connected again")
    await expect(away).to_be_visible()
    app = AsyncApp(client=slack, signing_secret=sandbox.signing_secret)
    handler = AsyncSocketModeHandler(app, sandbox.app_token, web_client=slack)
    await handler.connect_async()
    await expect(away).to_be_hidden()
    await handler.close_async()
    await expect(away).to_be_visible()


async def test_ones_own_message_is_changed_and_deleted_from_its_menu(page: Page, people: SandboxClient) -> None:
    await people.say("ben", "#support-model", "somebody else's")
    ts = (await people.say("ana", "#support-model", "hello @Ben Hall, see https://example.com/?a=1&b=2 & reply"))["ts"]
    before = (await people.messages("#support-model"))[-1]["text"]
    mine = page.locator("#messages .message", has_text="hello")
    await mine.hover()
    await mine.get_by_label("More actions").click()
    await mine.get_by_role("menuitem", name="Edit message").click()
    box = page.get_by_label("Text of the message")
    await expect(box).to_have_value("hello @Ben Hall, see https://example.com/?a=1&b=2 & reply")
    await box.press("End")
    await box.press_sequentially(" soon")
    await box.press("Enter")
    await expect(mine).to_contain_text("reply soon")
    await expect(mine).to_contain_text("(edited)")
    assert (await people.messages("#support-model"))[-1]["text"] == f"{before} soon"
    await mine.hover()
    await mine.get_by_label("More actions").click()
    await mine.get_by_role("menuitem", name="Delete message").click()
    await page.locator("#confirm-yes").click()
    await expect(mine).to_have_count(0)
    assert ts not in [message["ts"] for message in await people.messages("#support-model")]
    theirs = page.locator("#messages .message", has_text="somebody else's")
    await theirs.hover()
    await theirs.get_by_label("More actions").click()
    await expect(theirs.get_by_role("menuitem", name="Edit message")).to_have_count(0)


async def test_shortcuts_are_chosen_on_a_message_and_in_the_composer(
    page: Page, people: SandboxClient, bolt: AsyncApp
) -> None:
    @bolt.shortcut("keep")
    async def keep(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(f"kept: {body['message']['text']}")

    @bolt.shortcut("begin")
    async def begin(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view = {"type": "modal", "title": plain("Begin"), "blocks": [{"type": "divider"}]}
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    await people.say("ben", "#support-model", "worth keeping")
    message = page.locator("#messages .message", has_text="worth keeping").first
    await message.hover()
    await message.get_by_label("More actions").click()
    await message.get_by_role("menuitem", name="Keep this").click()
    await expect(page.locator("#messages .ephemeral")).to_contain_text("kept: worth keeping")
    box = page.get_by_label("Message #support-model")
    await box.fill("half a thought")
    await page.get_by_label("Shortcuts").first.click()
    await page.get_by_role("button", name="Begin anew").click()
    await expect(page.get_by_role("dialog", name="Begin")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(box).to_have_value("half a thought")


async def test_options_of_the_app_are_searched_and_several_are_chosen(
    page: Page, people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp
) -> None:
    chosen: asyncio.Queue[list[str]] = asyncio.Queue()

    @bolt.options("models")
    async def options(ack: Any, body: dict[str, Any]) -> None:
        found = [name for name in ("llama", "qwen", "smollm") if body["value"] in name]
        await ack(options=[{"text": plain(name.title()), "value": name} for name in found])

    @bolt.action("models")
    async def picked(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        await chosen.put([option["value"] for option in action["selected_options"]])

    menu = {"type": "multi_external_select", "action_id": "models", "placeholder": plain("Models")}
    blocks = [{"type": "actions", "elements": [menu | {"min_query_length": 1}]}]
    await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    box = page.get_by_placeholder("Models")
    await box.press_sequentially("ll")
    await page.get_by_role("option", name="Llama").click()
    assert await chosen.get() == ["llama"]
    await box.press_sequentially("qw")
    await page.get_by_role("option", name="Qwen").click()
    assert await chosen.get() == ["llama", "qwen"]
    await page.locator(".chosen").get_by_label("Llama").uncheck()
    assert await chosen.get() == ["qwen"]
    await expect(page.locator(".chosen").get_by_label("Qwen")).to_be_checked()


async def test_charts_tables_and_cards_are_seen_and_a_card_s_button_works(
    page: Page, slack: AsyncWebClient, bolt: AsyncApp, people: SandboxClient
) -> None:
    pressed: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.action("choose")
    async def choose(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        await pressed.put(action)

    labels = ["spam", "ham"]
    points = [{"label": label, "value": value} for label, value in zip(labels, (0.8, 0.2), strict=True)]
    bars = {
        "type": "bar",
        "series": [{"name": "probability", "data": points}],
        "axis_config": {"categories": labels},
    }
    button = {"type": "button", "text": plain("Choose"), "action_id": "choose", "value": "A"}
    card = {"type": "card", "block_id": "first", "title": plain("Model A"), "actions": [button]}
    rows = [[{"type": "raw_text", "text": text}] for text in ("job", "ftjob-1")]
    inside = {"type": "container", "title": plain("Jobs"), "child_blocks": [{"type": "table", "rows": rows}]}
    blocks: list[dict[str, Any]] = [
        {"type": "data_visualization", "title": "Which label", "chart": bars},
        {"type": "carousel", "elements": [card]},
        inside | {"is_collapsible": True, "default_collapsed": True},
    ]
    await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    chart = page.get_by_role("img", name="Which label")
    await expect(chart).to_be_visible()
    await expect(chart.locator("rect")).to_have_count(2)
    tall, low = [await bar.bounding_box() for bar in await chart.locator("rect").all()]
    assert tall
    assert low
    assert abs(tall["height"] / low["height"] - 4) < 0.1
    await page.get_by_role("button", name="Choose").click()
    action = await pressed.get()
    assert (action["block_id"], action["value"]) == ("first", "A")
    await expect(page.get_by_text("ftjob-1")).to_be_hidden()
    await page.get_by_text("Jobs", exact=True).click()
    await expect(page.get_by_text("ftjob-1")).to_be_visible()


async def test_a_divider_on_home_is_as_wide_as_what_it_divides(page: Page, slack: AsyncWebClient) -> None:
    blocks: list[dict[str, Any]] = [{"type": "section", "text": plain("Jobs")}, {"type": "divider"}]
    await slack.views_publish(user_id=ANA, view={"type": "home", "blocks": blocks})
    await page.get_by_role("link", name="Test Bot").click()
    await page.get_by_role("link", name="Home").click()
    await expect(page.locator("#home")).to_contain_text("Jobs")
    section, divider = [await page.locator(f"#home {one}").bounding_box() for one in (".section", "hr")]
    assert section
    assert divider
    assert (section["x"], section["width"]) == (divider["x"], divider["width"])


async def test_a_data_table_is_sorted_by_the_column_whose_heading_is_pressed(page: Page, slack: AsyncWebClient) -> None:
    header = [{"type": "raw_text", "text": "Model"}, {"type": "raw_text", "text": "Right"}]
    rows = [
        [{"type": "raw_text", "text": name}, {"type": "raw_number", "value": value, "text": f"{value}%"}]
        for name, value in (("support", 82), ("base", 9), ("mini", 100))
    ]
    table = {"type": "data_table", "caption": "Models", "rows": [header, *rows]}
    await slack.chat_postMessage(channel=SUPPORT, text="x", blocks=[table])
    shares = page.locator(".data_table td.number")
    await page.get_by_role("button", name="Right").click()
    await expect(shares).to_have_text(["9%", "82%", "100%"])
    await page.get_by_role("button", name="Right").click()
    await expect(shares).to_have_text(["100%", "82%", "9%"])


async def test_an_agents_prompts_its_stop_button_and_the_title_of_its_session(
    page: Page, sandbox: Sandbox, people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp
) -> None:
    stopped: asyncio.Queue[str] = asyncio.Queue()
    renamed: asyncio.Queue[str] = asyncio.Queue()

    @bolt.event("agent_session_stopped")
    async def stop(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.agents_sessions_setStatus(
            channel_id=event["channel"], thread_ts=event["thread_ts"], status="active"
        )
        await stopped.put(event["user"])

    @bolt.event("agent_session_title_changed")
    async def rename(event: dict[str, Any]) -> None:
        await renamed.put(event["title"])

    @bolt.event("app_home_opened")
    @bolt.event("message")
    async def quiet() -> None:
        pass

    await page.get_by_role("link", name="Test Bot").click()
    await page.get_by_role("button", name="What can you do?").click()
    asked = page.locator("#messages .message", has_text="help")
    await expect(asked).to_be_visible()
    message = (await people.messages("@ana"))[-1]
    prompts = [{"title": "Talk to tone", "message": "chat tone"}]
    await slack.assistant_threads_setSuggestedPrompts(channel_id=message["channel"], prompts=prompts)
    await expect(page.locator("#prompts button")).to_have_text(["Talk to tone"])
    await slack.agents_sessions_setStatus(
        channel_id=message["channel"], thread_ts=message["ts"], status="processing", title="Helping"
    )
    await expect(asked.locator(".session-of")).to_contain_text("Helping processing")
    await asked.hover()
    await asked.get_by_label("Reply in thread").click()
    await page.get_by_role("button", name="Stop").click()
    assert await stopped.get() == ANA
    await expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    title = page.get_by_label("Title of the session")
    await expect(title).to_have_value("Helping")
    await title.fill("What it can do")
    await title.press("Enter")
    assert await renamed.get() == "What it can do"
    await expect(asked.locator(".session-of")).to_have_text("What it can do")


async def test_feedback_stays_pressed_for_the_one_who_gave_it(
    page: Page, people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp
) -> None:
    given: asyncio.Queue[str] = asyncio.Queue()

    @bolt.action("feedback")
    async def feedback(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        await given.put(action["value"])

    halves = {f"{name}_button": {"text": plain(name), "value": name} for name in ("positive", "negative")}
    buttons = {"type": "feedback_buttons", "action_id": "feedback"} | halves
    trash = {"type": "icon_button", "icon": "trash", "text": plain("Remove"), "visible_to_user_ids": [BEN]}
    posted = await slack.chat_postMessage(
        channel=SUPPORT, text="answer", blocks=[{"type": "context_actions", "elements": [buttons, trash]}]
    )
    await people.click("ben", "#support-model", posted["ts"], "feedback", value="positive")
    assert await given.get() == "positive"
    for name, other in (("negative", "positive"), ("positive", "negative")):
        await page.get_by_role("button", name=name).click()
        assert await given.get() == name
        await expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        await expect(page.get_by_role("button", name=other)).to_have_attribute("aria-pressed", "false")
    await expect(page.get_by_role("button", name="Remove")).to_have_count(0)
