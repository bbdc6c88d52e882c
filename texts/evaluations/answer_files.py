"""The files with all answers of an evaluation."""

from texts.language import _


def answers_comment(models: str, file: str) -> str:
    """Beside the files with all answers."""
    return _("All answers of {models} on {file}", models=models, file=file)


def files_there(files: str) -> str:
    """`files`: `these_files()`, as a link."""
    return _("All answers are in {files} already.", files=files)


def these_files() -> str:
    """Within a sentence, as a link."""
    return _("these files")


def answers_file() -> str:
    """The name of the files with all answers, without its ending."""
    return _("evaluation")
