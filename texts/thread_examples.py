"""Adding a thread to a training set: the preview, and what came of it. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import first_of, listed
from texts.language import _, plural


def title() -> str:
    return _("Add to training set")


def shortcut() -> str:
    """What is chosen in a message's menu, in every language: Slack knows one name for it, the manifest's."""
    return "Add to training set"


def looking() -> str:
    return _("this thread")


def add_button() -> str:
    return _("Add")


def intro() -> str:
    return _(
        "This thread becomes one example: what is asked, and what should be answered. Change what is not right; what "
        "you leave out is not kept."
    )


def goes_up_to_chosen() -> str:
    return _("Chosen on an answer, it ends with that answer; on any other message, with the last one.")


def older_left_out(count: int) -> str:
    return plural(
        "The thread is long: {count} older message is left out.",
        "The thread is long: {count} older messages are left out.",
        count,
    )


def not_read_to_the_end(code: str) -> str:
    """`code`: Slack's error."""
    return _("Slack did not let me read all of the thread ({code}).", code=code)


def private_needs_agreement(people: Sequence[str]) -> str:
    """`people`: those who are asked."""
    if not people:
        return _("This is private: the example can be seen and used only here.")
    return _(
        "This is private: the example can be seen and used only here, and only once {people} agreed.",
        people=listed(people),
    )


def collection_label() -> str:
    return _("Training set")


def new_collection() -> str:
    return _("A new one")


def name_label() -> str:
    return _("Name of the new one")


def name_hint() -> str:
    return _("Only where you chose a new one.")


def default_name() -> str:
    return _("From threads")


def mask_option() -> str:
    return _("Mask names and secrets")


def mask_description() -> str:
    return _("Also what you type below.")


def show_option() -> str:
    return _("Show what was masked")


def nothing_masked() -> str:
    return _("Nothing here looks like a name, a secret or personal data.")


def masked(kinds: Sequence[str]) -> str:
    return _("Masked: {kinds}.", kinds=listed(kinds))


def counted(kind: str, count: int) -> str:
    """`kind`: as `training_files.masking` has it."""
    match kind:
        case "name":
            return plural("{count} name", "{count} names", count)
        case "link":
            return plural("{count} link", "{count} links", count)
        case "mail address":
            return plural("{count} mail address", "{count} mail addresses", count)
        case "phone number":
            return plural("{count} phone number", "{count} phone numbers", count)
        case "card number":
            return plural("{count} card number", "{count} card numbers", count)
        case "bank account number":
            return plural("{count} bank account number", "{count} bank account numbers", count)
        case "identity number":
            return plural("{count} identity number", "{count} identity numbers", count)
    return plural("{count} secret", "{count} secrets", count)


def not_found_by_shape() -> str:
    return _(
        "Names of people who do not write here, street addresses and passwords in a sentence are not found: look "
        "yourself."
    )


def system_label() -> str:
    return _("System message")


def said_by(name: str) -> str:
    return _("{name} wrote", name=name)


def said_by_model(name: str) -> str:
    return _("{name} answered", name=name)


def text_label(number: int) -> str:
    return _("Turn {number}", number=number)


def goes_on_label(number: int) -> str:
    return _("Turn {number}, continued", number=number)


def role(role: str) -> str:
    return {"user": _("Asks"), "assistant": _("Answers")}.get(role) or _("Left out")


def added(collection: str, size: int) -> str:
    return plural(
        "Added to {collection}, which now has {count} example.",
        "Added to {collection}, which now has {count} examples.",
        size,
        collection=collection,
    )


def waits_for_review() -> str:
    return _("It is used once somebody else has accepted it.")


def can_withdraw(command: str) -> str:
    """`command`: as it is typed."""
    return _("Everybody whose words are in it can take them back with {command}.", command=command)


def not_while_masked_off() -> str:
    return _("Names and secrets were not masked.")


def asks_to_agree(by: str, collection: str, people: Sequence[str]) -> str:
    """`by`, `people`: mentions."""
    return _(
        "{by} added this thread to {collection}, a training set that only this channel sees. It holds words of "
        "{people}. Nothing is learned from it before all of them agree that what they say in this channel may be used "
        "here.",
        by=by,
        collection=collection,
        people=listed(people),
    )


def agree_button() -> str:
    return _("I agree")


def disagree_button() -> str:
    return _("I do not agree")


def agreed(people: Sequence[str]) -> str:
    return _("Agreed: {people}.", people=listed(people))


def disagreed(people: Sequence[str]) -> str:
    return _(
        "Did not agree: {people}. The examples with their words from this channel are erased.", people=listed(people)
    )


def waits_for(people: Sequence[str]) -> str:
    return _("It is used once {people} agreed; I have asked in the thread.", people=listed(people))


def nothing_contributed() -> str:
    return _("Nothing of yours is kept: no example with your words, no rating, no vote.")


def they_contributed_nothing(person: str) -> str:
    return _("Nothing of {person} is kept: no example with their words, no rating, no vote.", person=person)


def you_contributed(count: int) -> str:
    return plural(
        "{count} example holds words of yours, or was added by you:",
        "{count} examples hold words of yours, or were added by you:",
        count,
    )


def they_contributed(person: str, count: int) -> str:
    return plural(
        "{count} example holds words of {person}, or was added by them:",
        "{count} examples hold words of {person}, or were added by them:",
        count,
        person=person,
    )


def in_collection(name: str, count: int) -> str:
    return plural("{name}: {count} example", "{name}: {count} examples", count, name=name)


def elsewhere() -> str:
    """A collection that cannot be seen in this place."""
    return _("a training set of another place")


def withdraw_title() -> str:
    return _("Withdraw")


def opinions(ratings: int, votes: int) -> str:
    return _("Ratings of answers: {ratings}. Votes in arenas: {votes}.", ratings=ratings, votes=votes)


def threads_written_from(count: int) -> str:
    return _("Threads with these words from which a model writes examples: {count}.", count=count)


def withdraw_question(count: int) -> str:
    if not count:
        return _("The ratings are deleted, and no name stays with a vote. This cannot be undone.")
    return plural(
        "{count} example is erased, with all its words. It cannot be brought back.",
        "{count} examples are erased, with all their words. They cannot be brought back.",
        count,
    )


def withdraw_button() -> str:
    return _("Withdraw")


def keep_button() -> str:
    return _("Keep them")


def withdrawn(count: int) -> str:
    return plural(
        "{count} example was erased, with all its words.", "{count} examples were erased, with all their words.", count
    )


def opinions_withdrawn() -> str:
    return _(
        "The ratings are deleted. Votes in open arenas are, too; in those with a result they stay without the name."
    )


def threads_forgotten(count: int) -> str:
    return _("Threads from which a model wrote examples, erased with what it wrote: {count}.", count=count)


def no_model_learned() -> str:
    return _("No model has learned from them.")


def models_learned(models: Sequence[str]) -> str:
    return _(
        "These models have learned from them already, and keep what they learned until they are deleted: {models}.",
        models=first_of(models, 10),
    )


def hidden_models_learned(count: int) -> str:
    return plural(
        "{count} model that you cannot see from here has learned from them, too.",
        "{count} models that you cannot see from here have learned from them, too.",
        count,
    )


def files_hold(files: Sequence[str]) -> str:
    """Training files."""
    return _(
        "These training files hold them still; `/finetune delete` deletes one: {files}.", files=first_of(files, 10)
    )


def hidden_files_hold(count: int) -> str:
    return plural(
        "{count} training file that you cannot see from here holds them still. Ask an administrator.",
        "{count} training files that you cannot see from here hold them still. Ask an administrator.",
        count,
    )
