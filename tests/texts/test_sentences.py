"""scripts/sentences.py finds what people would read, and nothing else."""

from pathlib import Path

from scripts.sentences import sentences

MODULE = '''
"""A docstring of the module, which nobody is shown."""
NAME = "One of the names that people read"
KEY = "key_of_something"
QUERY = "SELECT id FROM jobs WHERE state = ?"
PART = "state = 'posting', attempts = coalesce(attempts, ?)"


def show(job: "a string as annotation") -> None:
    """A docstring of the function."""
    log.info("this went to the log")
    if job is None:
        raise ValueError("a mistake of the programmer")
    assert job, "this is for programmers too"
    raise Invalid(f"The job {job.id} cannot be {'paused by you now' if job.state else 'x'}.")


def blocks():
    button("Cancel", "job_cancel", value="x")
    re.compile("one or more words")
'''


def test_it_finds_what_people_read(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(MODULE, encoding="utf-8")
    assert [text for _, text in sentences(module)] == [
        "One of the names that people read",
        "The job {} cannot be {}.",
        "paused by you now",
        "Cancel",
    ]
