"""What is said of files that are made of another.

`file` comes as it shall be shown.
"""

from texts.language import _


def made_before(file: str) -> str:
    """`file`: a link."""
    return _("That was made before: {file}, here in the thread.", file=file)


def under_way(file: str) -> str:
    return _("I am at it. {file} comes here in the thread when it is ready.", file=file)


def was_split(person: str, file: str, training: str, validation: str, same_shares: str = "") -> str:
    """`training` and `validation`: so many examples. `same_shares`: a field of which both have the same shares."""
    if same_shares:
        return _(
            "{person} had {file} split: {training} to train on, {validation} to validate with, with the same shares of "
            "each {field} in both.",
            person=person,
            file=file,
            training=training,
            validation=validation,
            field=same_shares,
        )
    return _(
        "{person} had {file} split: {training} to train on, {validation} to validate with.",
        person=person,
        file=file,
        training=training,
        validation=validation,
    )
