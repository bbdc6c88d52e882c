"""manifest.yml: what an administrator pastes into Slack."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from app.connecting import LINK_SCOPES, NEEDED_SCOPES
from handlers.links.register import FEATURE as LINKS
from handlers.register import shortcut_ids, step_ids
from texts import thread_examples
from texts.language import Language, speaking

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT.parent / "shared" / "specs"

# The scope that each event needs (docs.slack.dev, events, read 2026-11-21).
EVENTS = {
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "app_home_opened": set(),
    "agent_session_stopped": {"chat:write"},
    "agent_session_title_changed": {"chat:write"},
    "file_deleted": {"files:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_slack_accepts_it(manifest: dict[str, Any], version: str) -> None:
    schema = SCHEMAS / f"slack-manifest-{version}.schema.json"
    if not schema.exists():
        pytest.skip(f"Slack's own schema is not here ({schema.name})")
    jsonschema.validate(manifest, json.loads(schema.read_text("utf-8")))


def test_slack_accepts_the_one_with_steps_which_is_the_same_app(manifest: dict[str, Any]) -> None:
    with_steps: dict[str, Any] = yaml.safe_load((ROOT / "manifest-workflow.yml").read_text("utf-8"))
    schema = SCHEMAS / "slack-manifest-v1.schema.json"  # in version 2 functions are written otherwise
    if schema.exists():
        jsonschema.validate(with_steps, json.loads(schema.read_text("utf-8")))
    functions, settings = with_steps.pop("functions"), with_steps.pop("settings")
    assert set(functions) == step_ids()
    for function in functions.values():
        assert function["input_parameters"]["runner"]["type"] == "slack#/types/user_context"
        assert function["input_parameters"]["runner"]["is_required"]
    assert settings == manifest["settings"] | {"org_deploy_enabled": True, "function_runtime": "remote"}
    assert with_steps == {name: value for name, value in manifest.items() if name != "settings"}


def test_every_scope_gives_its_reason() -> None:
    text = (ROOT / "manifest.yml").read_text("utf-8")
    scopes = re.search(r"    bot:\n((?:      .*\n)+)", text)
    assert scopes is not None
    lines = [line for line in scopes[1].splitlines() if line.lstrip().startswith("- ")]
    assert len(lines) >= 5
    assert all(re.search(r"\s#\s\w.{10,}", line) for line in lines)


def test_a_start_warns_of_every_scope_that_the_manifest_asks_for(manifest: dict[str, Any]) -> None:
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == NEEDED_SCOPES


def test_what_links_to_jobs_take_besides_is_in_the_documentation(manifest: dict[str, Any]) -> None:
    """Slack wants a domain that only the team knows."""
    text = (ROOT / "docs" / "administration.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(features:.*?)```", text, re.DOTALL)
    lines: dict[str, Any] = yaml.safe_load(block)
    assert set(lines["oauth_config"]["scopes"]["bot"]) == LINK_SCOPES
    assert lines["settings"]["event_subscriptions"]["bot_events"] == [*LINKS.events]
    schema = SCHEMAS / "slack-manifest-v1.schema.json"
    if schema.exists():
        with_links = manifest | {"features": manifest["features"] | lines["features"]}
        jsonschema.validate(with_links, json.loads(schema.read_text("utf-8")))


def test_every_event_has_its_scope_and_no_history_is_read_without_an_event(manifest: dict[str, Any]) -> None:
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert set(events) == set(EVENTS)
    for event in events:
        assert EVENTS[event] <= scopes
    histories = {scope for scope in scopes if scope.endswith(":history")}
    assert histories == {scope for event in events for scope in EVENTS[event] if scope.endswith(":history")}


def test_it_needs_no_public_address_takes_direct_messages_and_has_a_home(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert manifest["features"]["app_home"]["messages_tab_read_only_enabled"] is False
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/finetune"]


def test_scopes_that_the_bot_does_without_are_not_asked_for(manifest: dict[str, Any]) -> None:
    asked = set(manifest["oauth_config"]["scopes"]["bot"])
    assert not asked & {"im:write", "chat:write.public", "mpim:history", "users:read.email"}
    assert set(manifest["oauth_config"]["scopes"]) == {"bot"}


def test_it_is_an_agent_and_only_in_the_way_that_new_apps_can_be(manifest: dict[str, Any]) -> None:
    features = manifest["features"]
    assert "assistant_view" not in features
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    assert {s["callback_id"] for s in features["shortcuts"]} == shortcut_ids()


@pytest.mark.parametrize("language", Language)
def test_people_are_told_the_shortcut_s_name_as_slack_shows_it(manifest: dict[str, Any], language: Language) -> None:
    with speaking(language):
        names = {one["callback_id"]: one["name"] for one in manifest["features"]["shortcuts"]}
        assert names["add_to_training_set"] == thread_examples.shortcut()
