"""What people do in Slack's client: post, drop files, run commands, talk to the agent.

The page and the control API both call these methods, so that tests take the same path as people. What is pressed,
chosen and filled in goes by `sandbox.interactions`.
"""

import uuid

from sandbox.agents import Agents, Session
from sandbox.delivery import Deliverer, Reply
from sandbox.entered_text import to_command_text, to_mrkdwn
from sandbox.events import Events
from sandbox.manifest import Manifest
from sandbox.model import Channel, Json, Message, User
from sandbox.responses import Responses
from sandbox.seed import SLACKBOT
from sandbox.slack_errors import limit
from sandbox.triggers import ResponseUrls, Triggers
from sandbox.user_error import UserError
from sandbox.views import Views
from sandbox.workspace import Workspace


class UserActions:
    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        deliverer: Deliverer,
        events: Events,
        views: Views,
        triggers: Triggers,
        response_urls: ResponseUrls,
        responses: Responses,
        agents: Agents,
    ) -> None:
        self.workspace = workspace
        self.manifest = manifest
        self.deliverer = deliverer
        self.events = events
        self.views = views
        self.triggers = triggers
        self.response_urls = response_urls
        self.responses = responses
        self.agents = agents

    # Messages and files

    def say(self, user: User, channel: Channel, text: str, *, thread_ts: str = "", broadcast: bool = False) -> Message:
        """Post a message or a reply. `text` is as entered: @names and #channels become links."""
        self._must_be_in(user, channel)
        if not text.strip():
            raise UserError("A message needs some text.")
        thread_ts = self._thread(channel, thread_ts)
        return self.workspace.post(
            channel,
            user.id,
            to_mrkdwn(self.workspace, text),
            thread_ts=thread_ts,
            broadcast=broadcast and bool(thread_ts),
            subtype="thread_broadcast" if broadcast and thread_ts else "",
            client_msg_id=str(uuid.uuid4()),
            blocks=None,
        )

    def drop(
        self, user: User, channel: Channel, files: list[tuple[str, bytes]], text: str = "", thread_ts: str = ""
    ) -> Message:
        """Drop files into a channel with a comment: one message of subtype file_share."""
        self._must_be_in(user, channel)
        if not files:
            raise UserError("There is no file to drop.")
        added = [self.workspace.add_file(user.id, name, data).id for name, data in files]
        return self.workspace.post(
            channel,
            user.id,
            to_mrkdwn(self.workspace, text),
            thread_ts=self._thread(channel, thread_ts),
            subtype="file_share",
            files=added,
            client_msg_id=str(uuid.uuid4()),
        )

    def take_files(self, user: User, files: list[tuple[str, bytes]]) -> list[Json]:
        """Upload files into a modal's file_input. Returns the file objects for the view's state."""
        added = [self.workspace.add_file(user.id, name, data, given=True) for name, data in files]
        return [self.workspace.file_to_api(f) for f in added]

    def edit(self, user: User, message: Message, text: str) -> None:
        """Change the text of one's own message; the app hears of it as message_changed."""
        if message.user != user.id or message.subtype in ("tombstone", "channel_join"):
            raise UserError("People edit only their own messages.")
        if not text.strip() and not message.files:
            raise UserError("A message needs some text.")
        if (changed := to_mrkdwn(self.workspace, text)) != message.text:
            self.workspace.edit(message, by=user.id, text=changed)

    def delete(self, user: User, message: Message) -> None:
        if message.ephemeral_to == user.id:
            self.workspace.forget(message)
            return
        if message.user != user.id and not user.is_admin:
            raise UserError("People delete only their own messages; an admin deletes any.")
        self.workspace.delete(message)

    def delete_file(self, user: User, file_id: str) -> None:
        file = self.workspace.files.get(file_id)
        if file is None or file.state == "deleted":
            raise UserError("There is no such file.")
        if file.user != user.id and not user.is_admin:
            raise UserError("People delete only their own files; an admin deletes any.")
        self.workspace.delete_file(file)

    # Commands

    async def command(
        self, user: User, channel: Channel, command: str, text: str = "", *, thread_ts: str = ""
    ) -> Reply:
        """Run a slash command. If it fails, Slackbot tells the person in an ephemeral message."""
        if thread_ts:
            self._slackbot(user, channel, f"{command} is not supported in threads. Sorry!", thread_ts)
            return Reply(False, "not_in_threads")
        self._must_be_in(user, channel)
        if command == "/invite":
            return self._invite(user, channel, text)
        known = self.manifest.command(command)
        if known is None or "commands" not in self.manifest.scopes:
            self._slackbot(user, channel, f"`{command}` is not a valid command.")
            return Reply(False, "unknown_command")
        hook = self.response_urls.new(channel.id, user.id)
        kinds = {"im": "directmessage", "group": "privategroup"}
        form: Json = {
            "token": "sandbox-verification",
            "team_id": self.workspace.TEAM,
            "team_domain": self.workspace.DOMAIN,
            "channel_id": channel.id,
            "channel_name": kinds.get(channel.kind, channel.name),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": to_command_text(self.workspace, text) if known.should_escape else text,
            "api_app_id": Workspace.APP,
            "is_enterprise_install": "false",
            "response_url": self.responses.url(hook),
            "trigger_id": self.triggers.new(user.id, channel=channel.id),
        }
        reply = await self.deliverer.ask("slash_commands", command, form)
        if not reply.acked:
            error = "operation_timeout" if "timeout" in reply.reason else "dispatch_failed"
            self._slackbot(user, channel, f'{command} failed with the error "{error}"')
        elif reply.payload and (reply.payload.get("text") or reply.payload.get("blocks")):
            if reply.payload.get("response_type") == "in_channel":
                self.workspace.post(channel, user.id, to_mrkdwn(self.workspace, f"{command} {text}".strip()))
            self.responses.answer(hook, reply.payload)
        return reply

    # The agent

    def prompts(self, channel: Channel) -> tuple[str, list[Json]]:
        """Title and prompts at the top of the agent's Messages tab: those it has pinned, else the manifest's."""
        if not self.manifest.agent or not channel.is_im:
            return "", []
        pinned = self.agents.prompts(channel.id)
        return (pinned.title, pinned.prompts) if pinned else ("", list(self.manifest.prompts))

    def send_prompt(self, user: User, channel: Channel, title: str) -> Message:
        """Press a suggested prompt: its message is sent."""
        _, prompts = self.prompts(channel)
        for prompt in prompts:
            if prompt["title"] == title:
                return self.say(user, channel, prompt["message"])
        raise UserError(f"There is no prompt {title!r}; there are: {', '.join(p['title'] for p in prompts) or 'none'}.")

    def can_stop(self, session: Session) -> bool:
        """The stop button stands only while the agent works, and only where the app hears of it."""
        return session.status == "processing" and "agent_session_stopped" in self.manifest.events

    def stop_session(self, user: User, channel: Channel, thread_ts: str) -> None:
        """Press the stop button: Slack ends the streams; what becomes of the status is up to the app."""
        session = self._session(user, channel, thread_ts)
        if not self.can_stop(session):
            raise UserError("There is no stop button: the agent is not at work, or does not hear of it.")
        streams = [m for m in self.workspace.thread(channel.id, thread_ts) if m.streaming == "streaming"]
        for message in streams:
            self.workspace.edit(message, quiet=True, streaming="stopped")
        self.events.session_stopped(session, user.id, [message.ts for message in streams])

    def rename_session(self, user: User, channel: Channel, thread_ts: str, title: str) -> None:
        session = self._session(user, channel, thread_ts)
        title = title.strip()
        if not 1 <= len(title) <= limit("session.title"):
            raise UserError(f"A title has 1 to {limit('session.title')} characters.")
        if title != session.title:
            previous, session.title = session.title, title
            self.agents.save(session)
            self.events.session_renamed(session, user.id, previous)

    def _session(self, user: User, channel: Channel, thread_ts: str) -> Session:
        self._must_be_in(user, channel)
        session = self.agents.session(channel.id, thread_ts)
        if session is None:
            raise UserError("This thread is no session of the agent.")
        return session

    def open_home(self, user: User, tab: str = "home") -> None:
        """Open the app's Home or Messages tab, which sends app_home_opened each time."""
        self.events.home_opened(user.id, self.workspace.im(user.id), tab, self.views.homes.get(user.id))

    def _invite(self, user: User, channel: Channel, text: str) -> Reply:
        guest = self.workspace.user(text.strip().removeprefix("<@").removesuffix(">"))
        if guest is None:
            self._slackbot(user, channel, f"Nobody here is called {text.strip() or '…'}.")
            return Reply(False, "user_not_found")
        self.workspace.join(channel, guest.id, user.id)
        return Reply(True)

    def _slackbot(self, user: User, channel: Channel, text: str, thread_ts: str = "") -> None:
        self.workspace.post(channel, SLACKBOT, text, ephemeral_to=user.id, thread_ts=thread_ts)

    def _must_be_in(self, user: User, channel: Channel) -> None:
        if user.id not in channel.members:
            raise UserError(f"{user.real_name} is not in {channel.name or 'this conversation'}.")
        if channel.archived:
            raise UserError("The channel is archived.")

    def _thread(self, channel: Channel, thread_ts: str) -> str:
        """The parent's time stamp, even if `thread_ts` is a reply's."""
        if not thread_ts:
            return ""
        parent = self.workspace.message(channel.id, thread_ts)
        if parent is None:
            raise UserError("There is no such thread.")
        return parent.thread_ts or parent.ts
