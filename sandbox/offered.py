"""What the app has offered people to press or to send off, so that a test can ask whether the app takes it all."""

from sandbox.elements import walk
from sandbox.model import Json


class Offered:
    """`actions` are the action_ids that Slack would tell the app of, `modals` the callback_ids of modals with a button
    that sends them off: of all that was posted since the workspace began, still shown or not. "" for one without an id.
    `entries` are those of overflow menus: (action_id, value).
    """

    def __init__(self) -> None:
        self.actions: set[str] = set()
        self.modals: set[str] = set()
        self.entries: set[tuple[str, str]] = set()

    def blocks(self, blocks: list[Json]) -> None:
        for block, element in walk(blocks):
            if element["type"] != "image" and (block["type"] != "input" or block.get("dispatch_action")):
                self.actions.add(element.get("action_id", ""))
            if element["type"] == "overflow":
                self.entries |= {(element.get("action_id", ""), entry.get("value", "")) for entry in element["options"]}

    def view(self, view: Json) -> None:
        self.blocks(view["blocks"])
        if view.get("submit"):
            self.modals.add(view.get("callback_id", ""))
