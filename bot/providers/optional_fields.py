"""Fields of a request that not every server takes: sent, left out when refused, and remembered for the model."""

from collections.abc import Collection
from typing import Final

from bot.providers.interface import Refused

USAGE: Final = "stream_options"
MAX_TOKENS: Final = "max_tokens"
"""Left out, the limit goes as `max_completion_tokens`: OpenAI's reasoning models take nothing else ("Unsupported
parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", read 2026-11-29), and
older servers only this."""
LOGPROBS: Final = "logprobs"
CONTINUE: Final = "continue_final_message"

# How a refusal names the field that is meant. That `max_tokens` is too large is another matter.
_NAMED_AS: Final = {MAX_TOKENS: "max_completion_tokens"}


class OptionalFields:
    """`never`: those that the vendor is known to refuse."""

    def __init__(self, never: Collection[str] = ()) -> None:
        self._never = frozenset(never)
        self._takes: dict[tuple[str, str], bool] = {}

    def for_model(self, model: str, wanted: Collection[str]) -> frozenset[str]:
        """Those to send."""
        return frozenset(
            field for field in wanted if field not in self._never and self._takes.get((model, field)) is not False
        )

    def without_refused(self, model: str, sent: Collection[str], error: Refused) -> frozenset[str]:
        """Those to try again with; the same where the refusal is not about them.

        A refusal that names none may still be about one that this model has not taken before.
        """
        if error.code == "context_length_exceeded":
            return frozenset(sent)
        said = str(error).lower()
        named = {field for field in sent if _NAMED_AS.get(field, field) in said}
        if not named and error.status in {400, 422}:
            named = {field for field in sent if field != MAX_TOKENS and (model, field) not in self._takes}
        return frozenset(sent) - named

    def took(self, model: str, wanted: Collection[str], sent: Collection[str]) -> None:
        """The model has answered a request with those `sent`."""
        self._takes.update(((model, field), field in sent) for field in wanted if field not in self._never)
