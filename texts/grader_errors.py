"""Why a grader cannot be read, or cannot grade an answer, and what to do. A function marked with `@ERRORS.sentence`
says one kind of error: its name is the kind, its parameters are the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

from collections.abc import Sequence
from typing import Final

from graders.errors import GradeFault, GraderError
from texts.formats import enumerated
from texts.language import _, plural
from texts.sentences import Sentences

ERRORS: Final = Sentences()


def sentence(error: GradeFault | GraderError) -> str:
    return ERRORS.say(error.kind, error.values) or str(error)


# Reading one


@ERRORS.sentence
def grader_missing() -> str:
    return _("Reinforcement fine-tuning needs a grader, which says how good an answer is: `grader='{…}'`, as JSON.")


@ERRORS.sentence
def grader_not_json(example: str) -> str:
    return _("The grader is JSON, such as {example}.", example=example)


@ERRORS.sentence
def grader_unlike_protocol(problem: str) -> str:
    """`problem`: in the words of the JSON library."""
    return _("The grader does not fit the protocol: {problem}.", problem=problem)


@ERRORS.sentence
def grader_range() -> str:
    return _("The grader's range goes from its lower to its upper end, such as [0, 1].")


@ERRORS.sentence
def grader_labels(labels: Sequence[str]) -> str:
    return _("These passing labels are none of the grader's labels: {labels}.", labels=enumerated(labels))


@ERRORS.sentence
def grader_not_for_training(name: str) -> str:
    return _(
        "The grader {name} is not one that the protocol has for training. It has string_check, text_similarity, "
        "score_model, python, and multi of these, without a threshold.",
        name=name,
    )


@ERRORS.sentence
def grader_formula(formula: str) -> str:
    return _("The formula {formula} cannot be read.", formula=formula)


@ERRORS.sentence
def grader_formula_part(part: str) -> str:
    """`part`: what Python calls it."""
    return _(
        "A formula has names of graders, numbers, + - * / ^, min, max, abs, floor, ceil, exp, sqrt and log. This one "
        "has something else ({part}).",
        part=part,
    )


@ERRORS.sentence
def grader_formula_name(name: str) -> str:
    return _("The formula names {name}, and no grader has that name.", name=name)


@ERRORS.sentence
def grader_formula_arguments(function: str) -> str:
    return _("In the formula, {function} takes one value (min and max take several).", function=function)


@ERRORS.sentence
def grader_pattern(pattern: str, problem: str) -> str:
    """`problem`: in RE2's words."""
    return _(
        "The pattern {pattern} cannot be used: {problem}. Patterns follow RE2, without lookaround and backreferences.",
        pattern=pattern,
        problem=problem,
    )


@ERRORS.sentence
def grader_schema(problem: str) -> str:
    """`problem`: in the words of the library."""
    return _("The JSON schema cannot be used: {problem}.", problem=problem.rstrip(".。"))


@ERRORS.sentence
def grader_file_too_large() -> str:
    return _("The file holds more tests than can be read at once. Split it.")


@ERRORS.sentence
def grader_file_not_yaml(line: int) -> str:
    return _("The file is not YAML: see line {line}.", line=line)


@ERRORS.sentence
def grader_file_not_promptfoo() -> str:
    return _("The file is no Promptfoo configuration: those have `prompts` and `tests`.")


@ERRORS.sentence
def grader_file_not_eval() -> str:
    return _("The file is no OpenAI eval: those have `testing_criteria`.")


@ERRORS.sentence
def grader_template(template: str) -> str:
    return _(
        "The grader's {template} stands for nothing. There are {item}, a field of the example, and {text}, {json} and "
        "{tools}, what the model said.",
        template=f"{{{{{template}}}}}",
        item="{{item.…}}",
        text="{{sample.output_text}}",
        json="{{sample.output_json…}}",
        tools="{{sample.output_tools}}",
    )


@ERRORS.sentence
def grader_too_long() -> str:
    return _("The Python grader is longer than the 256 kB that providers take.")


@ERRORS.sentence
def grader_syntax(line: int, problem: str) -> str:
    """`problem`: in Python's words."""
    return _("The Python grader has a mistake in line {line}: {problem}.", line=line, problem=problem)


@ERRORS.sentence
def grader_not_python() -> str:
    return _("The Python grader cannot be read as Python.")


@ERRORS.sentence
def grader_arguments() -> str:
    return _("The Python grader's function takes two arguments: `grade(sample, item)`.")


@ERRORS.sentence
def grader_no_function() -> str:
    return _("The Python grader has no function `grade(sample, item)` that returns a number.")


# Grading


@ERRORS.sentence
def grader_answer_not_json() -> str:
    return _("The answer is not JSON, which the grader reads.")


@ERRORS.sentence
def grader_nothing_there(template: str) -> str:
    return _("There is nothing at {template} for the grader to read.", template=f"{{{{{template}}}}}")


@ERRORS.sentence
def grader_nothing_to_find() -> str:
    return _("The text that the answer should contain is empty.")


@ERRORS.sentence
def grader_item_not_json() -> str:
    return _("The example's answer is not JSON, which the grader compares.")


@ERRORS.sentence
def grader_no_choice(letters: str) -> str:
    return _("The answer chooses none of the letters {letters}, or several.", letters=letters)


@ERRORS.sentence
def grader_no_choice_in_item(letters: str) -> str:
    return _("The example's answer is none of the letters {letters}, or several.", letters=letters)


@ERRORS.sentence
def grader_no_number() -> str:
    return _("The answer has no number in it.")


@ERRORS.sentence
def grader_no_number_in_item() -> str:
    return _("The example's answer has no number in it.")


@ERRORS.sentence
def grader_calls_of_answer() -> str:
    return _("The answer's function calls cannot be read.")


@ERRORS.sentence
def grader_calls_of_item() -> str:
    return _("The example's function calls cannot be read: each has a `name` and `arguments`.")


@ERRORS.sentence
def grader_tools() -> str:
    return _("The example's tools cannot be read: each has a `name` and `parameters`.")


@ERRORS.sentence
def grader_formula_result(formula: str) -> str:
    return _("The formula {formula} gives no number for this answer.", formula=formula)


@ERRORS.sentence
def grader_judge_failed(model: str, problem: str) -> str:
    """`problem`: in the words of whoever was asked."""
    return _("The judge {model} did not answer: {problem}.", model=model, problem=problem.rstrip(".。"))


@ERRORS.sentence
def grader_judge_unreadable(model: str, said: str) -> str:
    return _("The judge {model} did not give a grade, but said: {said}", model=model, said=said)


@ERRORS.sentence
def grader_judge_out_of_range(model: str, score: float, low: float, high: float) -> str:
    return _(
        "The judge {model} gave {score}, which is not from {low} to {high}.",
        model=model,
        score=f"{score:g}",
        low=f"{low:g}",
        high=f"{high:g}",
    )


@ERRORS.sentence
def grader_content(type: str) -> str:
    return _("A message to the judge holds {type}; only text can be sent.", type=type)


@ERRORS.sentence
def grader_python_too_slow(seconds: int) -> str:
    return plural(
        "The Python grader was ended after {count} second.",
        "The Python grader was ended after {count} seconds.",
        seconds,
    )


@ERRORS.sentence
def grader_python_failed(problem: str) -> str:
    """`problem`: in Python's words."""
    return _("The Python grader failed: {problem}.", problem=problem.rstrip(".。"))


# Not to be had here


@ERRORS.sentence
def grader_python_off() -> str:
    return _(
        "Python graders run only where an administrator has put their source into the folder for graders. This one is "
        "not there."
    )


@ERRORS.sentence
def grader_asks_a_model(model: str) -> str:
    return _("This grader asks the model {model}, which is not possible here.", model=model)


@ERRORS.sentence
def grader_no_logprobs() -> str:
    return _("The model's provider gives no log probabilities, so there is no such figure.")


@ERRORS.sentence
def grader_no_embeddings() -> str:
    return _("There is no model for embeddings here, so there is no cosine similarity.")


@ERRORS.sentence
def grader_embedding_failed(model: str, problem: str) -> str:
    """`problem`: in the words of whoever was asked."""
    return _("The model {model} gave no embedding: {problem}.", model=model, problem=problem.rstrip(".。"))


@ERRORS.sentence
def grader_meteor_english() -> str:
    return _("METEOR is for English only.")


@ERRORS.sentence
def grader_meteor_wordnet() -> str:
    return _("METEOR needs the dictionary WordNet, which is not installed here.")
