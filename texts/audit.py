"""The audit log, as administrators read it. It holds codes and figures; here are the words."""

from texts.formats import enumerated, grouped, labelled
from texts.language import _, plural


def act(code: str) -> str:
    """What somebody did; a code that nothing is written about stands as it is."""
    return {
        "install": _("install the app in a workspace"),
        "revoke token": _("token revoked"),
        "uninstall": _("remove the app from a workspace"),
        "erase workspace": _("erase a workspace"),
        "use": _("use me"),
        "see": _("look"),
        "submit": _("start a job"),
        "submit again": _("submit again"),
        "adopt": _("adopt a job"),
        "follow": _("follow a job"),
        "keep checkpoint": _("keep a checkpoint"),
        "release checkpoint": _("no longer keep a checkpoint"),
        "cancel": _("cancel"),
        "pause": _("pause"),
        "resume": _("resume"),
        "decide": _("decide about a job"),
        "approve": _("approve"),
        "decline": _("decline"),
        "deploy": _("deploy a model"),
        "remove deployment": _("remove a model's deployment"),
        "offer successor": _("offer a moved model to other channels"),
        "chat": _("chat with a model"),
        "configure": _("change a conversation's settings"),
        "delete": _("delete"),
        "delete file": _("delete a training file"),
        "delete file at the provider": _("delete a file at the provider"),
        "delete model": _("delete a model"),
        "export": _("export a model"),
        "set": _("set"),
        "set budget": _("set a budget"),
        "restrict models": _("say which models may be talked to"),
        "choose provider": _("choose a provider"),
        "set language": _("set the language"),
        "personalize": _("change one's own settings"),
        "compare": _("compare"),
        "vote": _("vote"),
        "reveal": _("reveal the names"),
        "evaluate": _("evaluate models"),
        "generate": _("have examples written"),
        "keep generated example": _("keep a generated example"),
        "edit generated example": _("edit a generated example"),
        "drop generated example": _("drop a generated example"),
        "ask for an answer again": _("ask for an answer again"),
        "promote": _("choose a channel's model"),
        "repeat evaluation": _("have an evaluation repeated"),
        "add example": _("add an example"),
        "rate answer": _("rate an answer"),
        "forget opinions": _("forget how somebody rated and voted"),
        "export collection": _("make a training file"),
        "schedule training": _("have models trained regularly"),
        "unschedule training": _("end regular training"),
        "scheduled training": _("regular training that was due"),
        "create collection": _("make a training set"),
        "accept example": _("accept an example"),
        "reject example": _("reject an example"),
        "review example": _("review an example"),
        "require review": _("require review of new examples"),
        "end review": _("require no review of new examples"),
        "describe collection": _("change the name or licence of a training set"),
        "merge collection": _("merge a training set into another"),
        "absorb collection": _("add all examples of another training set"),
        "split collection": _("move examples to a new training set"),
        "remove examples": _("remove examples"),
        "remove example": _("remove an example"),
        "change collection": _("change a training set"),
        "agree": _("agree to the use of one's words"),
        "disagree": _("not agree to the use of one's words"),
        "withdraw": _("withdraw what one contributed"),
        "erase": _("erase what somebody contributed"),
        "erase person": _("erase a person"),
        "delete expired": _("delete what was kept for long enough"),
        "set digest": _("set a channel's digest"),
        "stop digest": _("stop a channel's digest"),
        "subscribe a channel": _("subscribe a channel"),
        "unsubscribe a channel": _("unsubscribe a channel"),
        "read audit": _("read the audit log"),
        "export the audit log": _("export the audit log"),
    }.get(code, code)


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
