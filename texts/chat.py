"""Talking to a model in a thread. Values come as Slack shall show them."""

from bot.conversations.conversation import BROKEN, STOPPED
from bot.providers.chat import REFUSAL
from texts.language import _, plural


def opened(person: str, model: str) -> str:
    return _("{person} This thread talks to {model}.", person=person, model=model)


def how_to_talk(reply: str) -> str:
    """`reply`: `reply_here()`, in bold."""
    return _("{reply}, and it answers; it knows what was said in this thread before.", reply=reply)


def reply_here() -> str:
    """The beginning of a sentence, which stands out in it."""
    return _("Reply in this thread")


def starter(question: str) -> str:
    """A question that the model was trained on."""
    return _("A start could be: “{question}”", question=question)


def read_before(count: int, left_out: int) -> str:
    """Of a model that was called into a thread: how many messages of it were read, and how many older ones not."""
    if left_out:
        return plural(
            "It knows the latest message that was written here before; older ones were too much for it.",
            "It knows the latest {count} messages that were written here before; older ones were too much for it.",
            count,
        )
    return plural(
        "It knows the message that was written here before.",
        "It knows the {count} messages that were written here before.",
        count,
    )


def thread_unread(why: str, read: int) -> str:
    """`why`: Slack's error; `read`: messages that were read all the same."""
    if why in ("ratelimited", "rate_limited"):
        return _(
            "Slack lets me read this thread only now and then, and not just now, so it does not know all that was "
            "written here before. Repeat what it should know."
        )
    if why.startswith("missing_scope"):
        return _(
            "I am not allowed to read this thread, so it does not know what was written here before. Repeat what it "
            "should know, or ask an administrator to install the app anew with the scopes of its manifest."
        )
    if read:
        return _("I could not read this thread to its end ({why}). Repeat what it should know.", why=f"`{why}`")
    return _(
        "I could not read this thread ({why}), so it does not know what was written here before. Repeat what it should "
        "know.",
        why=f"`{why}`",
    )


def opened_there(model: str, thread: str) -> str:
    """`thread`: `this_thread()`, as a link."""
    return _("Talk to {model} {thread}.", model=model, thread=thread)


def there_already(model: str, thread: str) -> str:
    """`thread`: `this_thread()`, as a link."""
    return _("You talk to {model} {thread} already.", model=model, thread=thread)


def this_thread() -> str:
    return _("in this thread")


def new_conversation_button() -> str:
    return _("New conversation")


def ask_in_thread(model: str, thread: str) -> str:
    """`thread`: `its_thread()`, as a link."""
    return _("Was that for {model}? It reads what is said {thread}: ask there, please.", model=model, thread=thread)


def its_thread() -> str:
    return _("in its thread")


def file_left_out(file: str, why: str) -> str:
    """`why`: a sentence."""
    return _("The model does not see {file}. {why}", file=file, why=why)


def thinking() -> str:
    """Slack puts the bot's name before it."""
    return _("is thinking…")


# Who changed what


def changed_system(person: str, system: str) -> str:
    return _("{person} gave the model another system message: “{system}”", person=person, system=system)


def removed_system(person: str) -> str:
    return _("{person} took the system message away.", person=person)


def changed_parameters(person: str, parameters: str) -> str:
    return _("{person} set {parameters}.", person=person, parameters=parameters)


def reset_parameters(person: str, parameters: str) -> str:
    return _("{person} left {parameters} to the provider again.", person=person, parameters=parameters)


def changed_functions(person: str, functions: str) -> str:
    return _("{person} set the functions that the model may call: {functions}.", person=person, functions=functions)


def removed_functions(person: str) -> str:
    return _("{person} took all functions away.", person=person)


def changed_model(person: str, model: str) -> str:
    return _("{person} chose another model: from now on {model} answers here.", person=person, model=model)


def functions_dropped(functions: str) -> str:
    """`functions`: the button's name."""
    return _(
        "These look like functions. Press {functions} and choose the file, and the model may call them. If you want to "
        "ask something about it, drop it again with your question.",
        functions=functions,
    )


# How an answer ends


def end_note(finish_reason: str | None) -> str:
    """What stands below an answer that ended for this reason; "" where there is nothing to say."""
    match finish_reason:
        case "content_filter":
            return _("The provider's content filter ended the answer here.")
        case _ if finish_reason == REFUSAL:
            return _("The model refused to answer.")
    return ""


def how_sure() -> str:
    """Above a chart of labels and how likely each is. At most 50 characters."""
    return _("How sure the model is")


def likelihood() -> str:
    """What the bars of that chart show. At most 20 characters."""
    return _("Probability")


def percent_axis() -> str:
    """Beside its bars."""
    return _("percent")


def likelihoods(labels: str) -> str:
    """`labels`: each with its share."""
    return _("How sure it is: {labels}.", labels=labels)


def cut_off(finish_reason: str | None) -> str:
    """Below an answer that ends in the middle."""
    if finish_reason == BROKEN:
        return _("The answer was cut off here: the connection to the model broke.")
    if finish_reason == STOPPED:
        return _("The answer was stopped here.")
    return _("The answer ends here because it reached the length that the model may write at once.")


def continue_button() -> str:
    return _("Continue")


def went_on() -> str:
    return _("The model has gone on with this answer already; it stands further below.")


def nothing_said(finish_reason: str | None) -> str:
    """Instead of an answer, where the model gave none."""
    match finish_reason:
        case "length":
            return _(
                "The model used up the length that it may write at once before it said anything. Ask for less at a "
                "time."
            )
        case "content_filter":
            return _("The provider's content filter withheld the answer. Ask in other words.")
        case _ if finish_reason == STOPPED:
            return _("The model was stopped before it said anything.")
    return _("The model had nothing to say.")


def moved(channel: str) -> str:
    """Above an answer that could not be shown in its thread."""
    return _("I can no longer write in the thread in {channel}, so the model's answer comes here.", channel=channel)


def whole_in_file() -> str:
    """At the end of the beginning of a very long answer."""
    return _("The answer is very long. All of it is in the file below.")


# Why there is none


def warming(model: str) -> str:
    return _("{model} is still warming up. I ask it again by myself; there is nothing to do.", model=model)


def too_long(model: str) -> str:
    return _("That is too long for {model}, together with what was said before.", model=model)


def send_less(chat: str, new_conversation: str) -> str:
    """`chat`, `new_conversation`: the names of the buttons."""
    return _(
        "Send a shorter message, or press {chat} on the model's card, then {new_conversation}.",
        chat=chat,
        new_conversation=new_conversation,
    )


def beginning_deleted(model: str) -> str:
    """Once each time."""
    return _(
        "The older messages of this conversation are no longer kept here, as your administrators have set it. {model} "
        "does not know them any more; tell it again what it needs.",
        model=model,
    )


def beginning_left_out(model: str) -> str:
    """Once in a conversation."""
    return _(
        "This conversation has become longer than {model} can read. From now on it no longer sees the beginning; the "
        "latest question and as much as fits before it, it does.",
        model=model,
    )


def gone(model: str) -> str:
    return _("{model} no longer exists at the provider, so nobody can answer here.", model=model)


def retired(model: str, day: str) -> str:
    return _(
        "The provider shut {model} down on {day}, so nobody can answer here. Its training file, metrics and "
        "evaluations are still here: the file can be trained on another base model.",
        model=model,
        day=day,
    )


def go_on_with_another(model: str) -> str:
    """`model`: the button's name."""
    return _("Press {model} to go on here with another one.", model=model)


# Below an answer


def again() -> str:
    return _("Answer again")


def cost_entry() -> str:
    return _("Tokens and cost")


def again_already() -> str:
    return _("The model has answered this once more already; that stands further below.")


def usage_of_answer(model: str, prompt: str, completion: str, cost: str) -> str:
    """`prompt`, `completion`: numbers of tokens; `cost`: `formats.money`."""
    return _(
        "This answer of {model}: {prompt} tokens read, {completion} written, {cost}.",
        model=model,
        prompt=prompt,
        completion=completion,
        cost=cost,
    )


def usage_unknown(model: str) -> str:
    return _("The provider did not say how many tokens this answer of {model} used.", model=model)


def usage_of_conversation(answers: int, tokens: str, cost: str) -> str:
    return plural(
        "This conversation: {count} answer, {tokens} tokens, {cost}.",
        "This conversation: {count} answers, {tokens} tokens, {cost}.",
        answers,
        tokens=tokens,
        cost=cost,
    )


def first_token(seconds: float) -> str:
    """After `usage_of_answer`."""
    return _("Its first words came after {seconds} s.", seconds=f"{seconds:.1f}")


def usage_of_month(cost: str, unknown: int) -> str:
    """`unknown`: of how many jobs and answers nobody knows the price."""
    if unknown:
        return plural(
            "The whole workspace this month, with its jobs: {cost}, and {count} job or answer of unknown price.",
            "The whole workspace this month, with its jobs: {cost}, and {count} jobs or answers of unknown price.",
            unknown,
            cost=cost,
        )
    return _("The whole workspace this month, with its jobs: {cost}.", cost=cost)


# Functions


def calls(count: int) -> str:
    return plural(
        "The model calls a function. Say what it returns, and it goes on.",
        "The model calls {count} functions. Say what they return, and it goes on.",
        count,
    )


def more_calls(count: int) -> str:
    return plural("And {count} more call.", "And {count} more calls.", count)


def returned() -> str:
    return _("It returns:")


def results_given(person: str) -> str:
    return _("{person} said what comes back; the model goes on below.", person=person)


def gone_on_without(person: str) -> str:
    return _("{person} let the model go on without a result.", person=person)


def give_result_button() -> str:
    return _("Give the result")


def go_on_without_button() -> str:
    return _("Go on without")


def result_title() -> str:
    """At most 24 characters."""
    return _("What it returns")


def result_input(function: str) -> str:
    return _("What {function} returns", function=function)


def result_hint() -> str:
    return _("Text or JSON, as the function would give it. The model reads it as it stands.")


def give_result_submit() -> str:
    return _("Give it")


def results_missing(count: int) -> str:
    """After some of several calls were answered."""
    return plural(
        "Kept. The model goes on once {count} more call has its result.",
        "Kept. The model goes on once {count} more calls have their results.",
        count,
    )
