"""Comparing models, side by side and blind. Values come as they shall be shown."""

from texts.language import _, plural

# Side by side


def compare_button() -> str:
    return _("Compare")


def comparing(person: str, models: str) -> str:
    return _("{person} compares {models}", person=person, models=models)


def question(text: str) -> str:
    return _("Question: {text}", text=text)


def ask_on(reply: str) -> str:
    """`reply`: `reply_here()`, in bold."""
    return _("{reply} to ask all of them; each knows what it said itself.", reply=reply)


def reply_here() -> str:
    """The beginning of a sentence, which stands out in it."""
    return _("Reply in this thread")


def waiting() -> str:
    """A model that has not said anything yet."""
    return _("is thinking…")


def writing() -> str:
    """A model whose answer grows."""
    return _("is writing…")


def first_token(seconds: float) -> str:
    """The time to the first word of an answer."""
    return _("first word after {seconds} s", seconds=f"{seconds:.1f}")


def total(seconds: float) -> str:
    """The time an answer took."""
    return _("{seconds} s in all", seconds=f"{seconds:.1f}")


def tokens(asked: int, answered: int) -> str:
    return _("{asked} + {answered} tokens", asked=asked, answered=answered)


def shortened() -> str:
    """Below an answer of which only the beginning stands here."""
    return _("Shortened here; the whole answer is in the file in this thread.")


def whole_answers(question: str) -> str:
    """Beside the file with the whole answers."""
    return _("The whole answers to “{question}”", question=question)


def file_name() -> str:
    """Of the file with the whole answers, without its ending."""
    return _("answers")


def called(call: str) -> str:
    """`call`: the function with its arguments, as code."""
    return _("Calls {call}", call=call)


def cut_off() -> str:
    return _("The connection to the model broke here.")


def ended_at_length() -> str:
    return _("Ends here because it reached the length that the model may write at once.")


def try_again_button() -> str:
    return _("Try again")


def no_answer(why: str) -> str:
    """`why`: a sentence."""
    return _("No answer: {why}", why=why)


def see_there(message: str) -> str:
    """`message`: `this_message()`, as a link."""
    return _("The answers come {message}.", message=message)


def this_message() -> str:
    return _("in this message")


def files_left_out(files: str) -> str:
    return _(
        "Models that are compared read text only, so they do not see {files}. Paste what they should read.", files=files
    )


# The modal


def modal_title() -> str:
    return _("Compare models")


def models_field() -> str:
    return _("Models")


def models_hint() -> str:
    return _("Two to four. Base models and checkpoints can be among them.")


def prompt_field() -> str:
    return _("Question")


def prompt_hint() -> str:
    return _("All of them are asked the same.")


def file_field() -> str:
    return _("Prompts from a file")


def file_hint(count: int) -> str:
    return _("Instead of a question: {count} prompts of it are drawn, for a blind arena with votes.", count=count)


def blind_field() -> str:
    return _("How")


def blind_option() -> str:
    return _("Blind, with votes")


def blind_hint() -> str:
    return _("The answers have no names until you reveal them.")


def submit_button() -> str:
    return _("Ask")


# The arena


def arena_title() -> str:
    return _("Blind arena")


def arena_of(person: str, models: str) -> str:
    return _("{person} lets {models} compete.", person=person, models=models)


def how_to_vote() -> str:
    return _(
        "Which answer is better? Vote below each pair. A vote can be changed until the names are revealed, and each "
        "person has one for each pair."
    )


def prompts_from(count: int, file: str) -> str:
    return plural("{count} prompt, drawn from {file}", "{count} prompts, drawn from {file}", count, file=file)


def learned_from_these(models: str, count: int) -> str:
    """`models`: a list of so many."""
    return plural(
        "{models} was trained on this file and has seen its answers, so it may seem better than it is.",
        "{models} were trained on this file and have seen its answers, so they may seem better than they are.",
        count,
        models=models,
    )


def so_far(posted: int, pairs: int, votes: int, people: int) -> str:
    """How many pairs stand in the thread, and how many votes there are."""
    return _(
        "{posted} of {pairs} pairs are in the thread · votes: {votes} · people: {people}",
        posted=posted,
        pairs=pairs,
        votes=votes,
        people=people,
    )


def when_revealed(votes: int, at: str) -> str:
    """`at`: a moment."""
    return plural(
        "The names are revealed when each pair has {count} vote, or {at}.",
        "The names are revealed when each pair has {count} votes, or {at}.",
        votes,
        at=at,
    )


def what_votes_show(clear: int, clear_votes: int, close: int, close_votes: int) -> str:
    """`clear` and `close`: win rates in percent, and how many votes each takes."""
    return _(
        "What votes can show: to tell a win rate of {close}% from chance takes about {close_votes} votes, {clear}% "
        "about {clear_votes}.",
        clear=clear,
        clear_votes=clear_votes,
        close=close,
        close_votes=close_votes,
    )


def reveal_button() -> str:
    return _("Reveal")


def reveal_question() -> tuple[str, str, str, str]:
    """Heading, text, yes and no."""
    return (
        _("Reveal the names?"),
        _("Nobody can vote after that."),
        _("Reveal"),
        _("Not yet"),
    )


def prompt(number: int, of: int) -> str:
    return _("Prompt {number} of {of}", number=number, of=of)


def answer(number: int) -> str:
    """A heading: which of the two it is."""
    return _("Answer {number}", number=number)


def answer_was(number: int, model: str) -> str:
    return _("Answer {number}: {model}", number=number, model=model)


def first_button() -> str:
    return _("1 is better")


def second_button() -> str:
    return _("2 is better")


def tie_button() -> str:
    return _("Tie")


def bad_button() -> str:
    return _("Both are bad")


def voted(prompt: str, choice: str) -> str:
    """`prompt`: its number; `choice`: the name of a button, in bold."""
    return _(
        "Your vote on prompt {prompt}: {choice}. You can change it until the names are revealed.",
        prompt=prompt,
        choice=choice,
    )


def no_vote() -> str:
    """Instead of a pair of which a model gave no answer; which one it was, and why, would be a hint."""
    return _("There is nothing to vote on here: one of the models gave no answer.")


def votes_were(first: int, second: int, ties: int, bad: int) -> str:
    """How people voted on one pair."""
    return _(
        "Votes: {first} for answer 1, {second} for answer 2, ties: {ties}, both bad: {bad}",
        first=first,
        second=second,
        ties=ties,
        bad=bad,
    )


# What the votes say


def result_title() -> str:
    return _("The names are revealed")


def nobody_voted() -> str:
    return _("Nobody has voted, so there is nothing to say about which is better.")


def votes_counted(votes: int, people: int, ties: int, bad: int) -> str:
    return _(
        "Votes: {votes} · people: {people} · ties: {ties} · both bad: {bad}",
        votes=votes,
        people=people,
        ties=ties,
        bad=bad,
    )


def won(model: str, wins: int, decided: int, rate: str, low: str, high: str) -> str:
    """Rates in percent."""
    return _(
        "{model} won {wins} of {decided} votes that decided: {rate} (95% interval: {low} to {high}).",
        model=model,
        wins=wins,
        decided=decided,
        rate=rate,
        low=low,
        high=high,
    )


def is_clear(model: str) -> str:
    return _("Chance alone would hardly do that: people here prefer {model}.", model=model)


def is_not_clear() -> str:
    return _("The interval includes 50%, so these votes do not show which is better.")


def strength_title() -> str:
    return _("Strength")


def strength_is() -> str:
    return _("Strength is the chance to win against one of the others, by Bradley–Terry; a tie is half a win.")


def strength(place: int, model: str, rate: str, interval: str, wins: int, losses: int, ties: int) -> str:
    """`interval`: `interval()` or `no_interval()`."""
    return _(
        "{place}. {model} {rate} ({interval}) · won {wins}, lost {losses}, tied {ties}",
        place=place,
        model=model,
        rate=rate,
        interval=interval,
        wins=wins,
        losses=losses,
        ties=ties,
    )


def interval(low: str, high: str) -> str:
    return _("95% interval: {low} to {high}", low=low, high=high)


def no_interval() -> str:
    return _("too few votes for an interval")


def agreement(alpha: str, pairs: int) -> str:
    """Krippendorff's alpha."""
    return plural(
        "On the {count} pair with several votes people agree with an alpha of {alpha} (1: always, 0: as by chance).",
        "On the {count} pairs with several votes people agree with an alpha of {alpha} (1: always, 0: as by chance).",
        pairs,
        alpha=alpha,
    )


# Standings


def standings_title() -> str:
    return _("Standings of this channel's arenas")


def no_arenas() -> str:
    return _(
        "There was no arena in this channel yet. Open one on ten prompts of a file: `/finetune arena A B n=10 on "
        "validation.jsonl`"
    )


def arenas_counted(revealed: int) -> str:
    return plural("{count} arena with its names revealed", "{count} arenas with their names revealed", revealed)


def arenas_open(count: int) -> str:
    return plural(
        "{count} arena is still open; its votes do not count here yet.",
        "{count} arenas are still open; their votes do not count here yet.",
        count,
    )
