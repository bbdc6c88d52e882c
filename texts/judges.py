"""How far a model that judges can be trusted. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import clauses, listed, number
from texts.language import _, plural


def check_button() -> str:
    """Below what came of an evaluation whose grader asks a model."""
    return _("Check the judge")


def question(judges: Sequence[str], answers: int, pairs: int) -> str:
    """`answers`: that people rated; `pairs`: of answers on which they voted."""
    rated = plural("{count} answer that people rated", "{count} answers that people rated", answers)
    voted = plural("{count} pair of answers on which they voted", "{count} pairs of answers on which they voted", pairs)
    said = [one for one, count in ((rated, answers), (voted, pairs)) if count]
    return _("Shall {judges} judge {what} in this channel?", judges=listed(judges), what=listed(said))


def calls(missing: int, cached: int, *, both_orders: bool) -> str:
    """How often the judge is asked, and how often it is not, since its answer is known."""
    said = [plural("the judge is asked {count} time", "the judge is asked {count} times", missing)]
    if both_orders:
        said.append(_("each pair in both orders"))
    if cached:
        said.append(plural("{count} answer is known already", "{count} answers are known already", cached))
    return clauses(*said)


def all_known() -> str:
    return _("It has answered all of this before, so nothing is asked and nothing is spent.")


def ask_button() -> str:
    return _("Ask the judge")


def not_now_button() -> str:
    return _("Not now")


def not_asked() -> str:
    return _("The judge was not asked.")


def too_long_for_button() -> str:
    return _("The rubric is too long for a button. Write it in fewer than 1,500 characters.")


def begun(card: str) -> str:
    """`card`: `its_card()`, as a link."""
    return _("The judge is being asked. See {card}.", card=card)


def check_title() -> str:
    """Over the card of a check."""
    return _("Check of a judge")


def comparison_title() -> str:
    """Over the card of a judge that compares answers."""
    return _("Answers compared by a judge")


def check_started(person: str, judge: str) -> str:
    return _("{person} checks {judge} on what people here said", person=person, judge=judge)


def comparison_started(person: str, judge: str, file: str) -> str:
    return _("{person} has {judge} compare the answers to {file}", person=person, judge=judge, file=file)


def of_answers_and_pairs(done: int, of: int) -> str:
    """How much of it is judged."""
    return plural("{done} of {count} judged", "{done} of {count} judged", of, done=number(done))


def of_pairs(done: int, of: int) -> str:
    return plural("{done} of {count} pair", "{done} of {count} pairs", of, done=number(done))


def cancel_question() -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Cancel this check?"),
        _("The judge is asked no more. What it has said is kept, and costs nothing the next time."),
        _("Cancel the check"),
        _("Go on asking"),
    )


def failed(reason: str) -> str:
    """`reason`: a sentence."""
    return _("The check failed. {reason}", reason=reason)


def title(judges: Sequence[str]) -> str:
    return _("How far {judges} can be trusted as a judge", judges=listed(judges))


def agrees_with_thumbs(n: int, same: str, interval: str) -> str:
    return plural(
        "It agrees with people on {same} of {count} answer that they rated ({interval}).",
        "It agrees with people on {same} of {count} answers that they rated ({interval}).",
        n,
        same=same,
        interval=interval,
    )


def kappa(value: str, interval: str) -> str:
    """Cohen's kappa."""
    return _(
        "Beyond what chance would do: kappa {value} ({interval}); 1 is full agreement, 0 is chance.",
        value=value,
        interval=interval,
    )


def finds_good(judge: str, people: str) -> str:
    """Shares of answers."""
    return _("It finds {judge} of them good; people find {people} good.", judge=judge, people=people)


def agrees_with_votes(n: int, same: str, interval: str) -> str:
    """`same`: of those that it did not call a tie."""
    return plural(
        "Of {count} pair on which people voted, it chose as they did in {same} ({interval}).",
        "Of {count} pairs on which people voted, it chose as they did in {same} ({interval}).",
        n,
        same=same,
        interval=interval,
    )


def left_out(ties: int) -> str:
    """Of the figure before it."""
    return plural(
        "{count} pair that it called a tie is left out of that.",
        "{count} pairs that it called a tie are left out of that.",
        ties,
    )


def flipped(share: str, interval: str) -> str:
    return _(
        "It changed its verdict in {share} of them ({interval}) when the answers changed places.",
        share=share,
        interval=interval,
    )


def longer(judge: str, people: str) -> str:
    """Shares of verdicts."""
    return _("The longer answer won {judge} of the time with it, and {people} with people.", judge=judge, people=people)


def unreadable(count: int) -> str:
    return plural(
        "{count} time it said nothing that can be read as a verdict; that counts as neither.",
        "{count} times it said nothing that can be read as a verdict; that counts as neither.",
        count,
    )


def family(models: Sequence[str]) -> str:
    return _(
        "It is of one family with {models}: judges prefer answers like their own. Take a judge of another family.",
        models=listed(models),
    )


def corrected_heading() -> str:
    return _("Scores, corrected by what people said")


def corrected(model: str, judged: str, corrected: str, interval: str) -> str:
    return _(
        "{model}: {judged} right by the judge, {corrected} as people would see it ({interval})",
        model=model,
        judged=judged,
        corrected=corrected,
        interval=interval,
    )


def how_corrected() -> str:
    return _(
        "Corrected by prediction-powered inference, which takes it that the judge errs on these answers as it does on "
        "those that people rated."
    )


def cannot_judge() -> str:
    """Of no rated answer it said anything that can be read."""
    return _("So nothing can be said of it. A small model often does not keep to what it is asked: take a larger one.")


def few(n: int, wanted: int) -> str:
    """`n`: answers that people rated."""
    return plural(
        "That is little to go by: {count} rated answer, where {wanted} begin to say something. Press the thumbs below "
        "answers, or open an arena with `/finetune arena`.",
        "That is little to go by: {count} rated answers, where {wanted} begin to say something. Press the thumbs below "
        "answers, or open an arena with `/finetune arena`.",
        n,
        wanted=str(wanted),
    )


def pairwise_question(judge: str, file: str, pairs: int) -> str:
    """`file`: what the models were asked."""
    return plural(
        "Shall {judge} say which answer is better, of {count} pair of answers to {file}?",
        "Shall {judge} say which answer is better, of {count} pairs of answers to {file}?",
        pairs,
        judge=judge,
        file=file,
    )


def pairwise_title(judge: str, file: str) -> str:
    return _("Which answers to {file} {judge} prefers", file=file, judge=judge)


def preferred(model: str, base: str, wins: int, losses: int, ties: int) -> str:
    return _(
        "{model} against {base}: won {wins}, lost {losses}, tied {ties}.",
        model=model,
        base=base,
        wins=str(wins),
        losses=str(losses),
        ties=str(ties),
    )


def judged_better(model: str, share: str, interval: str) -> str:
    """`share`: of the pairs, a tie being half of one."""
    return _("The judge prefers {model}: it wins {share} ({interval}).", model=model, share=share, interval=interval)


def judged_worse(model: str, share: str, interval: str) -> str:
    return _(
        "The judge prefers the baseline: {model} wins {share} ({interval}).",
        model=model,
        share=share,
        interval=interval,
    )


def judged_alike(model: str, share: str, interval: str) -> str:
    return _(
        "So many pairs cannot tell: {model} wins {share} ({interval}).", model=model, share=share, interval=interval
    )


def longer_won(share: str, interval: str) -> str:
    """Of those that decided between answers of different lengths."""
    return _("The longer answer won {share} of the time ({interval}).", share=share, interval=interval)


def pairwise_method() -> str:
    """Under what came of it."""
    return _(
        "Each pair was shown in both orders; an answer wins where it does so both times, else it is a tie. How far "
        "this judge agrees with people here says `/finetune judge` in the channel."
    )
