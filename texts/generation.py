"""Having a model write training examples. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import clauses, listed, number, percent
from texts.language import _, plural

# The window. Slack takes plain text there.


def modal_title() -> str:
    """At most 24 characters."""
    return _("Generate examples")


def start_button() -> str:
    return _("Start")


def teacher_field() -> tuple[str, str, str]:
    """Label, placeholder and hint."""
    return (
        _("Teacher"),
        _("Search models"),
        _("The model that writes the examples. A large one writes better ones."),
    )


def n_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Number of examples"), _("How many are to be written.")


def topics_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Topics"),
        _("What the questions are about, one topic a line: “Returning a parcel”, “Invoices for companies”."),
    )


def document_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Document"),
        _(
            "Text, Markdown, or a channel as Slack exports it. It is cut into passages, each of which is a topic; the "
            "answers keep to what it says. The estimate above leaves it out: its passages cost more."
        ),
    )


def roles_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Who asks"),
        _("One a line: “a new customer in a hurry”, “an accountant”. They make the questions differ."),
    )


def style_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Style of the answers"), _("How they read: length, tone, form of address.")


def imitate_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Examples to imitate"),
        _("A question on a line, its answer below it, an empty line before the next."),
    )


def unanswerable_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Questions that cannot be answered"),
        _("Their answers say so. From them the model learns to make nothing up."),
    )


def share_option(share: float) -> str:
    """In the menu of shares."""
    return _("{share} of them", share=percent(share, 0)) if share else _("No such questions")


def system_field() -> tuple[str, str]:
    """Label and hint."""
    return _("System message"), _("What stands before each example, as you will tell it to the model later.")


def choose_first() -> str:
    """In place of what it would cost."""
    return _("Choose a teacher to see what this will cost.")


def calls(count: int) -> str:
    return plural("the teacher is asked about {count} time", "the teacher is asked about {count} times", count)


# The card


def title() -> str:
    return _("Examples written by a model")


def began(person: str, teacher: str, n: int, topics: int) -> str:
    about = plural("{count} topic", "{count} topics", topics)
    return plural(
        "{person} has {teacher} write {count} example about {about}",
        "{person} has {teacher} write {count} examples about {about}",
        n,
        person=person,
        teacher=teacher,
        about=about,
    )


def done(count: int, of: int) -> str:
    return plural("{done} of {count} example", "{done} of {count} examples", of, done=number(count))


def cancel_question() -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Stop writing?"),
        _("The teacher is asked no more. What it has written so far cannot be kept as a training set."),
        _("Stop"),
        _("Go on writing"),
    )


def failed(reason: str) -> str:
    """`reason`: a sentence."""
    return _("Writing examples failed. {reason}", reason=reason)


def left_out(near_duplicates: int, refused: int, others: int) -> str:
    """Of what was written, how many were dropped."""
    said = []
    if near_duplicates:
        said.append(plural("{count} like another", "{count} like others", near_duplicates))
    if refused:
        said.append(plural("{count} that refused", "{count} that refused", refused))
    if others:
        said.append(plural("{count} that was incomplete", "{count} that were incomplete", others))
    return _("Dropped: {what}", what=clauses(*said))


def fillers(count: int) -> str:
    return plural(
        "{count} answer began with empty words such as “Sure!”, which were taken off.",
        "{count} answers began with empty words such as “Sure!”, which were taken off.",
        count,
    )


# What came of it


def finished(kept: int, teacher: str) -> str:
    return plural(
        "{teacher} has written {count} example.", "{teacher} has written {count} examples.", kept, teacher=teacher
    )


def fewer(kept: int, wanted: int) -> str:
    return _(
        "That is {kept} of {wanted}: what else came was like the rest, or of no use. More topics, more kinds of "
        "people who ask, or a larger teacher bring more.",
        kept=number(kept),
        wanted=number(wanted),
    )


def look_first() -> str:
    return _("Look at a sample before you train on them: a model sounds sure even where it is wrong.")


def sample_button() -> str:
    return _("Look at a sample")


def keep_all_button() -> str:
    return _("Keep as a training set")


# The review


def reviewed(seen: int, of: int) -> str:
    return _("{seen} of {of} examples looked at", seen=number(seen), of=number(of))


def all_seen() -> str:
    return _("Somebody has looked at every example.")


def unanswerable() -> str:
    """Of an example."""
    return _("This question is meant to have no answer.")


def keep_button() -> str:
    return _("Keep")


def edit_button() -> str:
    return _("Edit…")


def drop_button() -> str:
    return _("Drop")


def again_button() -> str:
    return _("Ask again")


def edit_title() -> str:
    """At most 24 characters."""
    return _("Edit an example")


def question_label() -> str:
    return _("Question")


def answer_label() -> str:
    return _("Answer")


def save_button() -> str:
    return _("Save")


# The training set


def set_name(about: Sequence[str]) -> str:
    """What it is called at first. `about`: topics, and the name of a document."""
    return _("Generated: {topics}", topics=listed(about[:3]))


def note(teacher: str, at: str, dropped: int, reviewed: int, of: int) -> str:
    """How it was made, beside its licence. `at`: the day."""
    return _(
        "Written by {teacher} on {at}. Dropped: {dropped}. Looked at by people: {reviewed} of {of}. See the terms of "
        "the model's provider for what may be trained on its answers.",
        teacher=teacher,
        at=at,
        dropped=number(dropped),
        reviewed=number(reviewed),
        of=number(of),
    )
