"""Why a setting of the environment cannot be used: the bot's, and the trainer's."""

import re
from collections.abc import Mapping

from texts.formats import listed
from texts.language import _


def unusable(setting: str, kind: str, values: Mapping[str, object], words: str) -> str:
    """`kind` and `values`: the type and context of pydantic's error, or of ours. `words`: pydantic's own, for a kind
    that is not known here."""
    match kind:
        case "int_parsing" | "int_from_float" | "int_type":
            return _("{setting} must be a whole number.", setting=setting)
        case "float_parsing" | "float_type":
            return _("{setting} must be a number.", setting=setting)
        case "bool_parsing" | "bool_type":
            return _("{setting} must be true or false.", setting=setting)
        case "greater_than":
            return _("{setting} must be more than {bound}.", setting=setting, bound=_bound(values["gt"]))
        case "greater_than_equal":
            return _("{setting} must be {bound} or more.", setting=setting, bound=_bound(values["ge"]))
        case "less_than_equal":
            return _("{setting} must be {bound} or less.", setting=setting, bound=_bound(values["le"]))
        case "literal_error":
            # pydantic writes the choices in English: 'en' or 'zh'.
            choices = re.findall("'([^']*)'", str(values["expected"]))
            return _("{setting} can be: {choices}.", setting=setting, choices=listed(choices))
        case "no_id_of_people":
            return _(
                "{setting}: {word} is no ID of a person (U…) or a user group (S…); Slack shows it under Copy ID.",
                setting=setting,
                word=values["word"],
            )
        case "no_token":
            return _("{setting} has characters that no token has; copy it again.", setting=setting)
        case "no_http_address":
            return _("{setting} must begin with http:// or https://.", setting=setting)
        case "no_address":
            return _("{setting} is no address, such as https://api.openai.com/v1.", setting=setting)
    return _("{setting} cannot be used: {why}.", setting=setting, why=words)


def env_unreadable(why: object) -> str:
    return _("The file `.env` cannot be read: {why}.", why=why)


def _bound(bound: object) -> str:
    """As it is typed, without marks between thousands."""
    return f"{bound:.15g}" if isinstance(bound, float) else str(bound)
