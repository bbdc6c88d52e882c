"""What an evaluation would do, take and show: mrkdwn, for the question of the command and for the window."""

from bot.evaluations.control import control_items
from bot.evaluations.evaluation import Caveat, Plan
from handlers.blocks.model_name import named
from handlers.blocks.text import bold, code
from texts.evaluations import question as texts
from texts.formats import first_of, sentences


def plan_words(plan: Plan) -> str:
    """A line for each thing."""
    lines = [
        sentences(
            texts.examples(plan.n, plan.n_in_file, code(plan.grader_name)),
            texts.asked_often(plan.samples) if plan.samples > 1 else "",
            texts.general_questions(len(control_items())) if plan.control else "",
        ),
        f"{bold(texts.estimate_heading())} {texts.estimate(plan.usd, plan.seconds)} · "
        f"{texts.answers_to_ask(plan.answers, plan.cached)}",
        texts.detectable(plan.n, *plan.detectable) if plan.detectable and len(plan.models) > 1 else "",
        texts.task(plan.task),
        *(f"⚠️ {said}" for said in map(caveat_words, plan.caveats) if said),
    ]
    return "\n".join(filter(None, lines))


def models_on(plan: Plan) -> str:
    """What would begin, in one line."""
    return texts.question(first_of([named(model) for model in plan.models]), code(plan.file_name))


def caveat_words(caveat: Caveat) -> str:
    """ "" for a kind that is not known here."""
    values = caveat.values
    match caveat.kind:
        case "overlap":
            return texts.overlap(int(values["count"]))
        case "few":
            return texts.few(int(values["n"]))
        case "judge_of_family":
            return texts.judge_of_family(named(str(values["judge"])), named(str(values["model"])))
        case "chose_checkpoints":
            return texts.chose_checkpoints()
        case "no_exact_grader":
            return texts.no_exact_grader()
        case "unusable":
            return texts.unusable(int(values["count"]))
        case "unknown_price":
            return texts.unknown_price(first_of([named(str(model)) for model in values["models"]]))
    return ""
