"""What `finetune-bot retention` writes on a terminal."""

from texts.language import _


def would_be_deleted() -> str:
    return _("What would be deleted now:")


def deleted() -> str:
    return _("What was deleted:")


def everything_kept() -> str:
    return _("Everything is kept for good: none of the settings `FINETUNE_KEEP_…_DAYS` is set.")


def kind(code: str) -> str:
    return {
        "files": _("training files, here and at the provider"),
        "messages": _("messages in conversations, questions of comparisons, and arenas"),
        "answers": _("answers of models to evaluations, judges and generations"),
        "generations": _("sets of generated examples, with the texts that they were drawn from"),
    }[code]
