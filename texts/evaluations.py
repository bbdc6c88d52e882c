"""Evaluating models: what is asked before money is spent, how far it is, and what came of it. Values come as they shall
be shown; buttons, menus and tables of Slack take plain text."""

from texts.formats import clauses, money, number, percent, rough_duration
from texts.language import _, plural

# Before it begins


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
    return clauses(money(usd), _("about {time}", time=rough_duration(seconds)))


def detectable(n: int, low: float, high: float) -> str:
    """What a comparison of so many examples shows. `low` and `high`: gains, in points."""
    if round(low) == round(high):
        return plural(
            "{count} example shows a gain of about {high} points; a smaller one stays unseen.",
            "{count} examples show a gain of about {high} points; a smaller one stays unseen.",
            n,
            high=round(high),
        )
    return plural(
        "{count} example shows a gain of {low} to {high} points, depending on how often the models disagree; a "
        "smaller one stays unseen.",
        "{count} examples show a gain of {low} to {high} points, depending on how often the models disagree; a "
        "smaller one stays unseen.",
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


# The window


def modal_title() -> str:
    """At most 24 characters."""
    return _("Evaluate models")


def models_field() -> tuple[str, str, str]:
    """Label, placeholder and hint."""
    return (
        _("Models"),
        _("Search models"),
        _("The first is the one that the others are compared with. One model alone is measured, and not compared."),
    )


def file_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("File"),
        _("Examples that the models have not learned from, with the right answers: a validation file."),
    )


def own_file_option() -> str:
    """In the menu of files: the one that validated the job."""
    return _("The job's validation file")


def grader_field() -> tuple[str, str]:
    """Label and hint."""
    return (_("Grader"), _("What says whether an answer is right."))


def fitting_option() -> str:
    """In the menu of graders."""
    return _("What fits the file")


def typed_option() -> str:
    """In the menu of graders: the one in the field below."""
    return _("JSON, below")


def json_field() -> tuple[str, str]:
    """Label and hint."""
    return (_("Grader as JSON"), _("As OpenAI's graders, or one of ours beyond them."))


def n_field(n: int) -> tuple[str, str]:
    """Label and hint. `n`: how many are taken where nobody says."""
    return (
        _("Examples"),
        _("How many examples are drawn. {n} if left empty, or all where there are fewer.", n=n),
    )


def samples_field() -> tuple[str, str]:
    """Label and hint."""
    return (_("Answers for each example"), _("More than one shows how much answers vary. 1 if left empty."))


def choose_first() -> str:
    """In place of the plan."""
    return _("Choose a model, and what it shall be asked.")


# While it runs


def title(count: int) -> str:
    """Over the card of an evaluation of so many models."""
    return plural("Evaluation of {count} model", "Evaluation of {count} models", count)


def started(person: str, models: str, file: str) -> str:
    return _("{person} evaluates {models} on {file}", person=person, models=models, file=file)


def state(name: str) -> str:
    return {
        "running": _("Running"),
        "paused": _("Paused"),
        "cancelled": _("Cancelled"),
        "finished": _("Finished"),
        "failed": _("Failed"),
    }[name]


def of_answers(done: int, of: int) -> str:
    return plural("{done} of {count} answer", "{done} of {count} answers", of, done=done)


def by_model(model: str, done: int, failed: int) -> str:
    if not failed:
        return _("{model}: {done}", model=model, done=number(done))
    return plural("{model}: {done}, {count} failed", "{model}: {done}, {count} failed", failed, model=model, done=done)


def cost_so_far(usd: float, *, unknown: bool) -> str:
    """`unknown`: some models have no known price."""
    if unknown and not usd:
        return _("cost so far: unknown")
    return _("cost so far: {usd}", usd=money(usd))


def known_before(count: int) -> str:
    return plural("{count} known before, at no cost", "{count} known before, at no cost", count)


def time_left(seconds: float) -> str:
    return _("about {time} left", time=rough_duration(seconds))


def is_grading() -> str:
    return _("All answers are there; the figures are being worked out.")


def why(reason: str) -> str:
    """`reason`: a sentence."""
    return _("Why: {reason}", reason=reason)


def pause_button() -> str:
    return _("Pause")


def resume_button() -> str:
    return _("Resume")


def cancel_button() -> str:
    return _("Cancel")


def cancel_question() -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Cancel this evaluation?"),
        _("No more models are asked. Answers that are there are kept, and cost nothing the next time."),
        _("Cancel it"),
        _("Go on"),
    )


def try_failed_button() -> str:
    return _("Ask failed ones again")


# What came of it


def better(model: str, base: str, right: str, base_right: str, gain: str, interval: str, n: int) -> str:
    """The first sentence. `gain` and `interval` in points."""
    return _(
        "{model} is better than {base}: {right} against {base_right}, {gain} points ({interval}), n={n}.",
        model=model,
        base=base,
        right=right,
        base_right=base_right,
        gain=gain,
        interval=interval,
        n=n,
    )


def worse(model: str, base: str, right: str, base_right: str, gain: str, interval: str, n: int) -> str:
    return _(
        "{model} is worse than {base}: {right} against {base_right}, {gain} points ({interval}), n={n}.",
        model=model,
        base=base,
        right=right,
        base_right=base_right,
        gain=gain,
        interval=interval,
        n=n,
    )


def cannot_tell(model: str, base: str, right: str, base_right: str, gain: str, interval: str, n: int) -> str:
    return _(
        "{model} and {base}: cannot tell which is better. {right} against {base_right}, {gain} points "
        "({interval}), n={n}.",
        model=model,
        base=base,
        right=right,
        base_right=base_right,
        gain=gain,
        interval=interval,
        n=n,
    )


def alike(model: str, base: str, right: str, n: int) -> str:
    """Neither did better on a single example."""
    return _(
        "{model} and {base} did equally well on each example: {right}, n={n}.",
        model=model,
        base=base,
        right=right,
        n=n,
    )


def nothing_graded(model: str) -> str:
    return _("{model} could not be graded on any example.", model=model)


def would_be_needed(n: int) -> str:
    return plural(
        "To tell so small a difference about {count} example would be needed.",
        "To tell so small a difference about {count} examples would be needed.",
        n,
    )


def shares_of_right(grader: str) -> str:
    """What the figures are."""
    return _("Figures are the share of right answers, as {grader} grades them, with 95% intervals.", grader=grader)


def mean_scores(grader: str) -> str:
    """What the figures are, where a grader gives more than right or wrong."""
    return _("Figures are mean scores of {grader}, from 0% to 100%, with 95% intervals.", grader=grader)


def alone(model: str, right: str, interval: str, n: int) -> str:
    """Of one model that was compared with none."""
    return _("{model}: {right} ({interval}), n={n}.", model=model, right=right, interval=interval, n=n)


def confidence(low: str, high: str) -> str:
    """A 95% interval."""
    return _("95%: {low} to {high}", low=low, high=high)


def no_interval() -> str:
    return _("no interval from so few")


def points(gain: float) -> str:
    """ "+11.5" for 0.115, "+11" for 0.11."""
    return f"{round(100 * gain, 1) + 0.0:+.1f}".removesuffix(".0")  # never "-0"


def score(value: float | None) -> str:
    """ "32.5%" for 0.325, "32%" for 0.32."""
    return percent(value).replace(".0%", "%")


def table_caption() -> str:
    return _("Scores, with 95% intervals")


def model_column() -> str:
    return _("Model")


def score_column() -> str:
    return _("Score")


def right_column() -> str:
    """The share of answers that count as right, where the grader gives scores."""
    return _("Right")


def low_column() -> str:
    return _("from")


def high_column() -> str:
    return _("to")


def gain_column() -> str:
    return _("Gain, points")


def p_column() -> str:
    """The p-value, corrected for several comparisons."""
    return _("p")


def better_column() -> str:
    return _("Better on")


def worse_column() -> str:
    return _("Worse on")


def failed_column() -> str:
    return _("Failed")


def holm() -> str:
    return _("Several models were compared, so p-values are corrected by Holm's method.")


def classes_caption(model: str) -> str:
    return _("By label: {model}", model=model)


def class_column() -> str:
    return _("Label")


def precision_column() -> str:
    return _("Precision")


def recall_column() -> str:
    return _("Recall")


def f1_column() -> str:
    return _("F1")


def count_column() -> str:
    return _("Examples")


def classified(model: str, accuracy: str, macro_f1: str, weighted_f1: str) -> str:
    return _(
        "{model}: accuracy {accuracy}, macro F1 {macro_f1}, weighted F1 {weighted_f1}",
        model=model,
        accuracy=accuracy,
        macro_f1=macro_f1,
        weighted_f1=weighted_f1,
    )


def areas(auroc: str, auprc: str) -> str:
    return _("AUROC {auroc}, AUPRC {auprc}", auroc=auroc, auprc=auprc)


def calibration(ece: str, brier: str) -> str:
    return _("calibration error {ece}, Brier {brier}", ece=ece, brier=brier)


def forgets(model: str, base: str, before: str, after: str, n: int) -> str:
    """On the control set."""
    return plural(
        "{model} forgets: on {count} general question it has {after} right, where {base} has {before}.",
        "{model} forgets: on {count} general questions it has {after} right, where {base} has {before}.",
        n,
        model=model,
        base=base,
        before=before,
        after=after,
    )


def forgets_nothing(model: str, base: str, before: str, after: str, n: int) -> str:
    return plural(
        "No sign that {model} forgets: {after} right on {count} general question, {base} {before}.",
        "No sign that {model} forgets: {after} right on {count} general questions, {base} {before}.",
        n,
        model=model,
        base=base,
        before=before,
        after=after,
    )


def chosen(model: str, score: str, interval: str, n: int) -> str:
    """The best of several checkpoints."""
    return _(
        "Of the checkpoints {model} is best: chosen on one half of the examples, it reaches {score} on the other "
        "({interval}), n={n}.",
        model=model,
        score=score,
        interval=interval,
        n=n,
    )


def slices_title() -> str:
    return _("Where it differs")


def slice_line(name: str, value: str, before: str, after: str, gain: str, n: int) -> str:
    return _(
        "{name} {value}: {before} → {after} ({gain} points, n={n})",
        name=name,
        value=value,
        before=before,
        after=after,
        gain=gain,
        n=n,
    )


def slice_name(name: str) -> str:
    """By what the examples are parted; "" for a name that the file gives."""
    return {
        "label": _("label"),
        "length": _("length"),
        "tag": _("tag"),
        "language": _("language"),
    }.get(name, "")


def differences_title() -> str:
    return _("The most telling differences")


def got_worse(line: int) -> str:
    return _("Line {line}: was right, is wrong now", line=line)


def got_better(line: int) -> str:
    return _("Line {line}: was wrong, is right now", line=line)


def differs(line: int) -> str:
    return _("Line {line}", line=line)


def asked(text: str) -> str:
    return _("Question: {text}", text=text)


def reference(text: str) -> str:
    return _("In the file: {text}", text=text)


def answered(model: str, text: str) -> str:
    return _("{model}: {text}", model=model, text=text)


def said_nothing() -> str:
    return _("no answer")


def all_answers_button() -> str:
    return _("All answers")


def promote_button() -> str:
    return _("Promote")


def ask_more_button() -> str:
    return _("Ask more")


def another_grader_button() -> str:
    return _("With another grader")


def repeat_button() -> str:
    return _("Repeat weekly")


def promote_question(model: str) -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Make it this channel's model?"),
        _("Chat and Home offer {model} first in this channel from now on.", model=model),
        _("Promote"),
        _("Not now"),
    )


def promoted(person: str, model: str) -> str:
    return _("{person} made {model} this channel's model. Chat offers it first.", person=person, model=model)


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


def failed(reason: str) -> str:
    """`reason`: a sentence."""
    return _("The evaluation failed. {reason}", reason=reason)


# Graders that people bring as files


def grader_file(name: str, grader: str) -> str:
    """`grader`: its type and name."""
    return _("{name} is a grader: {grader}.", name=name, grader=grader)


def promptfoo_file(name: str, tests: int) -> str:
    return plural(
        "{name} is a Promptfoo file with {count} test.",
        "{name} is a Promptfoo file with {count} tests.",
        tests,
        name=name,
    )


def openai_eval_file(name: str, items: int) -> str:
    return plural(
        "{name} is an eval of OpenAI's with {count} item.",
        "{name} is an eval of OpenAI's with {count} items.",
        items,
        name=name,
    )


def wrong_grader(name: str, why: str) -> str:
    """`why`: a sentence."""
    return _("{name} looks like a grader, and cannot be used. {why}", name=name, why=why)


def no_grader_in_it() -> str:
    return _("Nothing is left in it that could grade an answer here.")


def left_out() -> str:
    """Over a list."""
    return _("Left out:")


def and_more(count: int) -> str:
    """At the end of a list."""
    return plural("and {count} more", "and {count} more", count)


def evaluate_with_button() -> str:
    return _("Evaluate with it")


def or_type_it(command: str) -> str:
    """`command`: as code."""
    return _("Or type {command}.", command=command)
