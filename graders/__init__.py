"""Graders: what says how good an answer is, written once for evaluations, for the trainer's endpoints, and for
reinforcement fine-tuning. JSON of OpenAI's shapes and of ours beyond them, read, checked, and carried out."""

from graders.errors import GradeFault, GraderError
from graders.grader import EXAMPLE, Grader, fits_training, judges, needs_model
from graders.grading import Embedder, grade, grade_with, passes, unavailable
from graders.named import NAMED, named
from graders.python import trusted_sources
from graders.reading import as_json, grader_of, read_grader
from graders.sample import Grade, Judge, Sample, TokenLogprob, judge_failed

__all__ = [
    "EXAMPLE",
    "NAMED",
    "Embedder",
    "Grade",
    "GradeFault",
    "Grader",
    "GraderError",
    "Judge",
    "Sample",
    "TokenLogprob",
    "as_json",
    "fits_training",
    "grade",
    "grade_with",
    "grader_of",
    "judge_failed",
    "judges",
    "named",
    "needs_model",
    "passes",
    "read_grader",
    "trusted_sources",
    "unavailable",
]
