"""What is asked before an evaluation begins: what it would do, take and show."""

from texts.formats import clauses, money, rough_duration
from texts.language import _, plural


def evaluate_button() -> str:
    return _("Evaluate")


def question(models: str, file: str) -> str:
    """What would begin. `models`: a list."""
    return _("Evaluate {models} on {file}", models=models, file=file)


def start_button() -> str:
    return _("Start")


def change_button() -> str:
    return _("Change…")


def not_now_button() -> str:
    return _("Not now")


def not_started() -> str:
    return _("Not started. Nothing was spent.")


def nothing_spent_yet(start: str) -> str:
    """`start`: `start_button()`, in bold."""
    return _("Nothing is spent before you press {start}.", start=start)


def too_long_for_button() -> str:
    return _("This is too long for a button. Use `/finetune evaluate` alone, and fill in the window.")


def begun(card: str) -> str:
    """`card`: `its_card()`, as a link."""
    return _("The evaluation is running. See {card}.", card=card)


def its_card() -> str:
    """Within a sentence, as a link."""
    return _("its card")


def examples(n: int, of: int, grader: str) -> str:
    """How many examples of the file are asked, and what grades the answers."""
    if n >= of:
        return plural(
            "The only example of the file, graded with {grader}.",
            "All {count} examples of the file, graded with {grader}.",
            n,
            grader=grader,
        )
    return plural(
        "{count} example of {of}, drawn at random, graded with {grader}.",
        "{count} examples of {of}, drawn at random, graded with {grader}.",
        n,
        of=of,
        grader=grader,
    )


def asked_often(samples: int) -> str:
    return plural(
        "Each example is asked once.", "Each example is asked {count} times, and its scores averaged.", samples
    )


def general_questions(count: int) -> str:
    return plural(
        "Besides, {count} general question, which shows what a model may have forgotten.",
        "Besides, {count} general questions, which show what a model may have forgotten.",
        count,
    )


def answers_to_ask(answers: int, cached: int) -> str:
    asked = plural("{count} answer to ask for", "{count} answers to ask for", answers)
    if not cached:
        return asked
    return clauses(asked, plural("{count} known already", "{count} known already", cached))


def estimate_heading() -> str:
    return _("Estimate:")


def estimate(usd: float | None, seconds: float | None) -> str:
    if seconds is None:
        return money(usd)
    time = rough_duration(seconds)
    return clauses(money(usd), time if seconds < 60 else _("about {time}", time=time))


def detectable(n: int, low: float, high: float) -> str:
    """What a comparison of so many examples shows. `low` and `high`: gains, in points."""
    if round(low) == round(high):
        return plural(
            "{count} example is enough to see a gain of about {high} points; a smaller one may stay unseen.",
            "{count} examples are enough to see a gain of about {high} points; a smaller one may stay unseen.",
            n,
            high=round(high),
        )
    return plural(
        "{count} example is enough to see a gain of {low} to {high} points, depending on how often the models "
        "disagree; a smaller one may stay unseen.",
        "{count} examples are enough to see a gain of {low} to {high} points, depending on how often the models "
        "disagree; a smaller one may stay unseen.",
        n,
        low=round(low),
        high=round(high),
    )


def task(kind: str) -> str:
    """What the answers of the file are; "" for text."""
    return {
        "classification": _("The file is a classification: its answers are labels."),
        "calls": _("The answers of the file are function calls."),
        "json": _("The answers of the file are JSON."),
    }.get(kind, "")


def overlap(count: int) -> str:
    return plural(
        "{count} of these examples stands in the training file, too: the fine-tuned model has seen its answer.",
        "{count} of these examples stand in the training file, too: the fine-tuned model has seen their answers.",
        count,
    )


def few(n: int) -> str:
    return plural("With {count} example only a landslide shows.", "With {count} examples only a landslide shows.", n)


def judge_of_family(judge: str, model: str) -> str:
    return _(
        "The judge {judge} and {model} are of one family. A judge prefers answers like its own.",
        judge=judge,
        model=model,
    )


def chose_checkpoints() -> str:
    return _("This file ranked the checkpoints while the job trained, which flatters the best of them.")


def no_exact_grader() -> str:
    return _("The answers are long, so only words in common with the reference are counted. A judge tells more.")


def unusable(count: int) -> str:
    return plural(
        "{count} example cannot be asked and is left out.", "{count} examples cannot be asked and are left out.", count
    )


def unknown_price(models: str) -> str:
    return _("Nobody knows the price of {models}.", models=models)
