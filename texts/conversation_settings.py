"""The windows in which a conversation's settings are changed."""

from texts.language import _


def system_button() -> str:
    return _("System message")


def parameters_button() -> str:
    return _("Parameters")


def functions_button() -> str:
    return _("Functions")


def model_button() -> str:
    return _("Model")


def system_hint() -> str:
    return _("What the model is told before all that is said. Leave it empty for none.")


def parameter_hint(name: str) -> str:
    """`name` as in the protocol; an empty field leaves it to the provider."""
    return {
        "temperature": _("From 0 to 2: the higher, the more varied its answers. Empty: as the provider has it."),
        "top_p": _("From 0 to 1: the lower, the fewer words it draws from. Empty: as the provider has it."),
        "max_tokens": _("How long an answer may be, in tokens. Empty: as the provider has it."),
        "stop": _("Where an answer ends: one in each line, four at most; \\n stands for a new line."),
        "seed": _("A whole number. With the same one, the same question is answered alike, where the provider can."),
    }[name]


def functions_hint() -> str:
    return _(
        "A JSON list of functions, as it stands under tools in a training file. Empty for none. What is longer than "
        "the field: drop it in the thread as a .json file first."
    )


def functions_file() -> str:
    return _("From a file in this thread")


def functions_file_hint() -> str:
    return _("Instead of what stands above.")


def goes_on(label: str) -> str:
    """Over the next field of a long text."""
    return _("{label} (continued)", label=label)


def model_intro(model: str) -> str:
    return _(
        "Now {model} answers here. Another model reads all that was said, and goes on. What people set stays; what "
        "came from the training file of this model gives way to the other's.",
        model=model,
    )


def model_placeholder() -> str:
    return _("Search all models")


def save_button() -> str:
    """At most 24 characters."""
    return _("Save")
