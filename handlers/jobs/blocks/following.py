"""The modal that asks which job of the provider's to follow."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, plain
from texts import jobs as texts

CALLBACK_ID: Final = "follow_job"
JOB: Final = "provider_job"
_LONGEST_ID: Final = 200


class Where(msgspec.Struct, frozen=True):
    """What the modal carries: where the job is to get its card."""

    channel: str


def follow_modal(channel: str) -> View:
    label, hint = texts.followed_job()
    job = InputBlock(
        block_id=JOB,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=PlainTextInputElement(action_id=JOB, max_length=_LONGEST_ID),
    )
    return modal(
        texts.follow_title(),
        [job],
        callback_id=CALLBACK_ID,
        submit=texts.follow_button(),
        private_metadata=msgspec.json.encode(Where(channel)).decode(),
    )


def read_job(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    return str(values.get(JOB, {}).get(JOB, {}).get("value") or "").strip().strip("`")
