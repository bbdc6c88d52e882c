"""What goes wrong in a conversation with a model."""

from collections.abc import Mapping
from typing import Any

from texts.errors.table import ERRORS
from texts.findings import FINDINGS
from texts.language import _


@ERRORS.sentence
def thread_has_model(model: str) -> str:
    return _("This thread talks to {model} already. Call another model into a thread of its own.", model=model)


@ERRORS.sentence
def no_such_answer() -> str:
    return _("That answer is not kept any more, or its question was deleted.")


@ERRORS.sentence
def no_such_call() -> str:
    return _("That answer calls no function (any more). Ask anew in the thread.")


@ERRORS.sentence
def model_went_on() -> str:
    return _("The model has gone on without this result already. Say in the thread what it should know.")


@ERRORS.sentence
def tools_too_long(most: int) -> str:
    return _("The tools are longer than {most} characters. Leave out those that the model has no use for.", most=most)


@ERRORS.sentence
def tools_no_json() -> str:
    return _(
        "The tools are not valid JSON. Paste a list such as {form}, as it stands under `tools` in a training file.",
        form='`[{"type": "function", "function": {"name": ..., "parameters": ...}}]`',
    )


@ERRORS.sentence
def tools_invalid(finding: str, field: str, params: Mapping[str, Any]) -> str:
    """As the same defect in a training file is told."""
    return FINDINGS.say(finding, dict(params), field=field) or finding


@ERRORS.sentence
def model_without_eyes() -> str:
    return _("It is not known to read images. Describe in words what it should see.")


@ERRORS.sentence
def attachment_is_no_text() -> str:
    return _("It reads texts and images. Paste what it should read, or save it as a text.")


@ERRORS.sentence
def attachment_is_empty() -> str:
    return _("The file is empty. Drop it again if that is a mistake.")


@ERRORS.sentence
def attachment_too_long(kilobytes: int) -> str:
    return _("A text may have {kilobytes} kB. Paste the part that it should read.", kilobytes=kilobytes)


@ERRORS.sentence
def attachment_too_large(megabytes: int) -> str:
    return _("A file may have {megabytes} MB. Drop a smaller one.", megabytes=megabytes)


@ERRORS.sentence
def too_many_images(most: int) -> str:
    return _("A question may have {most} images. Ask about the others in another one.", most=most)
