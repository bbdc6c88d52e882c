"""Where the models of an evaluation differ: parts of the file, and single examples."""

from texts.language import _


def slices_title() -> str:
    return _("Where it differs")


def slice_line(name: str, value: str, before: str, after: str, gain: str, n: int) -> str:
    return _(
        "{name} {value}: {before} → {after} ({gain} points, n={n})",
        name=name,
        value=value,
        before=before,
        after=after,
        gain=gain,
        n=n,
    )


def slice_name(name: str) -> str:
    """By what the examples are parted; "" for a name that the file gives."""
    return {
        "label": _("label"),
        "length": _("length"),
        "tag": _("tag"),
        "language": _("language"),
    }.get(name, "")


def slice_value(name: str, value: str) -> str:
    """Of what the bot itself parts examples by; "" for a value that the file gives."""
    lengths = {"short": _("short"), "medium": _("medium"), "long": _("long")}
    return lengths.get(value, "") if name == "length" else ""


def differences_title() -> str:
    return _("The most telling differences")


def got_worse(line: int) -> str:
    return _("Line {line}: was right, is wrong now", line=line)


def got_better(line: int) -> str:
    return _("Line {line}: was wrong, is right now", line=line)


def differs(line: int) -> str:
    return _("Line {line}", line=line)


def asked(text: str) -> str:
    return _("Question: {text}", text=text)


def reference(text: str) -> str:
    return _("In the file: {text}", text=text)


def answered(model: str, text: str) -> str:
    return _("{model}: {text}", model=model, text=text)


def said_nothing() -> str:
    return _("no answer")
