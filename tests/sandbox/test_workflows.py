"""Steps of workflows: what the app is told, how it ends one, and the page on which people run them."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.manifest import Manifest, Parameter, Step
from sandbox.seed import ANA, SUPPORT
from sandbox.server import Sandbox
from tests.browser import chromium

STEP = Step(
    "greet",
    "Greet",
    "Says hello",
    (
        Parameter("who", "slack#/types/user_context", "Who", "Runs it", is_required=True),
        Parameter("channel", "slack#/types/channel_id", "Channel", "Where", is_required=True),
        Parameter("words", "string", "Words", "Said to all", is_required=False),
    ),
    (Parameter("said", "string", "Said", "What was said", is_required=True),),
)


@pytest.fixture(autouse=True)
def with_the_step(sandbox: Sandbox) -> None:
    sandbox.state.set_manifest(dataclasses.replace(sandbox.state.manifest, steps=(STEP,)))


async def test_the_app_is_told_who_runs_the_step_and_completes_it(bolt: AsyncApp, people: SandboxClient) -> None:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.function("greet")
    async def greet(event: dict[str, Any], inputs: dict[str, Any], complete: Any) -> None:
        await told.put(event)
        await complete({"said": f"Hello, {inputs['words']}"})

    run = await people.run_step("ana", "greet", {"channel": "#support-model", "words": "all"})
    ended = await people.wait_step(run["id"])
    assert (ended["status"], ended["outputs"]) == ("completed", {"said": "Hello, all"})
    event = await told.get()
    assert event["function"]["callback_id"] == "greet"
    assert event["function_execution_id"] == run["id"]
    assert event["inputs"]["channel"] == SUPPORT
    assert (event["inputs"]["who"]["id"], bool(event["inputs"]["who"]["secret"])) == (ANA, True)
    client = AsyncWebClient(event["bot_access_token"], base_url=bolt.client.base_url, retry_handlers=[])
    with pytest.raises(SlackApiError, match="invalid_auth"):  # it lives until the step has ended
        await client.auth_test()


async def test_a_failed_step_keeps_its_error_and_cannot_end_twice(
    bolt: AsyncApp, people: SandboxClient, slack: AsyncWebClient
) -> None:
    @bolt.function("greet")
    async def greet(fail: Any) -> None:
        await fail("Nobody is here.")

    run = await people.run_step("ana", "greet", {"channel": "#support-model"})
    assert (await people.wait_step(run["id"]))["error"] == "Nobody is here."
    with pytest.raises(SlackApiError, match="execution_not_in_running_state"):
        await slack.functions_completeSuccess(function_execution_id=run["id"], outputs={"said": ""})
    with pytest.raises(SlackApiError, match="function_execution_not_found"):
        await slack.functions_completeError(function_execution_id="Fx0", error="?")


async def test_outputs_are_held_to_the_manifest(people: SandboxClient, slack: AsyncWebClient) -> None:
    run = await people.run_step("ana", "greet", {"channel": "#support-model"})
    for outputs in ({}, {"said": 5}, {"said": "a", "more": "b"}):
        with pytest.raises(SlackApiError, match="parameter_validation_failed"):
            await slack.functions_completeSuccess(function_execution_id=run["id"], outputs=outputs)


async def test_what_workflow_builder_would_not_let_be_built_is_not_run(people: SandboxClient) -> None:
    with pytest.raises(SandboxError, match="Channel is missing"):
        await people.run_step("ana", "greet", {})
    with pytest.raises(SandboxError, match="no step"):
        await people.run_step("ana", "sing", {})


async def test_an_app_that_is_not_ready_for_an_organisation_offers_no_steps(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yml"
    steps = "functions: {greet: {title: Greet, input_parameters: {}, output_parameters: {}}}"
    for ready, offered in ((True, ["greet"]), (False, [])):
        settings = f"settings: {{org_deploy_enabled: {str(ready).lower()}}}"
        manifest.write_text(f"display_information: {{name: A}}\n{settings}\n{steps}\n")
        assert [step.callback_id for step in Manifest.read(manifest).steps] == offered


@pytest.mark.browser
async def test_a_person_runs_a_step_on_the_page_and_sees_what_came_of_it(bolt: AsyncApp, sandbox: Sandbox) -> None:
    @bolt.function("greet")
    async def greet(inputs: dict[str, Any], complete: Any, fail: Any) -> None:
        await (complete({"said": f"Hello, {inputs['words']}"}) if inputs.get("words") else fail("Say something."))

    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(sandbox.page_url)
        await page.get_by_role("link", name="Workflows").click()
        runs = page.get_by_role("region", name="Runs")
        await page.get_by_role("button", name="Run as Ana Reed").click()
        await expect(runs.get_by_role("alert")).to_have_text("Say something.")
        await page.get_by_label("Words").fill("<b>all</b>")
        await page.get_by_role("button", name="Run as Ana Reed").click()
        await expect(runs.get_by_text("Hello, <b>all</b>")).to_be_visible()
        await page.get_by_role("link", name="general").click()
        await expect(page.get_by_label("Message #general")).to_be_visible()
