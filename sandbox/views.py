"""Open modals, in stacks of at most three, and Home tabs."""

import json
import secrets

from sandbox.changes import Change
from sandbox.elements import initial_state, walk, with_ids
from sandbox.ids import new_id
from sandbox.model import Json, View, as_json
from sandbox.slack_errors import fail, limit
from sandbox.workspace import Workspace


class Views:
    """For each person a stack of modals, the top one last, and a Home tab."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.offered: dict[tuple[str, str], list[Json]] = {}
        """Options that the app gave for an external select: (view id or message ts, action_id) -> options."""
        for body in workspace.store.all("home"):
            self.homes[body["user"]] = View(**body)

    def get(self, view_id: str) -> View | None:
        open_views = [v for stack in self.stacks.values() for v in stack]
        return next((v for v in [*open_views, *self.homes.values()] if v.id == view_id), None)

    def external(self, external_id: str) -> View | None:
        open_views = [v for stack in self.stacks.values() for v in stack]
        everything = [*open_views, *self.homes.values()]
        return next((v for v in everything if v.body.get("external_id") == external_id), None)

    def top(self, user: str) -> View | None:
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def open(self, user: str, body: Json, *, channel: str = "") -> View:
        """Open a modal. It replaces any that are open."""
        self._claim(body)
        view = self._new(user, body)
        view.response_channel = channel
        self.stacks[user] = [view]
        self._show(view)
        return view

    def push(self, user: str, body: Json) -> View:
        """Open a modal on top of the open ones. Raises SlackError for a fourth."""
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= limit("view.stack"):
            fail("view.stack")
        self._claim(body)
        view = self._new(user, body)
        if stack:
            view.previous, view.root = stack[-1].id, stack[0].root
        stack.append(view)
        self._show(view)
        return view

    def update(self, view: View, body: Json) -> View:
        """Replace a view's content. Inputs and errors are kept where block_id and action_id stay the same."""
        if body.get("external_id") != view.body.get("external_id"):
            self._claim(body)
        old = view.state
        view.body = body | {"blocks": with_ids(body["blocks"])}
        view.state = _initial(view.body["blocks"])
        for block, element in walk(view.body["blocks"]):
            block_id, action_id = block["block_id"], element.get("action_id", "")
            kept = old.get(block_id, {}).get(action_id)
            if kept is not None and kept.get("type") == element["type"]:
                view.state.setdefault(block_id, {})[action_id] = kept
        blocks = {block["block_id"] for block in view.body["blocks"]}
        view.errors = {block_id: error for block_id, error in view.errors.items() if block_id in blocks}
        view.hash = _hash()
        self._show(view)
        return view

    def publish(self, user: str, body: Json) -> View:
        """Set a person's Home tab."""
        view = self.homes.get(user)
        if view is None:
            view = self._new(user, body)
            self.homes[user] = view
        else:
            self.update(view, body)
        self.workspace.store.put("home", user, as_json(view))
        self.workspace.changes.publish(Change("home", user=user))
        return view

    def close(self, view: View, *, everything: bool = False) -> list[View]:
        """Close a modal and those above it; `everything` closes the whole stack. Returns the closed views."""
        stack = self.stacks.get(view.user, [])
        if view not in stack:
            return []
        start = 0 if everything else stack.index(view)
        closed, self.stacks[view.user] = stack[start:], stack[:start]
        self.workspace.changes.publish(Change("view", user=view.user))
        return closed

    def show_errors(self, view: View, errors: dict[str, str]) -> None:
        view.errors = errors
        self._show(view)

    def to_api(self, view: View) -> Json:
        ws = self.workspace
        return view.to_api(team=ws.TEAM, app_id=ws.APP, bot_id=ws.BOT_ID)

    def _new(self, user: str, body: Json) -> View:
        view_id = new_id("V")
        body = body | {"blocks": with_ids(body["blocks"])}
        return View(view_id, user, body, _hash(), view_id, state=_initial(body["blocks"]))

    def _claim(self, body: Json) -> None:
        if len(json.dumps(body).encode()) > limit("view.size"):
            fail("view.size")
        if body.get("external_id") and self.external(body["external_id"]):
            fail("view.external")

    def _show(self, view: View) -> None:
        view.version += 1
        what = "home" if view.body["type"] == "home" else "view"
        self.workspace.changes.publish(Change(what, user=view.user))


def _hash() -> str:
    return secrets.token_hex(8)


def _initial(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    state: dict[str, dict[str, Json]] = {}
    for block, element in walk(blocks):
        if (held := initial_state(element)) is not None:
            state.setdefault(block["block_id"], {})[element["action_id"]] = held
    return state
