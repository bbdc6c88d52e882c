"""Erasing a person: what is asked before, and what came of it."""

from collections.abc import Mapping, Sequence

from texts.formats import listed
from texts.language import _, plural


def whose_erasure() -> str:
    return _("Who shall be erased? You are asked once more before anything goes.")


def choose_person() -> str:
    return _("Choose a person")


def erase_question(person: str) -> str:
    return _(
        "Erase {person}? Everything they wrote or uploaded here goes: training files, examples, conversations, "
        "questions, ratings. A pseudonym takes the place of their name in jobs and in the audit log.",
        person=person,
    )


def erase_title() -> str:
    return _("Erase this person?")


def for_good() -> str:
    return _("Nothing brings back what is erased.")


def erase_button() -> str:
    return _("Erase for good")


def keep_button() -> str:
    return _("Keep")


def erased(person: str, pseudonym: str, places: int) -> str:
    return plural(
        "{person} is erased. In {count} place {pseudonym} stands in place of their name now.",
        "{person} is erased. In {count} places {pseudonym} stands in place of their name now.",
        places,
        person=person,
        pseudonym=pseudonym,
    )


def nothing_written() -> str:
    return _("They had written and uploaded nothing that was kept.")


def counts(of: Mapping[str, int]) -> list[str]:
    """What was erased, a line for each kind."""
    return [_count(kind, count) for kind, count in of.items()]


def _count(kind: str, count: int) -> str:
    return {
        "files": plural(
            "{count} training file, here and at the provider", "{count} training files, here and at the provider", count
        ),
        "examples": plural("{count} example of a training set", "{count} examples of training sets", count),
        "messages": plural(
            "{count} message in a conversation, with its answer",
            "{count} messages in conversations, with their answers",
            count,
        ),
        "questions": plural("{count} question of a comparison", "{count} questions of comparisons", count),
        "ratings": plural("{count} rating", "{count} ratings", count),
        "votes": plural("{count} vote", "{count} votes", count),
        "threads": plural(
            "{count} thread from which examples were written", "{count} threads from which examples were written", count
        ),
        "generations": plural("{count} set of generated examples", "{count} sets of generated examples", count),
        "drafts": plural(
            "{count} generated example that they edited", "{count} generated examples that they edited", count
        ),
        "graders": plural("{count} grader", "{count} graders", count),
        "settings": plural("{count} setting of their own", "{count} settings of their own", count),
        "requests": plural("{count} request that was waiting", "{count} requests that were waiting", count),
    }[kind]


def models_learned(models: list[str]) -> str:
    return _(
        "These models learned from their words, and nobody can take them out again; delete the models if you must: "
        "{models}.",
        models=listed(models),
    )


def hidden_models_learned(count: int) -> str:
    return plural(
        "{count} model that is not shown here learned from their words.",
        "{count} models that are not shown here learned from their words.",
        count,
    )


def left_at(providers: Sequence[str]) -> str:
    """`providers` may still have copies of training files."""
    return _(
        "Training files could not be deleted at {providers} yet, where copies may be left. I try again every hour; if "
        "the account there is closed, ask {providers} to delete them.",
        providers=listed(providers),
    )


def log_held() -> str:
    return _(
        "Another program is reading the store (Litestream, perhaps), so its log could not be emptied: bytes of what "
        "was erased may still be in it. Page `data` of the documentation says how they go."
    )


def what_stays() -> str:
    return _(
        "Not reached from here: messages in Slack, backups and copies that were made before, and what a tracker was "
        "told. Page `data` of the documentation says what stays, and why."
    )
