"""What goes wrong in a conversation with a model."""

from collections.abc import Mapping
from typing import Any

from texts.conversation_settings import model_button
from texts.errors.table import ERRORS
from texts.findings import FINDINGS
from texts.formats import number
from texts.language import _


@ERRORS.sentence
def thread_has_model(model: str) -> str:
    return _(
        "This thread talks to {model} already. Change that with {button} below the message that says so, or call "
        "another model into a thread of its own.",
        model=model,
        button=f"*{model_button()}*",
    )


@ERRORS.sentence
def no_functions_here(model: str) -> str:
    return _(
        "{model} goes on with a text and calls no functions. Choose a model that was trained on chats.", model=model
    )


@ERRORS.sentence
def dropped_file_gone() -> str:
    return _("The message with this file was deleted. Drop it again, or paste what is in it.")


@ERRORS.sentence
def question_gone() -> str:
    return _("The question was deleted, or is somebody else's. Ask it anew.")


@ERRORS.sentence
def no_model_named() -> str:
    return _("Name the model before its settings: {form}.", form="`/finetune chat MODEL temperature=0.2`")


@ERRORS.sentence
def system_too_long(most: int) -> str:
    return _("The system message is longer than {most} characters. Shorten it.", most=number(most))


@ERRORS.sentence
def parameter_not_between(parameter: str, least: float, most: float) -> str:
    return _("A number from {least} to {most}, such as {such}.", least=f"{least:g}", most=f"{most:g}", such=number(0.7))


@ERRORS.sentence
def parameter_not_whole(parameter: str, least: int, most: int) -> str:
    return _("A whole number from {least} to {most}.", least=str(least), most=str(most))


@ERRORS.sentence
def too_many_stops(most: int) -> str:
    return _("At most {most} stop sequences.", most=str(most))


@ERRORS.sentence
def stop_too_long(most: int) -> str:
    return _("A stop sequence has at most {most} characters.", most=str(most))


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
