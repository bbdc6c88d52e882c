"""What people do in Slack's client: post, drop files, run commands, press buttons, fill in modals.

The page and the control API both call these methods, so that tests take the same path as people.
"""

import uuid
from typing import Any

from sandbox import elements
from sandbox.agents import Agents, Session
from sandbox.changes import Change
from sandbox.delivery import Deliverer, Reply
from sandbox.entered_text import to_command_text, to_mrkdwn
from sandbox.events import Events
from sandbox.manifest import Manifest
from sandbox.model import Channel, Json, Message, User, View
from sandbox.responses import Responses
from sandbox.seed import SLACKBOT
from sandbox.slack_errors import limit
from sandbox.triggers import ResponseUrls, Triggers
from sandbox.views import Views
from sandbox.workspace import Workspace


class UserError(ValueError):
    """A person asked for something that is not possible; the message says why."""


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
        self.message_state: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}
        """What people have chosen in the menus of messages: (user, message ts) -> block_id -> action_id -> state."""

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
        added = [self.workspace.add_file(user.id, name, data) for name, data in files]
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
            "team_id": Workspace.TEAM,
            "team_domain": Workspace.DOMAIN,
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

    # Buttons and menus

    async def act(
        self, user: User, message: Message, action_id: str, *, block_id: str = "", value: Any = None
    ) -> Reply:
        """Press a button of a message, or choose in its menu."""
        found = elements.find(message.blocks or [], action_id, block_id)
        if found is None:
            raise UserError(f"The message has nothing with the action_id {action_id!r}.")
        if not self._may_see(user, message):
            raise UserError("This person cannot see that message.")
        block, element = found
        states = self.message_state.setdefault((user.id, message.ts), {})
        state = self._chosen(element, value, (message.ts, action_id))
        if element["type"] in elements.STATEFUL and state is not None:
            states.setdefault(block["block_id"], {})[action_id] = state
            if block["type"] == "input" and not block.get("dispatch_action"):
                return Reply(True)
        if element["type"] == "feedback_buttons" and state is not None:
            # The page shows this person what they have pressed; it is no part of the message's state.
            states.setdefault(block["block_id"], {})[action_id] = state
            self.workspace.changes.publish(Change("message", message.channel, message.thread_ts, message.ts, user.id))
        values: dict[str, dict[str, Json]] = {}
        for in_block, in_element, start in self.initial_message_state(message):
            kept = states.get(in_block, {}).get(in_element, start)
            values.setdefault(in_block, {})[in_element] = kept
        channel = self.workspace.channels[message.channel]
        hook = self.response_urls.new(
            channel.id, user.id, message_ts=message.ts, thread_ts=message.thread_ts if message.is_reply else ""
        )
        payload = self._interaction("block_actions", user) | {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": bool(message.ephemeral_to),
            }
            | ({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            "trigger_id": self.triggers.new(user.id, channel=channel.id),
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "message": self.workspace.to_api(message),
            "state": {"values": values},
            "response_url": self.responses.url(hook),
            "actions": [elements.action(block, element, state, self.workspace.clock.ts())],
        }
        if message.ephemeral_to:
            del payload["message"]
        return await self._interact(user, action_id, payload)

    def initial_message_state(self, message: Message) -> list[tuple[str, str, Json]]:
        """(block_id, action_id, initial state) of a message's menus and inputs."""
        return [
            (block["block_id"], element["action_id"], start)
            for block, element in elements.walk(message.blocks or [])
            if (start := elements.initial_state(element)) is not None
        ]

    async def act_in_view(
        self, user: User, view: View, action_id: str, *, block_id: str = "", value: Any = None
    ) -> Reply:
        """Press a button, or change a menu or input, in a modal or on the Home tab."""
        found = elements.find(view.body["blocks"], action_id, block_id)
        if found is None:
            raise UserError(f"The view has nothing with the action_id {action_id!r}.")
        block, element = found
        state = self._chosen(element, value, (view.id, action_id))
        if element["type"] in elements.STATEFUL and state is not None:
            view.state.setdefault(block["block_id"], {})[action_id] = state
            if block["type"] == "input" and not block.get("dispatch_action"):
                return Reply(True)
        payload = self._interaction("block_actions", user) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self.triggers.new(user.id, view=view.id),
            "view": self.views.to_api(view),
            "actions": [elements.action(block, element, state, self.workspace.clock.ts())],
        }
        return await self._interact(user, action_id, payload)

    async def suggest(self, user: User, holder: Message | View, action_id: str, text: str) -> list[Json]:
        """The options that the app offers for text entered into an external select."""
        blocks = (holder.blocks or []) if isinstance(holder, Message) else holder.body["blocks"]
        found = elements.find(blocks, action_id)
        if found is None or "external_select" not in found[1]["type"]:
            raise UserError(f"There is no external select with the action_id {action_id!r}.")
        block, element = found
        if len(text) < element.get("min_query_length", 3):
            return []
        payload = self._interaction("block_suggestion", user) | {
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": text,
        }
        if isinstance(holder, Message):
            payload |= {
                "container": {"type": "message", "message_ts": holder.ts, "channel_id": holder.channel},
                "channel": {"id": holder.channel},
                "message": self.workspace.to_api(holder),
            }
            key = (holder.ts, action_id)
        else:
            payload |= {"container": {"type": "view", "view_id": holder.id}, "view": self.views.to_api(holder)}
            key = (holder.id, action_id)
        reply = await self.deliverer.ask("interactive", f"block_suggestion {action_id}", payload)
        answer = reply.payload or {}
        options = elements.options_of(answer)
        if not reply.acked or len(options) > limit("options.count"):
            self._toast(user, "The options could not be loaded.")
            return []
        # What was offered for other words may be chosen too: a menu for several is searched several times.
        self.views.offered[key] = [*options, *self.views.offered.get(key, [])]
        return options

    # Shortcuts

    async def run_message_shortcut(self, user: User, message: Message, callback_id: str) -> Reply:
        """Choose a shortcut in a message's menu."""
        if not self._may_see(user, message) or message.ephemeral_to:
            raise UserError("This person cannot use shortcuts on that message.")
        channel = self.workspace.channels[message.channel]
        hook = self.response_urls.new(channel.id, user.id, thread_ts=message.thread_ts if message.is_reply else "")
        payload = self._interaction("message_action", user) | {
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "message_ts": message.ts,
            "message": self.workspace.to_api(message),
            "response_url": self.responses.url(hook),
            "trigger_id": self.triggers.new(user.id, channel=channel.id),
        }
        return await self._shortcut(user, callback_id, payload)

    async def run_shortcut(self, user: User, callback_id: str) -> Reply:
        """Choose a global shortcut. It knows no channel, and has no response_url."""
        payload = self._interaction("shortcut", user) | {"trigger_id": self.triggers.new(user.id)}
        return await self._shortcut(user, callback_id, payload)

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

    # Modals

    async def submit(self, user: User, view: View, values: dict[str, Any] | None = None) -> dict[str, str]:
        """Fill in and submit a modal. Returns the errors shown under its fields: {} when it was accepted.

        values -- by block_id or action_id: text, an option's value or text, a list of them.
        """
        self.fill(view, values or {})
        errors = self._input_errors(view)
        if errors:
            self.views.show_errors(view, errors)
            return errors
        payload = self._interaction("view_submission", user) | {
            "trigger_id": self.triggers.new(user.id, view=view.id),
            "view": self.views.to_api(view),
            "response_urls": self._view_response_urls(user, view),
        }
        reply = await self.deliverer.ask("interactive", f"view_submission {view.body.get('callback_id', '')}", payload)
        if not reply.acked:
            self._toast(user, "We had some trouble connecting. Try again?")
            return {"": "We had some trouble connecting. Try again?"}
        return self.responses.to_submission(view, reply.payload or {})

    def fill(self, view: View, values: dict[str, Any]) -> None:
        """Put values into a view's inputs. Raises UserError for an input or option that does not exist."""
        for key, raw in values.items():
            for block, element in elements.walk(view.body["blocks"]):
                if key in (block["block_id"], element.get("action_id")) and element["type"] in elements.STATEFUL:
                    state = self._chosen(element, raw, (view.id, element["action_id"]))
                    assert state is not None
                    view.state.setdefault(block["block_id"], {})[element["action_id"]] = state
                    break
            else:
                have = [b["block_id"] for b, e in elements.walk(view.body["blocks"])]
                raise UserError(f"The view has no input {key!r}; it has: {', '.join(have)}.")

    async def close(self, user: User, view: View) -> None:
        """Close a modal. The app is notified only where notify_on_close asks for it."""
        for closed in self.views.close(view):
            if closed.body.get("notify_on_close"):
                payload = self._interaction("view_closed", user) | {
                    "view": self.views.to_api(closed),
                    "is_cleared": False,
                }
                await self.deliverer.ask("interactive", "view_closed", payload)

    def open_home(self, user: User, tab: str = "home") -> None:
        """Open the app's Home or Messages tab, which sends app_home_opened each time."""
        self.events.home_opened(user.id, self.workspace.im(user.id), tab, self.views.homes.get(user.id))

    # Helpers

    def _interaction(self, kind: str, user: User) -> Json:
        return {
            "type": kind,
            "token": "sandbox-verification",
            "api_app_id": Workspace.APP,
            "team": {"id": Workspace.TEAM, "domain": Workspace.DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team_id,
            },
        }

    async def _shortcut(self, user: User, callback_id: str, payload: Json) -> Reply:
        on_message = payload["type"] == "message_action"
        offered = [s.callback_id for s in self.manifest.offered_shortcuts(on_message=on_message)]
        if callback_id not in offered:
            raise UserError(f"The app has no shortcut {callback_id!r} there; it has: {', '.join(offered) or 'none'}.")
        more = {"callback_id": callback_id, "action_ts": self.workspace.clock.ts()}
        return await self._interact(user, callback_id, payload | more)

    async def _interact(self, user: User, name: str, payload: Json) -> Reply:
        if not self.manifest.interactive:
            raise UserError("The manifest turns interactivity off.")
        reply = await self.deliverer.ask("interactive", f"{payload['type']} {name}", payload)
        if not reply.acked:
            self._toast(user, "The app did not answer in time. Try again?")
        return reply

    def _chosen(self, element: Json, value: Any, key: tuple[str, str]) -> Json | None:
        if element["type"] == "overflow":
            for option in element["options"]:
                if str(value) in (option.get("value"), option["text"]["text"]):
                    return {"type": "overflow", "selected_option": option}
            raise UserError(f"The menu has no option {value!r}.")
        if element["type"] == "feedback_buttons":
            for button in (element["positive_button"], element["negative_button"]):
                if str(value) in (button.get("value"), button["text"]["text"]):
                    return {"type": "feedback_buttons"} | {k: button[k] for k in ("text", "value")}
            raise UserError(f"There is no feedback button {value!r}.")
        if element["type"] not in elements.STATEFUL:
            return None
        try:
            offered = None
            if "external" in element["type"]:
                first = element.get("initial_options") or [element.get("initial_option")]
                offered = [*self.views.offered.get(key, []), *(option for option in first if option)]
            return elements.state_from(element, value, offered)
        except ValueError as e:
            raise UserError(str(e)) from e

    def _input_errors(self, view: View) -> dict[str, str]:
        """What Slack's client checks before it sends a submission to the app."""
        errors: dict[str, str] = {}
        for block, element in elements.walk(view.body["blocks"]):
            if block["type"] != "input":
                continue
            state = view.state.get(block["block_id"], {}).get(element["action_id"], {})
            raw = elements.raw_of(state)
            error = ""
            if raw in ("", []):
                error = "" if block.get("optional") else "Please complete this required field."
            elif element["type"] == "number_input":
                error = _number_error(element, str(raw))
            elif element["type"] == "plain_text_input":
                if len(raw) > element.get("max_length", 3000):
                    error = f"Please use at most {element.get('max_length', 3000)} characters."
                elif len(raw) < element.get("min_length", 0):
                    error = f"Please use at least {element['min_length']} characters."
            if error:
                errors[block["block_id"]] = error
        return errors

    def _view_response_urls(self, user: User, view: View) -> list[Json]:
        urls = []
        for block, element in elements.walk(view.body["blocks"]):
            if element.get("response_url_enabled"):
                chosen = elements.raw_of(view.state[block["block_id"]][element["action_id"]])
                hook = self.response_urls.new(str(chosen), user.id)
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                urls.append(ids | {"channel_id": chosen, "response_url": self.responses.url(hook)})
        return urls

    def _invite(self, user: User, channel: Channel, text: str) -> Reply:
        guest = self.workspace.user(text.strip().removeprefix("<@").removesuffix(">"))
        if guest is None:
            self._slackbot(user, channel, f"Nobody here is called {text.strip() or '…'}.")
            return Reply(False, "user_not_found")
        self.workspace.join(channel, guest.id, user.id)
        return Reply(True)

    def _slackbot(self, user: User, channel: Channel, text: str, thread_ts: str = "") -> None:
        self.workspace.post(channel, SLACKBOT, text, ephemeral_to=user.id, thread_ts=thread_ts)

    def _toast(self, user: User, text: str) -> None:
        self.workspace.changes.publish(Change("toast", user=user.id, text=text))

    def _must_be_in(self, user: User, channel: Channel) -> None:
        if user.id not in channel.members:
            raise UserError(f"{user.real_name} is not in {channel.name or 'this conversation'}.")
        if channel.archived:
            raise UserError("The channel is archived.")

    def _may_see(self, user: User, message: Message) -> bool:
        in_channel = user.id in self.workspace.channels[message.channel].members
        return in_channel and message.ephemeral_to in ("", user.id)

    def _thread(self, channel: Channel, thread_ts: str) -> str:
        """The parent's time stamp, even if `thread_ts` is a reply's."""
        if not thread_ts:
            return ""
        parent = self.workspace.message(channel.id, thread_ts)
        if parent is None:
            raise UserError("There is no such thread.")
        return parent.thread_ts or parent.ts


def _number_error(element: Json, raw: str) -> str:
    try:
        number = float(raw)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
