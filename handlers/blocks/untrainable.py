"""No model here can be trained on a file: what is missing, and what to do."""

from datetime import UTC, datetime
from typing import Final

from bot.providers.protocol import DPO, REINFORCEMENT
from texts.formats import listed
from training_files import Report, fine_tunable

_PROVIDERS: Final = {"openai": "OpenAI", "nebius": "Nebius", "trainer": "the trainer that comes with Finetune Bot"}
_INSTEAD: Final = {
    REINFORCEMENT: "write the answer that you want into each example, as the assistant's message: that trains "
    "supervised.",
    DPO: "keep the preferred answers only, as chat examples: that trains supervised.",
}


def untrainable(provider: str, found: Report) -> str:
    """Plain text, such as "acme has no model that can be trained by DPO. OpenAI has. Ask an administrator …"."""
    what = {
        REINFORCEMENT: "by reinforcement",
        DPO: "by DPO, which preference examples are for",
    }.get(found.method or "", f"on {found.format} examples")
    if found.images:
        what = f"{what} with images" if found.method != DPO else "on preference examples with images"
    today = datetime.now(UTC).date()
    able = [
        facts.provider
        for facts in fine_tunable(today)
        if facts.takes(found.format) and (not found.images or (facts.images and found.method != DPO))
    ]
    elsewhere = listed([name for key, name in _PROVIDERS.items() if key in able])
    where = f"{elsewhere[0].upper()}{elsewhere[1:]} can: ask an administrator to set that up." if elsewhere else ""
    instead = "say in words what the images show." if found.images else _INSTEAD.get(found.method or "", "")
    if found.format == "completion":
        instead = "make chat examples of them: the prompt as the user's message, the completion as the assistant's."
    if instead:
        instead = f"Or {instead}" if where else f"{instead[0].upper()}{instead[1:]}"
    nor = "" if where else ", nor has any other provider that I know"
    return " ".join(filter(None, [f"{provider} has no model that can be trained {what}{nor}.", where, instead]))
