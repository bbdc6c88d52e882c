"""Sends what happens in the workspace to the app, as Slack's Events API does.

Only events that the manifest subscribes to and its scopes allow, and only from conversations that the bot is in
(docs.slack.dev/reference/events; read 2026-11-21). The app's own messages are included: Bolt ignores them.
"""

import time
from dataclasses import asdict

from sandbox.agents import Session
from sandbox.delivery import Deliverer
from sandbox.delivery.deliverer import event_name
from sandbox.ids import new_id
from sandbox.manifest import Manifest, Step
from sandbox.model import Channel, File, Json, Message, User, View
from sandbox.unfurls import links_of
from sandbox.workspace import Workspace

SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "file_shared": "files:read",
    "file_deleted": "files:read",
    "link_shared": "links:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "user_change": "users:read",
}


class Events:
    """Builds the events and passes them to the deliverer."""

    def __init__(self, workspace: Workspace, manifest: Manifest, deliverer: Deliverer) -> None:
        self.workspace = workspace
        self.manifest = manifest
        self.deliverer = deliverer

    # Called by the workspace

    def posted(self, message: Message) -> None:
        channel = self.workspace.channels[message.channel]
        self._links_shared(message, channel)
        if not self._sees(channel):
            return
        event = self.workspace.to_api(message) | {
            "channel": channel.id,
            "channel_type": channel.kind,
            "event_ts": message.ts,
        }
        if message.files:
            event["subtype"] = "file_share"
        if message.broadcast:
            event["subtype"] = "thread_broadcast"
            event["root"] = self._root(message)
        self.send(event)
        if f"<@{Workspace.BOT}>" in message.text and not channel.is_im and message.user != Workspace.BOT:
            mention = {k: v for k, v in event.items() if k not in ("subtype", "channel_type", "root")}
            self.send(mention | {"type": "app_mention"})

    def changed(self, message: Message, previous: Json) -> None:
        now = self.workspace.to_api(message)
        self._meta_message(message, "message_changed", {"message": now, "previous_message": previous})

    def deleted(self, message: Message, previous: Json) -> None:
        gone = {"deleted_ts": message.ts, "previous_message": previous}
        self._meta_message(message, "message_deleted", gone)

    def joined(self, channel: Channel, user: str, inviter: str) -> None:
        if self._sees(channel):
            event = {
                "type": "member_joined_channel",
                "user": user,
                "channel": channel.id,
                "channel_type": "C" if channel.kind == "channel" else "G",
                "team": self.workspace.TEAM,
                "event_ts": self.workspace.clock.ts(),
            }
            self.send(event | ({"inviter": inviter} if inviter else {}))

    def left(self, channel: Channel, user: str) -> None:
        if self._sees(channel) or user == Workspace.BOT:
            self.send(
                {
                    "type": "member_left_channel",
                    "user": user,
                    "channel": channel.id,
                    "channel_type": "C" if channel.kind == "channel" else "G",
                    "team": self.workspace.TEAM,
                    "event_ts": self.workspace.clock.ts(),
                }
            )

    def user_changed(self, user: User) -> None:
        ts = self.workspace.clock.ts()
        api = self.workspace.user_to_api(user, with_locale=True)
        self.send({"type": "user_change", "user": api, "cache_ts": int(float(ts)), "event_ts": ts})

    def file_shared(self, file: File, message: Message) -> None:
        if self._sees(self.workspace.channels[message.channel]):
            self.send(
                {
                    "type": "file_shared",
                    "file_id": file.id,
                    "user_id": file.user,
                    "file": {"id": file.id},
                    "channel_id": message.channel,
                    "event_ts": self.workspace.clock.ts(),
                }
            )

    def file_deleted(self, file: File) -> None:
        seen = [c for c in file.shares if self._sees(self.workspace.channels[c])]
        if seen or file.user == Workspace.BOT:
            self.send(
                {
                    "type": "file_deleted",
                    "file_id": file.id,
                    "channel_ids": seen,
                    "event_ts": self.workspace.clock.ts(),
                }
            )

    def reacted(self, message: Message, user: str, name: str, added: bool) -> None:
        if self._sees(self.workspace.channels[message.channel]):
            self.send(
                {
                    "type": "reaction_added" if added else "reaction_removed",
                    "user": user,
                    "reaction": name,
                    "item": {"type": "message", "channel": message.channel, "ts": message.ts},
                    "item_user": message.user,
                    "event_ts": self.workspace.clock.ts(),
                }
            )

    def _links_shared(self, message: Message, channel: Channel) -> None:
        """The one event about messages that also comes from where the app is not."""
        links = links_of(message.text, self.manifest.unfurl_domains)
        if links and message.user != Workspace.BOT:
            event: Json = {
                "type": "link_shared",
                "channel": channel.id,
                "is_bot_user_member": self._sees(channel),
                "user": message.user,
                "message_ts": message.ts,
                "unfurl_id": f"{channel.id}.{message.ts}.{new_id('')}",
                "source": "conversations_history",
                "links": links,
                "event_ts": self.workspace.clock.ts(),
            }
            self.send(event | ({"thread_ts": message.thread_ts} if message.thread_ts else {}))

    def session_stopped(self, session: Session, user: str, streams: list[str]) -> None:
        self._session(session, user, "agent_session_stopped", {"streaming_message_ts": streams})

    def session_renamed(self, session: Session, user: str, previous: str) -> None:
        titles = {"title": session.title} | ({"previous_title": previous} if previous else {})
        self._session(session, user, "agent_session_title_changed", titles | {"team_id": self.workspace.TEAM})

    def _session(self, session: Session, user: str, kind: str, fields: Json) -> None:
        where = {"channel": session.channel, "thread_ts": session.thread_ts}
        self.send({"type": kind, "user": user, "event_ts": self.workspace.clock.ts()} | where | fields)

    def step_executed(self, execution: str, step: Step, inputs: Json, token: str) -> None:
        """A workflow comes to a step of the app's. Nobody subscribes to this: it comes to whoever has the step."""
        now = int(time.time())
        event = {
            "type": "function_executed",
            "function": {
                "id": "Fn" + step.callback_id[:10].upper().replace("_", ""),
                "callback_id": step.callback_id,
                "title": step.title,
                "description": step.description,
                "type": "app",
                "input_parameters": [asdict(parameter) for parameter in step.inputs],
                "output_parameters": [asdict(parameter) for parameter in step.outputs],
                "app_id": Workspace.APP,
                "date_created": now,
                "date_updated": now,
                "date_deleted": 0,
            },
            "inputs": inputs,
            "function_execution_id": execution,
            "workflow_execution_id": new_id("Wx"),
            "event_ts": self.workspace.clock.ts(),
            "bot_access_token": token,
        }
        self.tell(event)

    def home_opened(self, user: str, channel: Channel, tab: str, view: View | None) -> None:
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self.workspace.clock.ts(),
        }
        if view is not None and tab == "home":
            event["view"] = view.to_api(team=self.workspace.TEAM, app_id=Workspace.APP, bot_id=Workspace.BOT_ID)
        self.send(event)

    def tell(self, event: Json) -> None:
        """Deliver what comes to every app, whatever it subscribes to."""
        self._deliver(event)

    def send(self, event: Json) -> None:
        """Deliver an event if the app subscribes to it and its scopes allow it."""
        name = event_name(event)
        if name not in self.manifest.events:
            return
        if SCOPES.get(name, "") not in self.manifest.scopes | {""}:
            return
        self._deliver(event)

    def _deliver(self, event: Json) -> None:
        self.deliverer.event(
            {
                "token": "sandbox-verification",
                "team_id": self.workspace.TEAM,
                "api_app_id": Workspace.APP,
                "event": event,
                "type": "event_callback",
                "event_id": new_id("Ev"),
                "event_time": int(time.time()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": self.workspace.TEAM,
                        "user_id": Workspace.BOT,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": new_id("EC"),
            }
        )

    def _sees(self, channel: Channel) -> bool:
        return Workspace.BOT in channel.members

    def _root(self, message: Message) -> Json:
        root = self.workspace.message(message.channel, message.thread_ts)
        return self.workspace.to_api(root) if root else {}

    def _meta_message(self, message: Message, subtype: str, fields: Json) -> None:
        channel = self.workspace.channels[message.channel]
        if not self._sees(channel):
            return
        ts = self.workspace.clock.ts()
        self.send(
            {
                "type": "message",
                "subtype": subtype,
                "hidden": True,
                "channel": channel.id,
                "channel_type": channel.kind,
                "ts": ts,
                "event_ts": ts,
            }
            | fields
        )
