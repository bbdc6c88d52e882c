"""What the app's manifest grants: scopes, commands, events."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Command:
    command: str
    description: str
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    name: str
    callback_id: str
    on_message: bool
    """Offered on a message; else everywhere (a global shortcut)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input or output of a step."""

    name: str
    type: str
    title: str
    description: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step that the app offers in Workflow Builder: a function, as Slack's API calls it."""

    callback_id: str
    title: str
    description: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]

    def filled_in(self) -> tuple[Parameter, ...]:
        """The inputs that Workflow Builder shows: not those that Slack fills in itself."""
        return tuple(p for p in self.inputs if p.type != USER_CONTEXT)


USER_CONTEXT = "slack#/types/user_context"
CHANNEL_ID = "slack#/types/channel_id"


def _steps(functions: dict[str, Any]) -> tuple[Step, ...]:
    return tuple(
        Step(
            callback_id,
            str(function["title"]),
            str(function.get("description") or ""),
            _parameters(function.get("input_parameters") or {}),
            _parameters(function.get("output_parameters") or {}),
        )
        for callback_id, function in functions.items()
    )


def _parameters(listed: dict[str, Any]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name,
            str(p["type"]),
            str(p.get("title") or name),
            str(p.get("description") or ""),
            bool(p.get("is_required")),
        )
        for name, p in listed.items()
    )


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of an app manifest that the sandbox uses (docs.slack.dev/reference/app-manifest)."""

    name: str
    bot_name: str
    scopes: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    agent: bool
    """Whether it has agent_view, which makes the app an agent."""
    agent_description: str
    prompts: tuple[dict[str, str], ...]
    """Suggested prompts (title, message) that stand in the Messages tab until the app pins others."""
    events: frozenset[str]
    unfurl_domains: tuple[str, ...]
    interactive: bool
    home_tab: bool
    messages_tab: bool
    messages_read_only: bool
    steps: tuple[Step, ...] = ()
    """For Workflow Builder; only an app that is ready for an organisation has some."""

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest. Raises ValueError, with a sentence for the reader, if the file is not one."""
        try:
            data: Any = yaml.safe_load(path.read_text("utf-8"))
        except OSError as e:
            raise ValueError(f"The manifest {path} cannot be read: {e.strerror}.") from e
        except yaml.YAMLError as e:
            raise ValueError(f"The manifest {path} is not YAML: {e}") from e
        if not isinstance(data, dict) or not isinstance(data.get("display_information"), dict):
            raise ValueError(f"The manifest {path} has no display_information.")
        features = data.get("features") or {}
        settings = data.get("settings") or {}
        home = features.get("app_home") or {}
        bot = features.get("bot_user") or {}
        agent = features.get("agent_view") or {}
        scopes = ((data.get("oauth_config") or {}).get("scopes") or {}).get("bot") or []
        name = str(data["display_information"].get("name", "App"))
        return cls(
            name=name,
            bot_name=str(bot.get("display_name", name)),
            scopes=frozenset(map(str, scopes)),
            commands=tuple(
                Command(
                    str(c["command"]),
                    str(c["description"]),
                    str(c.get("usage_hint") or ""),
                    bool(c.get("should_escape")),
                )
                for c in features.get("slash_commands") or []
            ),
            shortcuts=tuple(
                Shortcut(str(s["name"]), str(s["callback_id"]), s["type"] == "message")
                for s in features.get("shortcuts") or []
            ),
            agent="agent_view" in features,
            agent_description=str(agent.get("agent_description") or ""),
            prompts=tuple(
                {"title": str(p["title"]), "message": str(p["message"])} for p in agent.get("suggested_prompts") or []
            ),
            events=frozenset(map(str, (settings.get("event_subscriptions") or {}).get("bot_events") or [])),
            unfurl_domains=tuple(str(domain).lower() for domain in features.get("unfurl_domains") or []),
            interactive=bool((settings.get("interactivity") or {}).get("is_enabled")),
            home_tab=bool(home.get("home_tab_enabled")),
            messages_tab=bool(home.get("messages_tab_enabled", True)),
            messages_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
            steps=_steps(data.get("functions") or {}) if settings.get("org_deploy_enabled") else (),
        )

    def offered_shortcuts(self, *, on_message: bool) -> list[Shortcut]:
        """Those on a message, or those that are offered everywhere. They need the scope `commands`."""
        return [s for s in self.shortcuts if s.on_message == on_message and "commands" in self.scopes]

    def step(self, callback_id: str) -> Step | None:
        return next((s for s in self.steps if s.callback_id == callback_id), None)

    def command(self, name: str) -> Command | None:
        return next((c for c in self.commands if c.command == name), None)
