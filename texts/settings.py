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
        case "no_https_origin":
            return _("{setting} must be https:// and a host, such as https://finetune.example.com.", setting=setting)
        case "no_address":
            return _("{setting} is no address, such as https://api.openai.com/v1.", setting=setting)
    return _of_providers(setting, kind, values) or _("{setting} cannot be used: {why}.", setting=setting, why=words)


def _of_providers(setting: str, kind: str, values: Mapping[str, object]) -> str:
    """Why something in `providers.toml` cannot be used; "" where it is none of these."""
    match kind:
        case "list_type":
            return _('{setting} must be a list, such as ["one", "two"].', setting=setting)
        case "string_type" | "path_type":
            return _("{setting} must be a text in quotes.", setting=setting)
        case "dict_type" | "model_type":
            return _("{setting} must be a table, which begins with its name in square brackets.", setting=setting)
        case "extra_forbidden":
            return _("{setting} is no setting that I know.", setting=setting)
        case "key_in_file":
            return _(
                "{setting}: `{field}` does not belong here, so that the file holds no secret. Put the key into a "
                'variable and write `key_env = "ITS_NAME"`, or into a file and write `key_file`.',
                setting=setting,
                field=values["field"],
            )
        case "one_key":
            return _("{setting} needs exactly one of `key_env` and `key_file`.", setting=setting)
        case "no_variable":
            return _(
                "{setting} must be the name of a variable, such as LAB_KEY, and not the key itself.", setting=setting
            )
        case "variable_empty":
            return _(
                "{setting}: the variable {variable} is not set. Set it, or name another.",
                setting=setting,
                variable=values["variable"],
            )
        case "key_file_unreadable":
            return _(
                "{setting}: the file {file} cannot be read: {why}.",
                setting=setting,
                file=values["file"],
                why=values["why"],
            )
        case "no_key_in_file":
            return _(
                "{setting}: the file {file} must hold the key and nothing else.", setting=setting, file=values["file"]
            )
        case "unknown_vendor":
            return _(
                "{setting} can be: {vendors}. Leave it out for any other server that speaks OpenAI's protocol.",
                setting=setting,
                vendors=listed(_words(values["vendors"])),
            )
        case "no_base_url":
            return _("{setting} needs a `base_url`: this vendor has no usual address.", setting=setting)
        case "no_id_of_channel":
            return _(
                "{setting}: {word} is no ID of a channel (C…); Slack shows it under View channel details.",
                setting=setting,
                word=values["word"],
            )
        case "default_not_offered":
            return _(
                "{setting}: the default model {model} is not among its `models`.",
                setting=setting,
                model=values["model"],
            )
        case "nothing_to_deploy":
            return _('{setting}: only models of `vendor = "azure"` are deployed. Take it out.', setting=setting)
        case "one_azure_token":
            return _(
                "{setting} needs either a `token_command`, or `tenant`, `client_id` and `client_secret_env` together.",
                setting=setting,
            )
        case "no_provider_name":
            return _(
                "{setting}: the name {name} cannot be used. Names have up to 40 letters, digits, - and _.",
                setting=setting,
                name=values["name"],
            )
        case "no_providers":
            return _("It sets up no provider. Begin one with a line `[providers.NAME]`.")
        case "default_unknown":
            return _(
                "`default` names {name}, which is not set up. There are: {names}.",
                name=values["name"],
                names=listed(_words(values["names"])),
            )
    return ""


def _words(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, tuple) else []


def env_unreadable(why: object) -> str:
    return _("The file `.env` cannot be read: {why}.", why=why)


def _bound(bound: object) -> str:
    """As it is typed, without marks between thousands."""
    return f"{bound:.15g}" if isinstance(bound, float) else str(bound)
