"""Modals and the Home tab, with a real Bolt app behind them."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.seed import ANA, GENERAL
from sandbox.server import Sandbox


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Form", *, kind: str = "modal", **fields: Any) -> dict[str, Any]:
    blocks = [
        {
            "type": "input",
            "block_id": "name",
            "label": plain("Name"),
            "element": {"type": "plain_text_input", "action_id": "n"},
        }
    ]
    return {
        "type": kind,
        "title": plain(title),
        "submit": plain("Go"),
        "callback_id": "form",
        "blocks": blocks,
    } | fields


@pytest_asyncio.fixture(loop_scope="session")
async def triggers(bolt: AsyncApp) -> asyncio.Queue[str]:
    """Trigger ids, one for each /test that is run."""
    queue: asyncio.Queue[str] = asyncio.Queue()

    @bolt.command("/test")
    async def run(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await queue.put(body["trigger_id"])

    return queue


async def trigger(people: SandboxClient, triggers: asyncio.Queue[str]) -> str:
    await people.command("ana", "#general", "/test")
    return await asyncio.wait_for(triggers.get(), 60)


async def test_a_trigger_works_once_and_not_for_long(
    people: SandboxClient, slack: AsyncWebClient, triggers: asyncio.Queue[str]
) -> None:
    first = await trigger(people, triggers)
    await slack.views_open(trigger_id=first, view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await slack.views_open(trigger_id=first, view=modal())
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await slack.views_open(trigger_id="1.2.x", view=modal())
    await people.settings(trigger_life=0.0)
    late = await trigger(people, triggers)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await slack.views_open(trigger_id=late, view=modal())


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (modal("x" * 25), "/view/title"),
        (modal(submit=plain("x" * 25)), "/view/submit"),
        (modal(close=plain("x" * 25)), "/view/close"),
        (modal(private_metadata="x" * 3001), "/view/private_metadata"),
        (modal(callback_id="x" * 256), "/view/callback_id"),
        (modal(blocks=[{"type": "divider"}] * 101), "/blocks"),
        (modal(submit=None), "needs submit"),
        (modal(kind="home"), "/view/type"),
    ],
)
async def test_a_view_that_slack_refuses_is_refused(slack: AsyncWebClient, view: dict[str, Any], says: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        await slack.views_open(trigger_id="any", view=view)
    assert caught.value.response["error"] == "invalid_arguments"
    assert says in str(caught.value.response["response_metadata"]["messages"])


async def test_three_views_lie_on_one_another_and_a_fourth_does_not(
    people: SandboxClient, slack: AsyncWebClient, triggers: asyncio.Queue[str]
) -> None:
    await slack.views_open(trigger_id=await trigger(people, triggers), view=modal("1"))
    for title in "23":
        await slack.views_push(trigger_id=await trigger(people, triggers), view=modal(title))
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        await slack.views_push(trigger_id=await trigger(people, triggers), view=modal("4"))
    assert [v["title"]["text"] for v in await people.views("ana")] == ["1", "2", "3"]


async def test_an_update_keeps_what_was_typed_and_a_stale_hash_is_refused(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp, triggers: asyncio.Queue[str]
) -> None:
    @bolt.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"name": "taken"})

    view = (await slack.views_open(trigger_id=await trigger(people, triggers), view=modal()))["view"]
    assert await people.submit("ana", view["id"], {"name": "support"}) == {"name": "taken"}
    updated = (await slack.views_update(view_id=view["id"], hash=view["hash"], view=modal("Again")))["view"]
    assert updated["state"]["values"]["name"]["n"]["value"] == "support"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await slack.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    with pytest.raises(SlackApiError, match="not_found"):
        await slack.views_update(view_id="V0", view=modal())


async def test_what_is_wrong_stays_said_while_the_view_is_updated_and_goes_with_the_next_submission(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp, sandbox: Sandbox, triggers: asyncio.Queue[str]
) -> None:
    answers = [
        {"response_action": "errors", "errors": {"name": "taken"}},
        {"response_action": "update", "view": modal("Done")},
    ]

    @bolt.view("form")
    async def submitted(ack: Any) -> None:
        await ack(answers.pop(0))

    view = (await slack.views_open(trigger_id=await trigger(people, triggers), view=modal()))["view"]
    shown = sandbox.state.views.get(view["id"])
    assert shown is not None
    await people.submit("ana", view["id"], {"name": "support"})
    await slack.views_update(view_id=view["id"], view=modal("Again"))
    assert shown.errors == {"name": "taken"}
    await people.submit("ana", view["id"])
    assert shown.body["title"]["text"] == "Done"
    assert shown.errors == {}


async def test_what_is_wrong_with_a_field_goes_with_the_field(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp, sandbox: Sandbox, triggers: asyncio.Queue[str]
) -> None:
    @bolt.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"name": "taken"})

    view = (await slack.views_open(trigger_id=await trigger(people, triggers), view=modal()))["view"]
    await people.submit("ana", view["id"], {"name": "support"})
    await slack.views_update(view_id=view["id"], view=modal(blocks=[{"type": "divider"}]))
    shown = sandbox.state.views.get(view["id"])
    assert shown is not None
    assert shown.errors == {}


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ({}, ["under"]),
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": modal("new")}, ["under", "new"]),
        ({"response_action": "push", "view": modal("over")}, ["under", "top", "over"]),
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, ["under", "top"]),
        ({"response_action": "dance"}, ["under", "top"]),
    ],
)
async def test_the_answer_to_a_submission_decides_what_is_open(
    people: SandboxClient,
    slack: AsyncWebClient,
    bolt: AsyncApp,
    triggers: asyncio.Queue[str],
    answer: dict[str, Any],
    left: list[str],
) -> None:
    @bolt.view("form")
    async def submitted(ack: Any) -> None:
        await ack(answer) if answer else await ack()

    await slack.views_open(trigger_id=await trigger(people, triggers), view=modal("under"))
    top = await slack.views_push(trigger_id=await trigger(people, triggers), view=modal("top"))
    errors = await people.submit("ana", top["view"]["id"], {"name": "x"})
    assert [v["title"]["text"] for v in await people.views("ana")] == left
    assert bool(errors) == (left == ["under", "top"])


async def test_a_submission_that_nobody_acknowledges_leaves_the_modal_open(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp, triggers: asyncio.Queue[str]
) -> None:
    view = await slack.views_open(trigger_id=await trigger(people, triggers), view=modal(callback_id="ignored"))
    await people.settings(ack_timeout=0.3)
    errors = await people.submit("ana", view["view"]["id"], {"name": "x"})
    assert "trouble connecting" in errors[""]
    assert await people.open_view("ana") is not None


async def test_closing_is_told_only_where_the_app_asked(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp, triggers: asyncio.Queue[str]
) -> None:
    closed: list[str] = []

    @bolt.view_closed("form")
    async def gone(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        closed.append(view["title"]["text"])

    for title, notify in (("silent", False), ("loud", True)):
        view = modal(title, notify_on_close=notify)
        opened = await slack.views_open(trigger_id=await trigger(people, triggers), view=view)
        await people.close_view("ana", opened["view"]["id"])
    assert closed == ["loud"]


async def test_an_external_select_asks_the_app_for_its_options(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp, triggers: asyncio.Queue[str]
) -> None:
    chosen: asyncio.Queue[Any] = asyncio.Queue()

    @bolt.options("model")
    async def options(ack: Any, body: dict[str, Any]) -> None:
        await ack(options=[{"text": plain(f"{body['value']}-mini"), "value": "m"}])

    @bolt.view("form")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        await chosen.put(view["state"]["values"]["which"]["model"]["selected_option"]["value"])

    which = {
        "type": "input",
        "block_id": "which",
        "label": plain("Model"),
        "element": {"type": "external_select", "action_id": "model", "min_query_length": 2},
    }
    view = (await slack.views_open(trigger_id=await trigger(people, triggers), view=modal(blocks=[which])))["view"]
    assert await people.suggest("ana", view["id"], "model", "g") == []
    offered = await people.suggest("ana", view["id"], "model", "gpt")
    assert offered[0]["text"]["text"] == "gpt-mini"
    with pytest.raises(SandboxError, match="has no option"):
        await people.submit("ana", view["id"], {"which": "other"})
    assert await people.submit("ana", view["id"], {"which": "m"}) == {}
    assert await chosen.get() == "m"


async def test_several_options_are_found_by_several_searches_and_chosen_in_a_message(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp
) -> None:
    asked: list[dict[str, Any]] = []
    chosen: asyncio.Queue[list[str]] = asyncio.Queue()

    @bolt.options("models")
    async def options(ack: Any, body: dict[str, Any]) -> None:
        asked.append(body)
        await ack(options=[{"text": plain(body["value"].title()), "value": body["value"]}])

    @bolt.action("models")
    async def picked(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        await chosen.put([option["value"] for option in action["selected_options"]])

    first = {"text": plain("Base"), "value": "base"}
    menu = {
        "type": "multi_external_select",
        "action_id": "models",
        "placeholder": plain("Models"),
        "min_query_length": 0,
        "initial_options": [first],
    }
    blocks = [{"type": "actions", "block_id": "b", "elements": [menu]}]
    ts = (await slack.chat_postMessage(channel=GENERAL, text="x", blocks=blocks))["ts"]
    assert (await people.suggest_in_message("ana", "#general", ts, "models", "llama"))[0]["value"] == "llama"
    await people.suggest_in_message("ana", "#general", ts, "models", "qwen")
    await people.choose("ana", "#general", ts, "models", ["base", "llama", "qwen"])
    assert await chosen.get() == ["base", "llama", "qwen"]
    assert (asked[0]["type"], asked[0]["container"]["message_ts"]) == ("block_suggestion", ts)
    with pytest.raises(SandboxError, match="has no option"):
        await people.choose("ana", "#general", ts, "models", ["gpt"])


async def test_the_home_tab_is_published_and_each_opening_is_told(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp
) -> None:
    @bolt.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        blocks = [{"type": "header", "text": plain(f"Hello, your tab is {event['tab']}")}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    await people.open_home("ana")
    view = await people.wait_home("ana", "your tab is home")
    assert view["type"] == "home"


async def test_a_button_carries_the_state_of_its_message_and_a_way_to_answer(
    people: SandboxClient, slack: AsyncWebClient, bolt: AsyncApp
) -> None:
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.action("go")
    async def pressed(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond("pressed", replace_original=True)
        await seen.put(body)

    @bolt.action("size")
    async def sized(ack: Any) -> None:
        await ack()

    sizes = [{"text": plain(size), "value": size} for size in ("S", "L")]
    elements = [
        {"type": "static_select", "action_id": "size", "options": sizes},
        {"type": "button", "action_id": "go", "text": plain("Go"), "value": "7"},
    ]
    posted = await slack.chat_postMessage(
        channel=GENERAL, text="x", blocks=[{"type": "actions", "block_id": "b", "elements": elements}]
    )
    await people.choose("ana", "#general", posted["ts"], "size", "L")
    assert (await people.click("ana", "#general", posted["ts"], "go"))["acked"]
    body = await seen.get()
    assert body["user"]["id"] == ANA
    assert body["actions"][0]["value"] == "7"
    assert body["state"]["values"]["b"]["size"]["selected_option"]["value"] == "L"
    assert (await people.wait_message("#general", "pressed"))["ts"] == posted["ts"]


async def test_what_the_app_offers_is_remembered_when_nobody_sees_it_any_more(
    sandbox: Sandbox, people: SandboxClient, slack: AsyncWebClient, triggers: asyncio.Queue[str]
) -> None:
    def button(action_id: str) -> dict[str, Any]:
        return {"type": "actions", "elements": [{"type": "button", "text": plain("Go"), "action_id": action_id}]}

    menu = {"type": "overflow", "action_id": "more", "options": [{"text": plain("A"), "value": "a 1"}]}
    blocks = [button("first"), {"type": "actions", "elements": [menu]}]
    posted = await slack.chat_postMessage(channel=GENERAL, text="x", blocks=blocks)
    await slack.chat_update(channel=GENERAL, ts=str(posted["ts"]), text="x", blocks=[button("second")])
    view = modal()
    dispatching = view["blocks"][0] | {"block_id": "d", "dispatch_action": True}
    dispatching["element"] = {"type": "plain_text_input", "action_id": "typed"}
    opened = modal(blocks=[*view["blocks"], dispatching])
    await slack.views_open(trigger_id=await trigger(people, triggers), view=opened)
    silent = {"type": "modal", "title": plain("Told"), "callback_id": "told", "blocks": [button("third")]}
    await slack.views_push(trigger_id=await trigger(people, triggers), view=silent)
    offered = sandbox.state.workspace.offered
    assert offered.actions == {"first", "more", "second", "third", "typed"}
    assert offered.entries == {("more", "a 1")}
    assert offered.modals == {"form"}
