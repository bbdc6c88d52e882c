"""Moving fine-tuned models to another provider. Values come as they shall be shown."""

from texts.language import _, plural

# The modal


def move_button() -> str:
    return _("Move…")


def modal_title() -> str:
    """At most 24 characters."""
    return _("Move models")


def about_modal() -> str:
    return _(
        "Each model is trained anew at another provider, on its own data and with its own settings. Then both answer "
        "the same examples, and you see the difference before anybody has to change over. Nothing is started before "
        "you have seen what it costs."
    )


def where_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Where to"), _("The base model that the new models are trained from.")


def models_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Which models"), _("First those that stop answering first.")


def not_listed(count: int) -> str:
    """Where a menu has no room for all models."""
    return plural(
        "{count} more model has no room in this list. It comes with the next move, or write `/finetune move NAME`.",
        "{count} more models have no room in this list. They come with the next move, or write `/finetune move NAME`.",
        count,
    )


def show_plan_button() -> str:
    return _("Show the plan")


def until(day: str) -> str:
    """Below a model's name: the day on which it stops answering."""
    return _("Stops answering on {day}", day=day)


# The plan


def question(count: int, provider: str, base: str) -> str:
    return plural(
        "Move this model to {provider}? It is trained there anew, from {base}.",
        "Move these {count} models to {provider}? They are trained there anew, from {base}.",
        count,
        provider=provider,
        base=base,
    )


def plan_caption() -> str:
    """Of the table, for screen readers."""
    return _("Models to be moved")


def model_column() -> str:
    return _("Model")


def until_column() -> str:
    """The day on which a model stops answering."""
    return _("Stops answering")


def file_column() -> str:
    return _("Data")


def settings_column() -> str:
    return _("Settings left out")


def estimate_column() -> str:
    return _("Estimate")


def cannot_move(count: int) -> str:
    """A heading; the models and why follow."""
    return plural("{count} model cannot be moved:", "{count} models cannot be moved:", count)


def not_moved(model: str, why: str) -> str:
    """`why`: a sentence."""
    return _("{model}: {why}", model=model, why=why)


def none_can_be_moved() -> str:
    return _("None of these models can be moved there.")


def about_left_out() -> str:
    return _(
        "Settings left out are numbers that mean something else at the other provider; it chooses them. Epochs, "
        "the data, the validation file, the grader and the name stay."
    )


def compared_on_column() -> str:
    return _("Compared on")


def on_validation(count: int) -> str:
    """Which examples the two models answer: those that validated the old one."""
    return plural("{count} example of the validation file", "{count} examples of the validation file", count)


def on_held_out(count: int) -> str:
    """Those that are taken out of the training file."""
    return plural("{count} example, held out", "{count} examples, held out", count)


def on_training(count: int) -> str:
    """Those of the training file, none of which is held out."""
    return plural("{count} example of the training file", "{count} examples of the training file", count)


def about_held_out() -> str:
    return _(
        "Held out: nothing was kept back when the old model was trained, so a tenth of its file is kept back now. The "
        "old model has seen those examples, the new one has not; that favours the old one."
    )


def about_too_few() -> str:
    return _(
        "A file with fewer than 50 examples is too small to hold anything out. Both models answer what they were "
        "trained on, which says little about new questions."
    )


def then_compared() -> str:
    return _("When one is trained, it and the model that it replaces answer the same examples.")


def parts_of_price(training: str, answers: str) -> str:
    return _(
        "Training: {training}. Answers of old and new models to the same examples: {answers}.",
        training=training,
        answers=answers,
    )


def unknown_total() -> str:
    """In place of a price."""
    return _("nobody knows the price of all of it")


def later(count: int, first: int) -> str:
    """`first`: so many are in this plan."""
    return plural(
        "One move takes {first} models, those that stop answering first. {count} more is left: move it next.",
        "One move takes {first} models, those that stop answering first. {count} more are left: move them next.",
        count,
        first=first,
    )


def start_button() -> str:
    return _("Start the move")


def started(count: int) -> str:
    return plural(
        "{count} model is on its way. A table in the channel shows how it does.",
        "{count} models are on their way. A table in the channel shows how they do.",
        count,
    )


def started_waits(count: int, approvers: str) -> str:
    return plural(
        "The move of {count} model waits for the approval of {approvers}. Nothing is spent before.",
        "The move of {count} models waits for the approval of {approvers}. Nothing is spent before.",
        count,
        approvers=approvers,
    )


def no_time_limit() -> str:
    """In place of the day on which a model stops answering."""
    return _("not announced")


# The card


def title(count: int, provider: str) -> str:
    return plural("{count} model moves to {provider}", "{count} models move to {provider}", count, provider=provider)


def progress(trained: int, evaluated: int, count: int) -> str:
    return plural(
        "{trained} of {count} trained, {evaluated} held against the model that it replaces.",
        "{trained} of {count} trained, {evaluated} held against the models that they replace.",
        count,
        trained=trained,
        evaluated=evaluated,
    )


def caption() -> str:
    """Of the table, for screen readers."""
    return _("Models of this move")


def state_column() -> str:
    return _("Status")


def scores_column() -> str:
    """Of the old model and of its successor."""
    return _("Before → after")


def gain_column() -> str:
    return _("Difference in points")


def evaluating() -> str:
    return _("trained, being compared")


def compared() -> str:
    return _("trained and compared")


def not_compared() -> str:
    return _("trained, not compared")


def in_use() -> str:
    return _("in use")


def scores(before: str, after: str) -> str:
    return _("{before} → {after}", before=before, after=after)


def stop_question() -> tuple[str, str, str, str]:
    """Heading, consequence, and the two answers."""
    return (
        _("Stop what has not ended?"),
        _("All jobs of this move that wait or train are cancelled. What they have cost stays spent; models stay."),
        _("Stop them"),
        _("Let them train"),
    )


def nothing_to_stop() -> str:
    return _("All jobs of this move have ended.")


def started_by(person: str) -> str:
    return _("Started by {person}", person=person)


def move_id(name: str) -> str:
    return _("Move {name}", name=name)


def adopt_button() -> str:
    """At most 24 characters or so: makes the successor the channel's current model."""
    return _("Use it here")


def adopt_question(old: str, new: str) -> tuple[str, str, str, str]:
    """Heading, consequence, and the two answers."""
    return (
        _("Use the new model here?"),
        _(
            "{new} becomes the model that this channel is offered first, in place of {old}. Then you are asked about "
            "threads and evaluations that use the old one.",
            new=new,
            old=old,
        ),
        _("Use it"),
        _("Not yet"),
    )


def other_offers_button(count: int) -> str:
    """`count`: of new models for which a message has no room."""
    return plural("Show {count} more", "Show {count} more", count)


def other_offers(count: int) -> str:
    """A heading; they follow, each with its button."""
    return plural("{count} more new model", "{count} more new models", count)


def favours_the_old() -> str:
    """Below the differences, where examples were held out."""
    return _(
        "Where a part of the training file was held out, the old model has seen those examples and the new one has "
        "not. That favours the old one."
    )


def adopted_by(new: str, person: str) -> str:
    return _("{new} is in use here; {person} decided so.", new=new, person=person)


def no_comparison(new: str, why: str) -> str:
    """`why`: a sentence, or nothing."""
    return _("{new} could not be held against the old model. {why}", new=new, why=why)


def old_one_is_gone() -> str:
    return _("The old model answers no more, so only the new one was asked.")


# In the thread


def wish(person: str, count: int, provider: str) -> str:
    return plural(
        "{person} wants to move {count} model to {provider}: it is trained there anew.",
        "{person} wants to move {count} models to {provider}: they are trained there anew.",
        count,
        person=person,
        provider=provider,
    )


def linked(person: str, count: int, provider: str, thread: str) -> str:
    """`thread`: `texts.notices.its_own_thread`, as a link."""
    return plural(
        "{person} moves {count} model to {provider}. Follow it in {thread}.",
        "{person} moves {count} models to {provider}. Follow them in {thread}.",
        count,
        person=person,
        provider=provider,
        thread=thread,
    )


def not_approved(person: str, decision: str) -> str:
    """`decision`: who declined it, as a sentence."""
    return _("{person} {decision} Nothing was spent.", person=person, decision=decision)


def ended(person: str, count: int, provider: str) -> str:
    """`count`: successors that were made."""
    return plural(
        "{person} The move to {provider} is done: {count} new model is ready.",
        "{person} The move to {provider} is done: {count} new models are ready.",
        count,
        person=person,
        provider=provider,
    )


def ended_without(person: str, provider: str) -> str:
    return _(
        "{person} The move to {provider} has ended, and none of its jobs has made a model.",
        person=person,
        provider=provider,
    )


def better(count: int) -> str:
    return plural("{count} is better than before.", "{count} are better than before.", count)


def worse(count: int) -> str:
    return plural("{count} is worse than before.", "{count} are worse than before.", count)


def cannot_tell(count: int) -> str:
    return plural("Of {count} the examples cannot tell.", "Of {count} the examples cannot tell.", count)


def not_made(count: int) -> str:
    return plural("{count} was not trained.", "{count} were not trained.", count)


def decide_below(adopt: str) -> str:
    """`adopt`: the button's name."""
    return _("Press {adopt} where the channel shall go on with a new one.", adopt=adopt)
