"""The audit log, as administrators read it. It holds codes and figures; here are the words."""

import re
from typing import Final

from texts.formats import dollars, enumerated, grouped, labelled
from texts.language import _, plural

_PRICED: Final = {"submit", "set budget"}
_PRICE: Final = re.compile(r"\$([\d,]+\.\d\d)$")


def act(code: str) -> str:
    """What somebody did, or was refused; a code that nothing is written about stands as it is."""
    return {
        "install": _("installing the app in a workspace"),
        "revoke token": _("token revoked"),
        "uninstall": _("removing the app from a workspace"),
        "erase workspace": _("erasing a workspace"),
        "use": _("using me"),
        "see": _("looking"),
        "submit": _("starting a job"),
        "submit again": _("submitting again"),
        "adopt": _("adopting a job"),
        "follow": _("following a job"),
        "keep checkpoint": _("keeping a checkpoint"),
        "release checkpoint": _("no longer keeping a checkpoint"),
        "cancel": _("cancelling"),
        "pause": _("pausing"),
        "resume": _("resuming"),
        "decide": _("deciding about a job"),
        "approve": _("approving"),
        "decline": _("declining"),
        "deploy": _("deploying a model"),
        "remove deployment": _("removing a model's deployment"),
        "offer successor": _("offering a moved model to other channels"),
        "chat": _("chatting with a model"),
        "configure": _("changing a conversation's settings"),
        "delete": _("deleting"),
        "delete file": _("deleting a training file"),
        "delete file at the provider": _("deleting a file at the provider"),
        "delete model": _("deleting a model"),
        "export": _("exporting a model"),
        "set": _("changing"),
        "set budget": _("setting a budget"),
        "restrict models": _("saying which models may be talked to"),
        "choose provider": _("choosing a provider"),
        "set language": _("setting the language"),
        "personalize": _("changing one's own settings"),
        "compare": _("comparing"),
        "vote": _("voting"),
        "reveal": _("revealing the names"),
        "evaluate": _("evaluating models"),
        "generate": _("having examples written"),
        "keep generated example": _("keeping a generated example"),
        "edit generated example": _("editing a generated example"),
        "drop generated example": _("dropping a generated example"),
        "ask for an answer again": _("asking for an answer again"),
        "promote": _("choosing a channel's model"),
        "repeat evaluation": _("having an evaluation repeated"),
        "add example": _("adding an example"),
        "rate answer": _("rating an answer"),
        "forget opinions": _("forgetting how somebody rated and voted"),
        "export collection": _("making a training file"),
        "schedule training": _("having models trained regularly"),
        "unschedule training": _("ending regular training"),
        "scheduled training": _("regular training that was due"),
        "create collection": _("making a training set"),
        "accept example": _("accepting an example"),
        "reject example": _("rejecting an example"),
        "review example": _("reviewing an example"),
        "require review": _("requiring review of new examples"),
        "end review": _("requiring no review of new examples"),
        "describe collection": _("changing the name or licence of a training set"),
        "merge collection": _("merging a training set into another"),
        "absorb collection": _("adding all examples of another training set"),
        "split collection": _("moving examples to a new training set"),
        "remove examples": _("removing examples"),
        "remove example": _("removing an example"),
        "change collection": _("changing a training set"),
        "agree": _("agreeing to the use of one's words"),
        "disagree": _("not agreeing to the use of one's words"),
        "withdraw": _("withdrawing what one contributed"),
        "erase": _("erasing what somebody contributed"),
        "erase person": _("erasing a person"),
        "delete expired": _("deleting what was kept for long enough"),
        "set digest": _("setting a channel's digest"),
        "stop digest": _("stopping a channel's digest"),
        "subscribe a channel": _("subscribing a channel"),
        "unsubscribe a channel": _("unsubscribing a channel"),
        "read audit": _("reading the audit log"),
        "export the audit log": _("exporting the audit log"),
    }.get(code, code)


def details(code: str, kept: str) -> str:
    """What the log keeps of an act, with the price in it as the language in force writes it."""
    return _PRICE.sub(lambda price: dollars(float(price[1].replace(",", ""))), kept) if code in _PRICED else kept


def named_thing(code: str) -> str | None:
    """What was changed, where that is not called by an id."""
    return {
        "workspace": _("the workspace"),
        "approval": _("from which price on jobs need approval"),
        "roles": _("roles"),
        "messages": _("messages of conversations"),
        "answers": _("answers of models"),
        "generations": _("generated examples"),
    }.get(code)


def roles(details: str) -> str:
    """Who holds which role, from what the log keeps of it: `administrators: U1, U2; members: U3`."""
    said = {
        "administrators": _("administrators"),
        "approvers": _("approvers"),
        "members": _("members"),
    }
    parts = [part.partition(": ") for part in details.split("; ") if part]
    return grouped([labelled(said.get(role, role), enumerated(holders.split(", "))) for role, _colon, holders in parts])


def nobody_has_one() -> str:
    """A role."""
    return _("nobody has one")


def the_settings() -> str:
    """In place of the person, where the program's settings were changed."""
    return _("the settings")


def the_terminal() -> str:
    """In place of the person, where an administrator did it with `finetune-bot` in a terminal."""
    return _("an administrator in the terminal")


def refused() -> str:
    return _("refused")


def failed() -> str:
    return _("failed")


def title() -> str:
    return _("Audit log")


def page_title(number: int, pages: int) -> str:
    """In notifications."""
    return _("Audit log, page {number} of {pages}", number=number, pages=pages)


def page(number: int, pages: int) -> str:
    return _("Page {number} of {pages} · `/finetune audit csv` sends all of it as a file", number=number, pages=pages)


def no_such_page() -> str:
    return _("The audit log has no such page.")


def nothing_yet() -> str:
    return _("Nothing was done yet.")


def newer() -> str:
    return _("Newer")


def older() -> str:
    return _("Older")


def export(count: int) -> str:
    """Over the file."""
    return plural(
        "The audit log: {count} entry, the latest first.", "The audit log: {count} entries, the latest first.", count
    )


def exported(count: int) -> str:
    return plural(
        "The audit log ({count} entry) is in your direct messages with me.",
        "The audit log ({count} entries) is in your direct messages with me.",
        count,
    )
