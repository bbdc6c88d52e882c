"""What people press, choose and fill in: buttons, menus, shortcuts and modals, sent to the app as Slack sends them."""

from typing import Any

from sandbox import elements
from sandbox.changes import Change
from sandbox.delivery import Deliverer, Reply
from sandbox.input_checks import input_errors
from sandbox.manifest import Manifest
from sandbox.model import Json, Message, User, View
from sandbox.responses import Responses
from sandbox.slack_errors import limit
from sandbox.triggers import ResponseUrls, Triggers
from sandbox.user_error import UserError
from sandbox.views import Views
from sandbox.workspace import Workspace


class Interactions:
    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        deliverer: Deliverer,
        views: Views,
        triggers: Triggers,
        response_urls: ResponseUrls,
        responses: Responses,
    ) -> None:
        self.workspace = workspace
        self.manifest = manifest
        self.deliverer = deliverer
        self.views = views
        self.triggers = triggers
        self.response_urls = response_urls
        self.responses = responses
        self.message_state: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}
        """What people have chosen in the menus of messages: (user, message ts) -> block_id -> action_id -> state."""

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

    # Modals

    async def submit(self, user: User, view: View, values: dict[str, Any] | None = None) -> dict[str, str]:
        """Fill in and submit a modal. Returns the errors shown under its fields: {} when it was accepted.

        values -- by block_id or action_id: text, an option's value or text, a list of them.
        """
        self.fill(view, values or {})
        errors = input_errors(view)
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

    # What is sent

    def _interaction(self, kind: str, user: User) -> Json:
        return {
            "type": kind,
            "token": "sandbox-verification",
            "api_app_id": Workspace.APP,
            "team": {"id": self.workspace.TEAM, "domain": self.workspace.DOMAIN},
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

    def _view_response_urls(self, user: User, view: View) -> list[Json]:
        urls = []
        for block, element in elements.walk(view.body["blocks"]):
            if element.get("response_url_enabled"):
                chosen = elements.raw_of(view.state[block["block_id"]][element["action_id"]])
                hook = self.response_urls.new(str(chosen), user.id)
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                urls.append(ids | {"channel_id": chosen, "response_url": self.responses.url(hook)})
        return urls

    def _toast(self, user: User, text: str) -> None:
        self.workspace.changes.publish(Change("toast", user=user.id, text=text))

    def _may_see(self, user: User, message: Message) -> bool:
        in_channel = user.id in self.workspace.channels[message.channel].members
        return in_channel and message.ephemeral_to in ("", user.id)
