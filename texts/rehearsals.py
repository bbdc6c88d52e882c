"""Rehearsals of a training file on a small model, and learning curves."""

from texts.language import _, plural


def rehearse_button() -> str:
    return _("Rehearse")


def rehearse_first_button() -> str:
    """In the modal that starts a job; plain."""
    return _("Rehearse first")


def curve_entry() -> tuple[str, str]:
    """In a menu: what, and a line about it."""
    return _("Learning curve"), _("Would more data help? For nothing")


def curve_button() -> str:
    return _("Learning curve")


def for_real_button() -> str:
    return _("Start for real…")


def offer() -> str:
    """In the modal that starts a job."""
    return _("A small model can learn this file first, for nothing, to show whether it teaches anything.")


def started(file: str, model: str) -> str:
    return _(
        "The rehearsal has begun: {model} learns {file}, which costs nothing. Its card tells what comes of it.",
        file=file,
        model=model,
    )


def curve_started(file: str, model: str) -> str:
    return _(
        "The learning curve has begun: {model} learns a quarter, a half and all of {file}, which costs nothing. Its "
        "card tells what comes of it.",
        file=file,
        model=model,
    )


def linked(person: str, model: str, thread: str) -> str:
    return _(
        "{person} started a rehearsal of this file on {model}, which costs nothing. Follow it in {thread}.",
        person=person,
        model=model,
        thread=thread,
    )


def curve_linked(person: str, model: str, thread: str) -> str:
    return _(
        "{person} started a learning curve of this file on {model}, which costs nothing. Follow it in {thread}.",
        person=person,
        model=model,
        thread=thread,
    )


def wish(person: str, file: str) -> str:
    """What approvers are asked for."""
    return _("{person} would like to rehearse {file}.", person=person, file=file)


# The card


def title(file: str) -> str:
    return _("Rehearsal: {file}", file=file)


def curve_title(file: str) -> str:
    return _("Learning curve: {file}", file=file)


def about(model: str) -> str:
    return _("{model} learns this file, to see what comes of it. It costs nothing.", model=model)


def about_curve(model: str) -> str:
    return _("{model} learns a quarter, a half and all of this file. It costs nothing.", model=model)


def training_one() -> str:
    return _("It is being trained; then it answers examples that it has not seen.")


def training(ended: int, count: int) -> str:
    return _("{ended} of {count} trainings have ended; then all answer the same examples.", ended=ended, count=count)


def evaluating(count: int) -> str:
    return plural("Now {count} example is being answered.", "Now {count} examples are being answered.", count)


def measured_on(count: int) -> str:
    return plural(
        "Measured on {count} example that no model has seen in training.",
        "Measured on {count} examples that no model has seen in training.",
        count,
    )


def all_seen() -> str:
    return _(
        "The file is too small to keep examples back: it was measured on those that the model has seen, which says "
        "nothing about new ones."
    )


def not_evaluated(why: str) -> str:
    return _("What the model has learned could not be measured: {why}", why=why)


def evaluation_cancelled() -> str:
    return _("What the model has learned is not known: the evaluation was cancelled.")


def no_model() -> str:
    return _("No model has come of it.")


def rehearsal_id(name: str) -> str:
    return _("Rehearsal {name}", name=name)


def nothing_to_stop() -> str:
    return _("Nothing of this rehearsal is left to stop.")


def caption() -> str:
    return _("What each training came to; losses at the first step and at the end")


def examples_column() -> str:
    return _("Examples")


def share_column() -> str:
    return _("Share of the file")


def training_loss_column() -> str:
    return _("Training loss")


def held_out_loss_column() -> str:
    return _("Held-out loss")


def score_column() -> str:
    """At most 20 characters, as for what names a line of the chart."""
    return _("Score")


def interval_column() -> str:
    return _("95% interval")


def base_model() -> str:
    return _("base model")


def chart_title() -> str:
    """At most 50 characters."""
    return _("Score by number of examples, with 95% interval")


def low_series() -> str:
    """At most 20 characters."""
    return _("Low end (95%)")


def high_series() -> str:
    """At most 20 characters."""
    return _("High end (95%)")


def score_axis() -> str:
    return _("Score in percent")


# What it says


def ended(person: str, file: str) -> str:
    return _("{person} The rehearsal of {file} is over.", person=person, file=file)


def curve_ended(person: str, file: str) -> str:
    return _("{person} The learning curve of {file} is ready.", person=person, file=file)


def ended_without(person: str, file: str) -> str:
    return _("{person} The rehearsal of {file} has ended without a model.", person=person, file=file)


def learns(before: str, after: str, gain: str, interval: str, count: int) -> str:
    return plural(
        "The file teaches the model: on {count} example it scores {after}, and {before} before ({gain} points, "
        "{interval}).",
        "The file teaches the model: on {count} examples it scores {after}, and {before} before ({gain} points, "
        "{interval}).",
        count,
        before=before,
        after=after,
        gain=gain,
        interval=interval,
    )


def unlearns(before: str, after: str, gain: str, interval: str, count: int) -> str:
    return plural(
        "The model does worse after training: on {count} example it scores {after}, and {before} before ({gain} "
        "points, {interval}). Look at the file before you pay for it.",
        "The model does worse after training: on {count} examples it scores {after}, and {before} before ({gain} "
        "points, {interval}). Look at the file before you pay for it.",
        count,
        before=before,
        after=after,
        gain=gain,
        interval=interval,
    )


def cannot_tell_learning(before: str, after: str, gain: str, interval: str, count: int) -> str:
    return plural(
        "Whether the file teaches the model cannot be told from {count} example: it scores {after}, and {before} "
        "before ({gain} points, {interval}).",
        "Whether the file teaches the model cannot be told from {count} examples: it scores {after}, and {before} "
        "before ({gain} points, {interval}).",
        count,
        before=before,
        after=after,
        gain=gain,
        interval=interval,
    )


def nothing_graded() -> str:
    return _("No answer could be graded, so nothing is known of what the model has learned.")


def more_helps(gain: str, interval: str) -> str:
    return _(
        "More data would help: from half of the examples to all of them the score still changed by {gain} points "
        "({interval}).",
        gain=gain,
        interval=interval,
    )


def more_would_not(gain: str, interval: str) -> str:
    return _(
        "More data of this kind would probably not help much: from half of the examples to all of them the score "
        "changed by {gain} points ({interval}).",
        gain=gain,
        interval=interval,
    )


def more_cannot_tell(gain: str, interval: str, count: int) -> str:
    return plural(
        "Whether more data would help cannot be told with {count} held-out example: from half of the examples to all "
        "of them the score changed by {gain} points ({interval}).",
        "Whether more data would help cannot be told with {count} held-out examples: from half of the examples to all "
        "of them the score changed by {gain} points ({interval}).",
        count,
        gain=gain,
        interval=interval,
    )


def would_be_needed(count: int) -> str:
    return plural(
        "About {count} held-out example would show a change as large as this.",
        "About {count} held-out examples would show a change as large as this.",
        count,
    )


def last_losses(half: str, whole: str) -> str:
    return _(
        "The held-out loss was {half} with half of the examples and {whole} with all; it has no interval.",
        half=half,
        whole=whole,
    )


def curve_not_learned() -> str:
    return _(
        "Half of the examples have made the small model hardly better than it was, so the curve says nothing about "
        "more data. A larger model may learn what this one cannot."
    )


def training_loss(before: str, after: str) -> str:
    return _("Training loss: {before} at the first step, {after} at the end.", before=before, after=after)


def held_out_loss_fell(before: str, after: str, share: str) -> str:
    return _(
        "The loss on examples that were held out fell by {share}, from {before} to {after}: what it learns holds for "
        "new examples, too.",
        before=before,
        after=after,
        share=share,
    )


def held_out_loss_rose(before: str, after: str, share: str) -> str:
    return _(
        "The loss on examples that were held out rose by {share}, from {before} to {after}: what it learns does not "
        "hold for new examples.",
        before=before,
        after=after,
        share=share,
    )


def held_out_loss_stayed(before: str, after: str) -> str:
    return _(
        "The loss on examples that were held out hardly changed, from {before} to {after}.", before=before, after=after
    )


def expected() -> str:
    return _("In the file")


def before() -> str:
    return _("Before")


def after() -> str:
    return _("After")


def small_model() -> str:
    return _("A small model learns less than a large one: what it does learn, a larger one usually learns, too.")
