"""What the bot says of itself where it comes, and to what it cannot use."""

from texts.language import _


def welcome() -> str:
    """In a channel that the bot was invited to."""
    return _(
        "Thank you for having me. Drop a training file (JSONL, CSV, XLSX, …) into this channel: I check it, say what "
        "training would cost, and start it when you say so. `/finetune help` lists all that I can do."
    )


def unreadable_files(files: str) -> str:
    """Of files that were given to the bot and cannot be trained on."""
    return _(
        "I cannot read {files}. Training files are JSONL (`.jsonl`, `.ndjson`, `.json`, `.jsonl.gz`) or tables "
        "(`.csv`, `.tsv`, `.xlsx`, `.xls`, `.ods`, `.parquet`). If it is one of these under another name, rename it "
        "and drop it again.",
        files=files,
    )


def unnamed_file() -> str:
    """In place of its name."""
    return _("that file")
