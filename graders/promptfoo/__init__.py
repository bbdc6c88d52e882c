"""Promptfoo's configurations, read and written (promptfoo.dev/docs/configuration/reference, read 2026-11-29).

Its tests become examples, each with the variables of its test and a grader of its own; its assertions become graders.
What has no counterpart is named (`left_out`).
"""

from graders.promptfoo.assertions import MAPPED
from graders.promptfoo.file import Case, Prompt, PromptfooFile
from graders.promptfoo.reading import looks_like_promptfoo, read_promptfoo
from graders.promptfoo.writing import Written, write_promptfoo

__all__ = [
    "MAPPED",
    "Case",
    "Prompt",
    "PromptfooFile",
    "Written",
    "looks_like_promptfoo",
    "read_promptfoo",
    "write_promptfoo",
]
