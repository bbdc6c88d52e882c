"""Files that are something else than JSONL, by the kinds of `training_files.tables.file_type`."""

from texts.language import _


def name(kind: str) -> str:
    """In a sentence."""
    return {
        "html": _("a web page"),
        "json": _("one JSON document"),
        "xlsx": _("an Excel workbook"),
        "ods": _("an OpenDocument spreadsheet"),
        "zip": _("a ZIP archive"),
        "empty_zip": _("an empty ZIP archive"),
        "gzip": _("a gzip archive"),
        "zstd": _("a Zstandard archive"),
        "bzip2": _("a bzip2 archive"),
        "7z": _("a 7-Zip archive"),
        "pdf": _("a PDF document"),
        "parquet": _("a Parquet file"),
        "sqlite": _("an SQLite database"),
        "xls": _("an old Excel workbook or a protected one"),
        "rtf": _("a rich-text document"),
        "picture": _("a picture"),
        "word": _("a Word document"),
        "presentation": _("a presentation"),
        "csv": _("a table (CSV)"),
        "tsv": _("a table (TSV)"),
    }.get(kind, kind)


def conversion(kind: str) -> str:
    """How a training file is made of such a file."""
    archive = _("Unpack it and send the JSONL file in it.")
    table = _("Say which column is the question and which the answer, and each row becomes an example.")
    office = _("Send the data as a table or as JSONL.")
    return {
        "html": _("Download the file itself; the page may be a log-in or preview page."),
        "json": _("Each of its elements becomes an example on a line of its own."),
        "zip": archive,
        "empty_zip": _("Send the JSONL file itself."),
        "gzip": archive,
        "zstd": archive,
        "bzip2": archive,
        "7z": archive,
        "pdf": _("Send the data that it was made from, as JSONL."),
        "sqlite": _("Export it as JSONL: one JSON object with a list of messages on each line."),
        "rtf": _("Save it as plain text, one JSON object a line."),
        "picture": _("Send the training file instead."),
        "word": office,
        "presentation": office,
    }.get(kind, table)
