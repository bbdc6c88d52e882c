"""What the figures of a training file rest on: the number of epochs, and token counts that are estimates.

Half sentences, which begin small and have no full stop. What an earlier version stored as one is given back as it is.
"""

from texts.language import _
from training_files.catalog import base_of
from training_files.epochs import LEAST_SEEN, MOST_SEEN
from training_files.report import Tokens


def epochs_reason(reason: str) -> str:
    """`reason`: of `training_files.epochs.Epochs`."""
    return {
        "small": _("a small file is repeated until about {count} examples have been seen", count=LEAST_SEEN),
        "large": _("a large file is stopped at about {count} examples seen", count=MOST_SEEN),
        "usual": _("the usual number for a file of this size"),
        "asked": _("as asked for"),
    }.get(reason, reason)


def estimate(tokens: Tokens, model: str) -> str:
    """Why the token counts for `model` are estimates; empty where nothing is known of it."""
    return {
        "stand_in": _(
            "the tokenizer of {model} is not here, so {other} stands in for it",
            model=base_of(model),
            other=tokens.tokenizer,
        ),
        "no_vocabulary": _("the vocabulary could not be loaded, so tokens are estimated from the number of characters"),
        "completions": _("how completions are billed is not published, so they are estimated"),
        "preferences": _("how pairs are billed is not published, so they are estimated"),
        "details": _("how names, tools, calls and images are billed is hardly published, so they are estimated"),
        "chat_template": _("what {model} adds to each message is known from its chat template only", model=model),
    }.get(tokens.why, tokens.why)
