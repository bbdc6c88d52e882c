"""Training sets that grow in Slack: the list of them, what one holds, and training files made of them. Values come as
they shall be shown."""

from collections.abc import Sequence

from texts.formats import enumerated, first_of, listed, number
from texts.language import _, plural


def none_here(shortcut: str) -> str:
    """`shortcut`: its name."""
    return _(
        "There is no training set here yet. Choose {shortcut} in the menu of any message to add its thread to one.",
        shortcut=shortcut,
    )


def size(count: int) -> str:
    return plural("{count} example", "{count} examples", count)


def waiting(count: int) -> str:
    return plural("{count} waits for agreement", "{count} wait for agreement", count)


def unreviewed(count: int) -> str:
    return plural("{count} waits for review", "{count} wait for review", count)


def owned_by(person: str) -> str:
    return _("made by {person}", person=person)


def private() -> str:
    return _("seen only where it was made")


def learned(models: Sequence[str]) -> str:
    return _("Models that learned from it: {models}", models=first_of(models, 5))


def more_learned(count: int) -> str:
    return plural("{count} model that is not seen here", "{count} models that are not seen here", count)


def open_button() -> str:
    return _("Open")


def all_button() -> str:
    return _("All training sets")


def examples_button() -> str:
    return _("Examples")


def back_button() -> str:
    """From the examples of a training set to what is said of all of it."""
    return _("Back to the training set")


def older_button() -> str:
    return _("Older")


def newer_button() -> str:
    return _("Newer")


def page(at: int, pages: int) -> str:
    return _("Page {number} of {pages}", number=at, pages=pages)


def choose(word: str) -> str:
    """Several training sets begin with this word."""
    return _("Several training sets are called something like {word}. Open the one that you mean.", word=word)


def command_hint(command: str) -> str:
    """`command`: what shows the same again."""
    return _("{command} shows this again.", command=command)


def origins(counts: Sequence[str]) -> str:
    """`counts`: of each kind of origin."""
    return _("Comes from: {counts}", counts=enumerated(counts))


def counted(origin: str, count: int) -> str:
    """How many examples came about in one way; a code that nothing is written about stands as it is."""
    match origin:
        case "thread":
            return plural("{count} thread", "{count} threads", count)
        case "support":
            return plural("{count} accepted answer", "{count} accepted answers", count)
        case "generated":
            return plural("{count} example written by a model", "{count} examples written by a model", count)
        case "correction":
            return plural("{count} correction", "{count} corrections", count)
        case "preference":
            return plural("{count} preference", "{count} preferences", count)
        case "arena":
            return plural("{count} vote in an arena", "{count} votes in arenas", count)
    return f"{origin}: {count}"


def origin(code: str) -> str:
    """How one example came about."""
    return {
        "thread": _("from a thread"),
        "correction": _("from a correction"),
        "preference": _("a preference"),
        "arena": _("from votes in an arena"),
        "generated": _("written by a model"),
        "support": _("an accepted answer"),
    }.get(code, code)


def history() -> str:
    return _("History")


def did(when: str, person: str, act: str, times: int) -> str:
    """A line of the history. `act`: as the audit log calls it; done so many `times` in a row."""
    if times == 1:
        return _("{when}: {person} – {act}", when=when, person=person, act=act)
    return _("{when}: {person} – {act} ({times} times)", when=when, person=person, act=act, times=number(times))


def queue_button(count: int) -> str:
    """`count` of examples wait."""
    return plural("Review ({count})", "Review ({count})", count)


def require_review_button() -> str:
    return _("Require review")


def require_no_review_button() -> str:
    return _("Require no review")


def review_required() -> str:
    return _("New examples are used only once somebody other than who added them accepts them.")


def unreviewed_of(collection: str, count: int) -> str:
    """Above the examples that wait for review."""
    return plural(
        "{count} example of {collection} waits for review",
        "{count} examples of {collection} wait for review",
        count,
        collection=collection,
    )


def none_unreviewed(collection: str) -> str:
    return _("No example of {collection} waits for review.", collection=collection)


def waits_for_review() -> str:
    return _("Waits for review")


def accepted_by(person: str) -> str:
    return _("accepted by {person}", person=person)


def accept_button() -> str:
    return _("Accept")


def reject_button() -> str:
    return _("Reject")


def reject_title() -> str:
    return _("Reject this example?")


def reject_question() -> str:
    return _("Its words are erased for good.")


def describe_button() -> str:
    return _("Name and licence")


def describe_title() -> str:
    """At most 24 characters."""
    return _("Name and licence")


def name_label() -> str:
    return _("Name")


def licence_label() -> str:
    return _("Licence")


def licence(note: str) -> str:
    return _("Licence: {note}", note=note)


def licence_hint() -> str:
    return _("A note for whoever trains on it: whose words these are, and what may be done with them.")


def save_button() -> str:
    return _("Save")


def merge_button() -> str:
    return _("Merge into…")


def merge_title() -> str:
    """At most 24 characters."""
    return _("Merge training sets")


def merge_intro(collection: str) -> str:
    return _(
        "All examples of {collection} go into the training set that you choose, and {collection} is gone. Its note "
        "about the licence goes with them.",
        collection=collection,
    )


def merge_label() -> str:
    return _("Into")


def merge_submit() -> str:
    return _("Merge")


def filter_button() -> str:
    return _("Filter…")


def filter_title() -> str:
    """At most 24 characters."""
    return _("Filter examples")


def filter_intro(collection: str) -> str:
    return _(
        "Find examples of {collection} that have something in common. You see how many there are before you move or "
        "remove them.",
        collection=collection,
    )


def contributor_label() -> str:
    return _("Whose words it holds, or who added it")


def origin_label() -> str:
    return _("How it came about")


def model_label() -> str:
    return _("Model that answers in it")


def text_label() -> str:
    return _("Text that is said in it")


def since_label() -> str:
    return _("Added from this day on")


def until_label() -> str:
    return _("Added up to this day")


def date_hint() -> str:
    return _("Days begin at midnight UTC.")


def repeated_label() -> str:
    return _("Duplicates")


def repeated_option() -> str:
    return _("An earlier example says the same")


def new_name_label() -> str:
    return _("Name of a new training set for them")


def new_name_hint() -> str:
    return _("Leave it empty if you only want to look at them or remove them.")


def filter_submit() -> str:
    return _("Find")


def selected(collection: str, count: int, of: int) -> str:
    """`count` of a training set's `of` examples fit a filter."""
    return plural(
        "{count} of the {of} examples of {collection} fits.",
        "{count} of the {of} examples of {collection} fit.",
        count,
        of=number(of),
        collection=collection,
    )


def none_selected(collection: str) -> str:
    return _("No example of {collection} fits.", collection=collection)


def split_button(name: str) -> str:
    return _("Move to “{name}”", name=name)


def remove_selected_button() -> str:
    return _("Remove them")


def remove_selected_title() -> str:
    return _("Remove these examples?")


def remove_selected_question(count: int) -> str:
    return plural(
        "The words of {count} example are erased for good. Models that learned from it keep what they learned.",
        "The words of {count} examples are erased for good. Models that learned from them keep what they learned.",
        count,
    )


def and_more(count: int) -> str:
    """Examples, beyond those that are shown."""
    return plural("and {count} more", "and {count} more", count)


def examples_of(collection: str, count: int) -> str:
    """Above the examples."""
    return plural("{count} example of {collection}", "{count} examples of {collection}", count, collection=collection)


def no_examples(collection: str, shortcut: str) -> str:
    """`shortcut`: its name."""
    return _(
        "{collection} has no examples. Choose {shortcut} in the menu of any message to add its thread.",
        collection=collection,
        shortcut=shortcut,
    )


def asks(text: str) -> str:
    """The first question of an example."""
    return _("Question: {text}", text=text)


def answers(text: str) -> str:
    """Its last answer."""
    return _("Answer: {text}", text=text)


def preferred(text: str) -> str:
    return _("Preferred: {text}", text=text)


def rejected(text: str) -> str:
    return _("Rejected: {text}", text=text)


def added_by(person: str) -> str:
    return _("added by {person}", person=person)


def waits_for(people: Sequence[str]) -> str:
    return _("Waits for the agreement of {people}", people=listed(people))


def remove_button() -> str:
    return _("Remove")


def remove_title() -> str:
    return _("Remove this example?")


def remove_question() -> str:
    return _("Its words are erased for good. Models that learned from it keep what they learned.")


def keep_button() -> str:
    return _("Keep")


def export_button() -> str:
    return _("Make a training file")


def exported(person: str, collection: str, count: int) -> str:
    """`person`: a mention."""
    return plural(
        "{person} makes a training file of {collection}: {count} example. Its report follows in this thread.",
        "{person} makes a training file of {collection}: {count} examples. Their report follows in this thread.",
        count,
        person=person,
        collection=collection,
    )
