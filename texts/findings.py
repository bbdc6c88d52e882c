"""What is wrong with a training file, and what to do about it.

A function marked with `@FINDINGS.sentence` says one code: its name is the code, its parameters are the finding's
`params` (and its `field`, where one is asked for). The docstring is what docs/findings.md says: what the code
means, then what to do. It is translated like the sentences.

Sentences are plain text with values as the file has them: whoever shows one escapes all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from texts import file_types, training_file_errors
from texts.formats import enumerated, listed, sentences
from texts.language import _, plural, translated
from texts.sentences import Sentences, paragraphs
from training_files.chat import MESSAGE_KEYS, ROLES
from training_files.report import Finding

Kind = Literal["null", "boolean", "number", "string", "list", "object"]
"""Of a JSON value."""

FINDINGS: Final = Sentences()


def sentence(finding: Finding) -> str:
    """What is wrong, and what to do about it."""
    if finding.message:  # stored before findings were data
        return finding.message
    # A code without a sentence was stored by another version.
    return FINDINGS.say(finding.code, finding.params, field=finding.field or "") or finding.code


def on_page(code: str) -> tuple[str, str]:
    """What a code means and what to do about it, for docs/findings.md. scripts/catalogues.py takes both from the
    docstring."""
    meaning, remedy = (translated(paragraph) for paragraph in paragraphs(FINDINGS[code].__doc__ or ""))
    return meaning, remedy


# Words that several sentences take


def _a(found: Kind) -> str:
    """A JSON value, by its kind."""
    return {
        "null": _("null"),
        "boolean": _("true or false"),
        "number": _("a number"),
        "string": _("a string"),
        "list": _("a list"),
        "object": _("an object"),
    }[found]


def _names(names: Sequence[str], more: int = 0) -> str:
    """As code, and how many more there are."""
    shown = [f"`{name}`" for name in names]
    if not more:
        return listed(shown)
    return plural("{names} and {count} more", "{names} and {count} more", more, names=enumerated(shown))


def format_name(format: str) -> str:
    """In a sentence."""
    return {
        "chat": _("chat"),
        "completion": _("completion"),
        "preference": _("preference"),
        "reinforcement": _("reinforcement"),
    }.get(format, format)


_CHAT = '`{"messages": [{"role": "user", "content": "..."}, ...]}`'
_TOOL = '`{"type": "function", "function": {"name": ..., "parameters": ...}}`'
_CALL = '`{"id": ..., "type": "function", "function": {"name": ..., "arguments": "..."}}`'
_PREFERENCE = '`{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}`'


# The file and its lines


@FINDINGS.sentence
def not_jsonl(kind: str, error: str = "", values: Mapping[str, str | int] | None = None) -> str:
    """The file is something else than JSONL: a spreadsheet, a JSON array, a PDF. It is not read further.

    Export the data as JSONL: one JSON object a line.
    """
    advice = file_types.conversion(kind)
    if error:  # a table that cannot be read
        advice = training_file_errors.of_this_file(error, values or {})
    return _("This is {kind}, not JSONL. {advice}", kind=file_types.name(kind), advice=advice)


@FINDINGS.sentence
def not_utf8(place: int = 0, value: str = "", kind: str = "") -> str:
    """A line, or the whole file, is not UTF-8 text.

    Save the file as UTF-8.
    """
    if kind:
        return _("The file is in {encoding}, not UTF-8. Save the file as UTF-8.", encoding=kind.upper())
    return _(
        "Byte {place} of the line ({value}) is not UTF-8. Save the file as UTF-8.",
        place=place,
        value=value,
    )


@FINDINGS.sentence
def invalid_json(problem: str, column: int = 0, value: str = "", detail: str = "") -> str:
    """The line is not valid JSON.

    Write one complete JSON object a line, with double quotes; let a JSON library write it.
    """
    match problem:
        case "nested":
            return _(
                "The line is not valid JSON: it is nested too deeply to be read. Flatten it: an example needs a few "
                "levels only."
            )
        case "surrogate":
            return _(
                "The line is not valid JSON: it holds half of a surrogate pair (an escape such as `\\ud83d` that "
                "stands alone). Write the character itself, or both halves."
            )
        case "constant":
            return _(
                "The line is not valid JSON: {value} is not a JSON value. Use a number, a string or null.", value=value
            )
        case "digits":
            return _("The line is not valid JSON: it holds a number with thousands of digits. Write it as a string.")
        case "cut_off":
            return _(
                "The line is not valid JSON: the file seems cut off here. Copy or export the file again, or remove "
                "this last line."
            )
        case "nul":
            return _(
                "The line is not valid JSON: it holds NUL bytes (the first at column {column}). Export the file again.",
                column=column,
            )
        case "extra_data":
            return _(
                "The line is not valid JSON: something follows the object at column {column}. Put each example on a "
                "line of its own.",
                column=column,
            )
        case "key_expected":
            return _(
                "The line is not valid JSON: a key in double quotes is expected at column {column}. Use double quotes "
                '("), and no comma before a closing brace.',
                column=column,
            )
        case "control_character":
            return _(
                "The line is not valid JSON: a raw line break or control character stands inside a string at column "
                "{column}. Write it as `\\n` or `\\t`.",
                column=column,
            )
        case "not_closed":
            return _(
                "The line is not valid JSON: it stops before the object is closed. Keep the whole example on one line."
            )
    return _(
        "The line is not valid JSON: {detail} at column {column}. Write one complete JSON object a line; let a JSON "
        "library write it.",
        detail=detail,
        column=column,
    )


@FINDINGS.sentence
def control_character(column: int) -> str:
    r"""A raw control character (a line break, a tab, NUL) stands inside a string, where JSON wants it escaped.

    Write it as an escape such as `\n` or `\t`, or let a JSON library write the line.
    """
    return _(
        "A raw control character stands inside a string at column {column}. Write it as an escape such as `\\n` or "
        "`\\t`, or let a JSON library write the line.",
        column=column,
    )


@FINDINGS.sentence
def line_too_long(megabytes: int, values: int) -> str:
    """The line is longer than 8 MB, or has more than 500,000 brackets and commas. It is skipped.

    Put each example on a line of its own, or take the large part out.
    """
    return _(
        "The line is longer than {megabytes} MB, or has more than {values} brackets and commas, and was skipped. Put "
        "each example on a line of its own, or take the large part out.",
        megabytes=megabytes,
        values=values,
    )


@FINDINGS.sentence
def too_many_findings(before: int, count: int) -> str:
    """The file has so many errors that the rest of it was not looked at.

    Repair what is named, then check the file again.
    """
    return _(
        "Before line {line} {count} errors were counted. What comes after was not looked at. Repair what is named, "
        "then check the file again.",
        line=before,
        count=count,
    )


@FINDINGS.sentence
def empty_line() -> str:
    """The line is empty. It is passed over here; some tools stop at it.

    Remove it.
    """
    return _("The line is empty. Remove it.")


@FINDINGS.sentence
def byte_order_mark() -> str:
    """The file begins with a byte-order mark. It is passed over here; some tools stop at it.

    Save it as UTF-8 without a byte-order mark.
    """
    return _(
        "The file begins with a byte-order mark (three invisible bytes). Save it as UTF-8 without a byte-order mark."
    )


@FINDINGS.sentence
def too_few_examples(examples: int, fewest: int, bytes: int) -> str:
    """The file has fewer examples than training takes: 10.

    Add more; 50 to 100 good ones are a usual start.
    """
    missing = fewest - examples
    if not bytes:
        return _(
            "The file is empty. Add {missing} examples or more; 50 to 100 good ones are a usual start.", missing=missing
        )
    if not examples:
        return _(
            "The file has no examples; training takes at least {fewest}. Add {missing} or more; 50 to 100 good ones "
            "are a usual start.",
            fewest=fewest,
            missing=missing,
        )
    return plural(
        "The file has {count} example; training takes at least {fewest}. Add {missing} or more; 50 to 100 good ones "
        "are a usual start.",
        "The file has {count} examples; training takes at least {fewest}. Add {missing} or more; 50 to 100 good ones "
        "are a usual start.",
        examples,
        fewest=fewest,
        missing=missing,
    )


@FINDINGS.sentence
def too_many_examples(model: str, examples: int, limit: int) -> str:
    """The file has more examples than the model's provider takes.

    Train on a smaller selection.
    """
    return _(
        "The file has {examples} examples; {model} takes {limit} at most. Train on a smaller selection.",
        examples=examples,
        model=model,
        limit=limit,
    )


@FINDINGS.sentence
def file_too_large(model: str, megabytes: int, limit: int) -> str:
    """The file is larger than the model's provider takes.

    Train on a smaller selection, or on a provider that takes more.
    """
    return _(
        "The file has {megabytes} MB; {model} takes {limit} MB at most. Train on a smaller selection, or on a provider "
        "that takes more.",
        megabytes=megabytes,
        model=model,
        limit=limit,
    )


@FINDINGS.sentence
def mixed_formats(examples: Mapping[str, int], lines: Mapping[str, int]) -> str:
    """The file holds examples of several formats. A job takes one.

    Put each format in a file of its own.
    """
    each = [
        plural(
            "{count} example of {format} from line {line} on",
            "{count} examples of {format} from line {line} on",
            count,
            format=format_name(name),
            line=lines[name],
        )
        for name, count in examples.items()
    ]
    return _("The file mixes formats: {formats}. Put each format in a file of its own.", formats=enumerated(each))


@FINDINGS.sentence
def format_not_taken(model: str, format: str, others: Sequence[str]) -> str:
    """The model that was asked about is not trained on files of this format.

    Choose a model that takes it, or another format.
    """
    shown = format_name(format)
    if not others:
        return _(
            "{model} is not trained on {format} files. No model known here is, today: use another format.",
            model=model,
            format=shown,
        )
    return _(
        "{model} is not trained on {format} files. Choose one that is: {others}.",
        model=model,
        format=shown,
        others=enumerated(others),
    )


def unclear_columns() -> str:
    """Of a table of which it cannot be told how to read it."""
    return _(
        "Neither the names of the columns nor what stands in them says which is the question and which the answer."
    )


@FINDINGS.sentence
def needs_conversion(
    rows: int,
    columns: Sequence[str],
    more: int = 0,
    kind: str = "",
    format: str = "",
    mapping: Mapping[str, str] | None = None,
) -> str:
    """The file has rows (columns, or objects without messages) that have to be turned into training examples first.

    Convert it: Repair shows how it would be read and lets you choose.
    """
    names = _names(columns, more)
    if not kind:
        return plural(
            "{count} example is a row ({columns}), not training data yet. Convert it: Repair shows how it would be "
            "read and lets you choose.",
            "{count} examples are rows ({columns}), not training data yet. Convert it: Repair shows how it would be "
            "read and lets you choose.",
            rows,
            columns=names,
        )
    how = unclear_columns()
    if columns:
        what = plural(
            "This is a table ({kind}) of {count} row with the columns {columns}.",
            "This is a table ({kind}) of {count} rows with the columns {columns}.",
            rows,
            kind=kind,
            columns=names,
        )
    else:
        what = plural(
            "This is a table ({kind}) of {count} row without columns.",
            "This is a table ({kind}) of {count} rows without columns.",
            rows,
            kind=kind,
        )
    if mapping:
        parts = [_("`{column}` as {part}", column=column, part=part) for part, column in mapping.items()]
        how = _("It would be read as {format}: {parts}.", format=format_name(format), parts=enumerated(parts))
    return sentences(what, how, _("Convert it: Repair shows how it would be read and lets you choose."))


# Examples and messages


@FINDINGS.sentence
def data_type(field: str, found: Kind) -> str:
    """An example, or a message in it, is not a JSON object.

    Make it an object in braces.
    """
    if field:
        return _(
            "`{field}` is {found}, not an object. Write each message in braces, with a role and content.",
            field=field,
            found=_a(found),
        )
    if found == "list":
        return _(
            "The line is a list, not an object. Write each element on a line of its own, without the brackets and "
            "commas around it."
        )
    return _(
        "The line is {found}, not an object. Write each example as {form}.",
        found=_a(found),
        form='`{"messages": [...]}`',
    )


@FINDINGS.sentence
def missing_messages_list(found: Kind | Literal[""] = "", keys: Sequence[str] = ()) -> str:
    """The example has no `messages` list, or an empty one.

    Give the example its messages: `{"messages": [{"role": "user", "content": "..."}]}`.
    """
    if found == "list":
        return _("`messages` is an empty list. Give the example a list of messages: {form}.", form=_CHAT)
    if found:
        return _(
            "`messages` is {found}, not a list. Give the example a list of messages: {form}.",
            found=_a(found),
            form=_CHAT,
        )
    if not keys:
        return _("The example has no `messages`. Give the example a list of messages: {form}.", form=_CHAT)
    return _(
        "The example has no `messages`. It has {keys}. Give the example a list of messages: {form}.",
        keys=enumerated([f"`{key}`" for key in keys]),
        form=_CHAT,
    )


@FINDINGS.sentence
def message_missing_key(field: str, missing: Sequence[Literal["role", "content"]]) -> str:
    """A message has no `role`, or no `content` and no call in its place.

    Add what is missing.
    """
    if len(missing) > 1:
        return _("`{field}` has no `role` and no `content`. Add both to the message.", field=field)
    return _("`{field}` has no `{key}`. Add it to the message.", field=field, key=missing[0])


@FINDINGS.sentence
def message_unrecognized_key(field: str, keys: Sequence[str], more: int) -> str:
    """A message has a key that the format does not know.

    Remove or rename the key.
    """
    count = len(keys) + more
    shown = enumerated(keys)
    if more:
        shown = plural("{names} and {count} more", "{names} and {count} more", more, names=shown)
    return plural(
        "`{field}` has the key {keys}, which the format does not know. Remove or rename it; known are {known}.",
        "`{field}` has the keys {keys}, which the format does not know. Remove or rename them; known are {known}.",
        count,
        field=field,
        keys=shown,
        known=enumerated(MESSAGE_KEYS),
    )


@FINDINGS.sentence
def unrecognized_role(field: str, role: str, instead: str) -> str:
    """A message's `role` is not one of the format's roles.

    Use system, developer, user, assistant, tool or function.
    """
    if instead:
        return _("`{field}` is {role}, which is not a role. Use {instead}.", field=field, role=role, instead=instead)
    return _(
        "`{field}` is {role}, which is not a role. Use one of {roles}.",
        field=field,
        role=role,
        roles=enumerated(ROLES),
    )


@FINDINGS.sentence
def missing_content(field: str, found: Kind | Literal["empty_string", "empty_list"]) -> str:
    """A message has no content (empty, null or not text), and no call in its place.

    Write the message's text there, or remove the message.
    """
    match found:
        case "empty_string":
            return _(
                "`{field}` is an empty string. Write the message's text there, or remove the message.", field=field
            )
        case "empty_list":
            return _("`{field}` is an empty list. Write the message's text there, or remove the message.", field=field)
        case "null":
            return _(
                "`{field}` is missing or null. Write the message's text there, or remove the message.", field=field
            )
        case "list":
            return _(
                "`{field}` is a list with something else in it than content parts (objects with a type). Write the "
                "message's text there, or remove the message.",
                field=field,
            )
    return _(
        "`{field}` is {found}, not text. Write the message's text there, or remove the message.",
        field=field,
        found=_a(found),
    )


@FINDINGS.sentence
def example_missing_assistant_message() -> str:
    """No message of the example is the assistant's, so there is nothing to learn from it.

    Add the answer that the model should learn, or remove the line.
    """
    return _(
        "The example has no message with the role assistant. Add the answer that the model should learn, or remove the "
        "line."
    )


@FINDINGS.sentence
def example_missing_user_message() -> str:
    """No message of the example is the user's: the model learns to answer without having been asked.

    Add what was asked, unless the model is meant to speak first.
    """
    return _(
        "The example has no message with the role user. Add what was asked, unless the model is meant to speak first."
    )


@FINDINGS.sentence
def example_too_long(tokens: int, limit: int, model: str) -> str:
    """The example is longer than the model takes. It is cut at the end without any notice, and the answer is what
    stands there.

    Shorten it or split it into several.
    """
    return _(
        "The example has {tokens} tokens; {model} takes {limit}, so the last {cut} are cut off silently. Shorten it or "
        "split it into several.",
        tokens=tokens,
        model=model,
        limit=limit,
        cut=tokens - limit,
    )


@FINDINGS.sentence
def last_message_not_assistant(role: str) -> str:
    """The last message is not the assistant's. What follows the last answer teaches nothing; providers refuse it.

    End the example with the assistant's answer.
    """
    return _(
        "The last message is the {role}'s, not the assistant's. End the example with the assistant's answer.",
        role=role,
    )


@FINDINGS.sentence
def empty_answer(field: str) -> str:
    """An answer is blank: nothing but spaces and line breaks.

    Write the answer, or remove the example.
    """
    return _(
        "`{field}` is blank, so there is nothing to learn from it. Write the answer, or remove the example.",
        field=field,
    )


@FINDINGS.sentence
def no_trained_answer() -> str:
    """All answers of the example have weight 0, so nothing of it is trained on.

    Give the answer to be learned weight 1, or remove the example.
    """
    return _(
        "Every answer of the example has weight 0, so none is trained on. Give the answer to be learned weight 1, or "
        "remove the example."
    )


@FINDINGS.sentence
def invalid_weight(field: str, value: str = "") -> str:
    """A weight is something else than 0 or 1, or stands on a message that is not the assistant's.

    Use 1 to learn an answer and 0 to pass it over; take weights off other messages.
    """
    if value:
        return _(
            "`{field}` is {value}. Use 1 for an answer to learn and 0 for one to pass over.", field=field, value=value
        )
    return _(
        "`{field}` is on a message that is not the assistant's. Remove it: only answers are trained on.", field=field
    )


@FINDINGS.sentence
def invalid_value(field: str, problem: str, found: Kind = "null", role: str = "", value: str = "") -> str:
    """A known key holds what it cannot hold, or stands where it cannot stand.

    Write what belongs there, or remove the key.
    """
    match problem:
        case "not_boolean":
            return _("`{field}` is {found}. Use true or false.", field=field, found=_a(found))
        case "not_text":
            return _("`{field}` is {found}, not text. Write text there, or remove it.", field=field, found=_a(found))
        case "assistants_only":
            return _(
                "`{field}` is on a message of the {role}. Only the assistant's messages have one.",
                field=field,
                role=role,
            )
        case "tools_only":
            return _(
                "`{field}` is on a message of the {role}. Only a tool's messages have one.", field=field, role=role
            )
    return _("`{field}` is {value}. Use auto, low or high.", field=field, value=value)


@FINDINGS.sentence
def unrecognized_key(examples: int, key: str) -> str:
    """Examples have a key, beside their messages, that the format does not know. It is passed over here; a provider may
    refuse it. Reported once for each key.

    Remove it if your provider refuses the file.
    """
    return plural(
        "{count} example has the key `{key}`, which the format does not know and which is not trained on. Remove it if "
        "your provider refuses the file.",
        "{count} examples have the key `{key}`, which the format does not know and which is not trained on. Remove it "
        "if your provider refuses the file.",
        examples,
        key=key,
    )


# Tools and calls


@FINDINGS.sentence
def invalid_tools(field: str, problem: str, found: Kind = "null", value: str = "") -> str:
    """What declares the tools has the wrong form.

    Declare each tool as `{"type": "function", "function": {"name": ..., "parameters": ...}}`.
    """
    match problem:
        case "nested":
            return _("`{field}` is nested too deeply to be read. Declare each tool as {form}.", field=field, form=_TOOL)
        case "not_list":
            return _(
                "`{field}` is {found}, not a list. Declare each tool as {form}.",
                field=field,
                found=_a(found),
                form=_TOOL,
            )
        case "not_object":
            return _(
                "`{field}` is {found}, not an object. Declare each tool as {form}.",
                field=field,
                found=_a(found),
                form=_TOOL,
            )
        case "type":
            return _(
                "`{field}` is a tool of the type {value}. Declare each tool as {form}.",
                field=field,
                value=value,
                form=_TOOL,
            )
        case "no_type":
            return _("`{field}` is a tool without a type. Declare each tool as {form}.", field=field, form=_TOOL)
    return _("`{field}` is a tool without a function. Declare each tool as {form}.", field=field, form=_TOOL)


@FINDINGS.sentence
def too_many_tools(count: int) -> str:
    """The example declares more than 128 tools, the most that the protocol takes.

    Leave out the tools that the example has no use for.
    """
    return _(
        "The example declares {count} tools; the protocol takes 128. Leave out the tools that the example has no use "
        "for.",
        count=count,
    )


@FINDINGS.sentence
def invalid_tool_name(field: str, name: str) -> str:
    """A tool's name is missing, too long (over 64 characters), or has other characters than letters, digits,
    underscores and dashes.

    Name the tool with 1 to 64 letters, digits, underscores or dashes.
    """
    if not name:
        return _(
            "`{field}` is missing. Name the tool with 1 to 64 letters, digits, underscores or dashes.", field=field
        )
    return _(
        "`{field}` is {name}. Name the tool with 1 to 64 letters, digits, underscores or dashes.",
        field=field,
        name=name,
    )


@FINDINGS.sentence
def duplicate_tool(field: str, name: str) -> str:
    """Two tools of the example have the same name.

    Keep one of the two.
    """
    return _(
        "`{field}` is {name}, which an earlier tool is called already. Keep one of the two.", field=field, name=name
    )


@FINDINGS.sentence
def invalid_tool_schema(
    field: str, problem: str, found: Kind = "null", value: str = "", detail: str = "", at: str = ""
) -> str:
    """A tool's parameters are not a valid JSON schema of an object.

    Correct the schema; the API refuses such a tool.
    """
    match problem:
        case "not_object":
            return _(
                "`{field}` is not a valid JSON schema: it is {found}, not an object. Correct the schema; the API "
                "refuses such a tool.",
                field=field,
                found=_a(found),
            )
        case "type":
            return _(
                "`{field}` is not a valid JSON schema: its type is {value}, and arguments are an object. Correct the "
                "schema; the API refuses such a tool.",
                field=field,
                value=value,
            )
    return _(
        "`{field}` is not a valid JSON schema: {detail}. Correct the schema; the API refuses such a tool.",
        field=field,
        detail=_placed(detail, at),
    )


def _placed(detail: str, at: str) -> str:
    """The words of the library that applies schemas, and where in the value it is."""
    return _("{detail} (at {place})", detail=detail, place=at) if at else detail


@FINDINGS.sentence
def tool_schema_not_checked(problem: str, detail: str = "") -> str:
    """A tool's schema cannot be applied safely: it needs another document (none is ever fetched), a pattern with
    look-around or back-references (no linear-time engine has them), or unbounded work. Calls of that tool are not held
    to it.

    Simplify the schema if you want them checked.
    """
    match problem:
        case "large":
            return _(
                "Calls of this tool were not held to its schema: it is too large, or nested too deeply. Simplify the "
                "schema if you want them checked."
            )
        case "dynamic_references":
            return _(
                "Calls of this tool were not held to its schema: it has dynamic references. Simplify the schema if you "
                "want them checked."
            )
        case "embedded_schema":
            return _(
                "Calls of this tool were not held to its schema: it holds another schema with an address of its own. "
                "Simplify the schema if you want them checked."
            )
        case "other_document":
            return _(
                "Calls of this tool were not held to its schema: it refers to another document, and none is ever "
                "fetched. Simplify the schema if you want them checked."
            )
        case "loops":
            return _(
                "Calls of this tool were not held to its schema: it refers to itself in more than one place. Simplify "
                "the schema if you want them checked."
            )
        case "anchor":
            return _(
                "Calls of this tool were not held to its schema: it refers to an anchor. Simplify the schema if you "
                "want them checked."
            )
    return _(
        "Calls of this tool were not held to its schema: its pattern {pattern} does not run in linear time. Simplify "
        "the schema if you want them checked.",
        pattern=detail,
    )


@FINDINGS.sentence
def invalid_tool_call(field: str, problem: str, found: Kind = "null", value: str = "") -> str:
    """A call has the wrong form: no id, no name, or not of the type function.

    Write a call as `{"id": ..., "type": "function", "function": {"name": ..., "arguments": "..."}}`.
    """
    match problem:
        case "not_list" if found == "list":
            return _("`{field}` is an empty list. Write a call as {form}.", field=field, form=_CALL)
        case "not_list":
            return _(
                "`{field}` is {found}, not a list. Write a call as {form}.", field=field, found=_a(found), form=_CALL
            )
        case "not_object":
            return _(
                "`{field}` is {found}, not an object. Write a call as {form}.",
                field=field,
                found=_a(found),
                form=_CALL,
            )
        case "no_id":
            return _("`{field}` is a call without an id. Write a call as {form}.", field=field, form=_CALL)
        case "same_id":
            return _(
                "`{field}` is a second call with the id {value}. Write a call as {form}.",
                field=field,
                value=value,
                form=_CALL,
            )
        case "no_type":
            return _("`{field}` is a call without a type. Write a call as {form}.", field=field, form=_CALL)
        case "type":
            return _(
                "`{field}` is a call of the type {value}. Write a call as {form}.",
                field=field,
                value=value,
                form=_CALL,
            )
        case "no_name":
            return _("`{field}` is a call without a name. Write a call as {form}.", field=field, form=_CALL)
    return _("`{field}` is a call without a function. Write a call as {form}.", field=field, form=_CALL)


@FINDINGS.sentence
def invalid_arguments(field: str, problem: str, found: Kind = "null", detail: str = "") -> str:
    """A call's arguments are not a JSON object written in a string.

    Write the arguments as a JSON object in a string.
    """
    match problem:
        case "empty":
            return _("`{field}` is an empty string. Write the arguments as a JSON object in a string.", field=field)
        case "not_json":
            return _(
                "`{field}` is not JSON ({detail}). Write the arguments as a JSON object in a string.",
                field=field,
                detail=detail,
            )
        case "not_object":
            return _(
                "`{field}` is {found} in a string, not an object. Write the arguments as a JSON object in a string.",
                field=field,
                found=_a(found),
            )
        case "not_string":
            return _(
                "`{field}` is {found}, not a string. Write the arguments as a JSON object in a string.",
                field=field,
                found=_a(found),
            )
    return _("`{field}` is missing or null. Write the arguments as a JSON object in a string.", field=field)


@FINDINGS.sentence
def double_encoded_arguments(field: str) -> str:
    """A call's arguments were encoded twice: the string holds a JSON string, and that one the object.

    Encode the object once.
    """
    return _(
        "`{field}` was encoded twice: in the string is another JSON string, and the object is in that. Encode the "
        "object once.",
        field=field,
    )


@FINDINGS.sentence
def undeclared_tool(field: str, name: str, known: Sequence[str], more: int) -> str:
    """A call names a tool that the example does not declare, although it declares others.

    Declare the tool, or call one that is declared.
    """
    return _(
        "`{field}` is {name}, which is not among the tools of the example. Declare the tool, or call one of {known}.",
        field=field,
        name=name,
        known=_names(known, more),
    )


@FINDINGS.sentence
def tools_not_declared(examples: int) -> str:
    """Examples call tools and declare none. Reported once for the file.

    Add `tools`, unless the model is meant to call them without being told of them.
    """
    return plural(
        "{count} example calls tools without declaring any. Add `tools`, unless the model is meant to call them "
        "without being told of them.",
        "{count} examples call tools without declaring any. Add `tools`, unless the model is meant to call them "
        "without being told of them.",
        examples,
    )


@FINDINGS.sentence
def arguments_break_schema(field: str, name: str, problem: str, detail: str = "", at: str = "") -> str:
    """A call's arguments break the JSON schema of the tool that it calls. The model learns to call it wrongly.

    Correct the arguments, or the schema.
    """
    if problem == "nested":
        return _(
            "`{field}` does not fit the schema of {name}: they are nested too deeply. Correct the arguments, or the "
            "schema.",
            field=field,
            name=name,
        )
    return _(
        "`{field}` does not fit the schema of {name}: {detail}. Correct the arguments, or the schema.",
        field=field,
        name=name,
        detail=_placed(detail, at),
    )


@FINDINGS.sentence
def call_without_answer(field: str, id: str) -> str:
    """A call is followed by other messages, but by no answer of the tool. The API refuses such a conversation.

    Add the tool's answer after the call, or remove the call.
    """
    return _(
        "`{field}` has no answer: no tool message after it has the id {id}. Add the tool's answer after the call, or "
        "remove the call.",
        field=field,
        id=id,
    )


@FINDINGS.sentence
def answer_without_call(field: str, problem: str, id: str = "") -> str:
    """A tool's answer belongs to no call before it. The API refuses such a conversation.

    Give it the `tool_call_id` of a call in the message before, or remove it.
    """
    match problem:
        case "not_called":
            return _(
                "`{field}` is a tool's answer, but no call of the function stands before it. Give it the "
                "`tool_call_id` of a call in the message before, or remove it.",
                field=field,
            )
        case "no_id":
            return _(
                "`{field}` is a tool's answer, but it has no `tool_call_id`. Give it the `tool_call_id` of a call in "
                "the message before, or remove it.",
                field=field,
            )
    return _(
        "`{field}` is a tool's answer, but no call in the message before has the id {id}, or it was answered already. "
        "Give it the `tool_call_id` of a call in the message before, or remove it.",
        field=field,
        id=id,
    )


# Parts and images


@FINDINGS.sentence
def invalid_content_part(field: str, problem: str, type: str = "") -> str:
    """A part of a message's content is of a kind that cannot be trained on, or lacks what its kind needs.

    Keep text and images only, each with its text or URL.
    """
    match problem:
        case "type":
            return _("`{field}` is of the type {type}. Keep text and images only.", field=field, type=type)
        case "no_text":
            return _(
                "`{field}` is of the type {type} and has no {type}. Put the text under `{type}`.",
                field=field,
                type=type,
            )
    return _("`{field}` is a refusal in a message that is not the assistant's. Remove it.", field=field)


@FINDINGS.sentence
def misplaced_image(field: str, role: str) -> str:
    """An image stands in a message that is not the user's. Models are not trained to answer with images.

    Move it into the user's message, or remove it.
    """
    return _(
        "`{field}` is an image in a message of the {role}. Move it into the user's message, or remove it.",
        field=field,
        role=role,
    )


@FINDINGS.sentence
def too_many_images(count: int) -> str:
    """The example has more than 10 images.

    Split the example, or leave out some of its images.
    """
    return _(
        "The example has {count} images; a provider takes 10. Split the example, or leave out some of its images.",
        count=count,
    )


@FINDINGS.sentence
def too_many_image_examples(count: int) -> str:
    """More than 50,000 examples of the file have images.

    Leave out some of them.
    """
    return _(
        "{count} examples have images; a provider takes 50,000 in a file. Leave out some of them.",
        count=count,
    )


@FINDINGS.sentence
def invalid_image_url(field: str, problem: str, found: Kind = "null") -> str:
    """An image's URL is neither an http address nor a data URL with Base64. Addresses are never fetched.

    Use an https address, or `data:image/png;base64,...`.
    """
    match problem:
        case "no_url" if found == "object":
            return _(
                "`{field}` is an object without a `url`. Use an https address, or `data:image/png;base64,...`.",
                field=field,
            )
        case "no_url":
            return _(
                "`{field}` is {found}, not an object with a `url`. Use an https address, or "
                "`data:image/png;base64,...`.",
                field=field,
                found=_a(found),
            )
        case "no_address":
            return _(
                "`{field}` is not an http address. Use an https address, or `data:image/png;base64,...`.", field=field
            )
        case "empty":
            return _("`{field}` is empty. Use an https address, or `data:image/png;base64,...`.", field=field)
        case "no_base64":
            return _(
                "`{field}` is a data URL without `;base64,`. Use an https address, or `data:image/png;base64,...`.",
                field=field,
            )
    return _(
        "`{field}` is a data URL that is not valid Base64. Use an https address, or `data:image/png;base64,...`.",
        field=field,
    )


@FINDINGS.sentence
def unsupported_image(field: str, problem: str, named: str = "", found: str = "") -> str:
    """An image is not a JPEG, PNG or WEBP in RGB or RGBA, or is another kind than its URL says. Providers skip it.

    Save it as JPEG, PNG or WEBP in colour.
    """
    match problem:
        case "empty":
            return _("`{field}` is an empty image. Save it as JPEG, PNG or WEBP in colour.", field=field)
        case "unknown" if named:
            return _(
                "`{field}` is no JPEG, PNG or WEBP ({named}). Save it as JPEG, PNG or WEBP in colour.",
                field=field,
                named=named,
            )
        case "unknown":
            return _(
                "`{field}` is no JPEG, PNG or WEBP (its kind is not named). Save it as JPEG, PNG or WEBP in colour.",
                field=field,
            )
        case "mislabelled":
            return _(
                "`{field}` is called {named} and is {found}. Save it as JPEG, PNG or WEBP in colour.",
                field=field,
                named=named,
                found=found,
            )
    return _(
        "`{field}` is a PNG in greys or with a palette, not in RGB or RGBA. Save it as JPEG, PNG or WEBP in colour.",
        field=field,
    )


@FINDINGS.sentence
def image_too_large(field: str, megabytes: float) -> str:
    """An image is larger than 10 MB. Providers skip it.

    Scale it down.
    """
    return _(
        "`{field}` holds an image of {megabytes} MB; those over 10 MB are skipped. Scale it down.",
        field=field,
        megabytes=f"{megabytes:.1f}",
    )


# Completions


@FINDINGS.sentence
def completion_missing_text(field: str, found: Kind | Literal["missing"]) -> str:
    """A completion example lacks its `prompt` or `completion`, or one of them is not text.

    Write the example as `{"prompt": "...", "completion": "..."}`.
    """
    form = '`{"prompt": "...", "completion": "..."}`'
    if found == "missing":
        return _("`{field}` is missing. Write the example as {form}.", field=field, form=form)
    return _("`{field}` is {found}, not text. Write the example as {form}.", field=field, found=_a(found), form=form)


@FINDINGS.sentence
def missing_separator(separator: str = "") -> str:
    r"""The prompts do not all end with the same separator, so the model cannot know where the completion begins.

    End each prompt with the same separator, such as `\n\n###\n\n`.
    """
    if not separator:
        return _(
            "The prompts do not end with a common separator. End each prompt with the same separator, such as "
            "`\\n\\n###\\n\\n`."
        )
    return _(
        "The prompt does not end with {separator}, as others do. End each prompt with the same separator, such as "
        "`\\n\\n###\\n\\n`.",
        separator=separator,
    )


@FINDINGS.sentence
def separator_in_prompt(separator: str) -> str:
    """The separator that ends the prompts also stands inside one.

    Take it out there, or choose a separator that no prompt holds.
    """
    return _(
        "The separator {separator} also stands inside this prompt. Take it out there, or choose a separator that no "
        "prompt holds.",
        separator=separator,
    )


@FINDINGS.sentence
def missing_leading_space(completions: int = 0, total: int = 0) -> str:
    """A completion does not begin with a space. Most words are one token only with the space before them.

    Begin each completion with one space.
    """
    if not completions:
        return _("The completion does not begin with a space, as others do. Begin each completion with one space.")
    return plural(
        "{count} of {total} completions does not begin with a space. Begin each completion with one space.",
        "{count} of {total} completions do not begin with a space. Begin each completion with one space.",
        completions,
        total=total,
    )


@FINDINGS.sentence
def missing_stop_sequence(stop: str = "") -> str:
    r"""The completions do not all end with the same stop sequence, so the model does not learn where to stop.

    End each completion with the same stop sequence, such as `\n` or ` END`.
    """
    if not stop:
        return _(
            "The completions do not end with a common stop sequence. End each completion with the same stop sequence, "
            "such as `\\n` or ` END`."
        )
    return _(
        "The completion does not end with {stop}, as others do. End each completion with the same stop sequence, such "
        "as `\\n` or ` END`.",
        stop=stop,
    )


@FINDINGS.sentence
def class_of_many_tokens(name: str, tokens: int) -> str:
    """A class of a completion file is more than one token. One tells classes apart, and is cheaper and safer.

    Name each class by one short word with a space before it.
    """
    return _(
        "The class {name} is {tokens} tokens long. Name each class by one short word with a space before it.",
        name=name,
        tokens=tokens,
    )


@FINDINGS.sentence
def few_examples_of_a_class(name: str, examples: int) -> str:
    """A class of a completion file has fewer than about 100 examples.

    Add examples of it.
    """
    return plural(
        "The class {name} has {count} example; about 100 are advised. Add examples of it.",
        "The class {name} has {count} examples; about 100 are advised. Add examples of it.",
        examples,
        name=name,
    )


@FINDINGS.sentence
def few_examples_to_generate(examples: int) -> str:
    """A completion file for free text has fewer than about 500 examples.

    Add more.
    """
    return plural(
        "The file has {count} example of free text; about 500 are advised. Add more.",
        "The file has {count} examples of free text; about 500 are advised. Add more.",
        examples,
    )


# Preferences, graders


@FINDINGS.sentence
def invalid_preference(field: str, problem: str, found: Kind | Literal["missing"] = "missing") -> str:
    """A preference example lacks its `input`, its messages, or one of the two outputs, or they have the wrong form.

    Write it as `{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}`.
    """
    if found == "missing" and problem in ("not_object", "not_list", "no_output"):
        return _("`{field}` is missing. Write the example as {form}.", field=field, form=_PREFERENCE)
    match problem:
        case "not_object" if found != "missing":
            return _(
                "`{field}` is {found}, not an object with `messages`. Write the example as {form}.",
                field=field,
                found=_a(found),
                form=_PREFERENCE,
            )
        case "not_list" if found == "list":
            return _("`{field}` is an empty list. Write the example as {form}.", field=field, form=_PREFERENCE)
        case "not_list" if found != "missing":
            return _(
                "`{field}` is {found}, not a list. Write the example as {form}.",
                field=field,
                found=_a(found),
                form=_PREFERENCE,
            )
        case "no_output":
            return _("`{field}` is null. Write the example as {form}.", field=field, form=_PREFERENCE)
        case "answered":
            return _(
                "`{field}` is the assistant's already, so there is nothing left to answer. Write the example as "
                "{form}.",
                field=field,
                form=_PREFERENCE,
            )
    return _(
        "`{field}` is not of text only, and preferences are trained on text. Write the example as {form}.",
        field=field,
        form=_PREFERENCE,
    )


@FINDINGS.sentence
def preference_not_one_answer(field: str, problem: str, found: Kind = "null", messages: int = 0, role: str = "") -> str:
    """An output of a preference example is something else than one message of the assistant.

    Make it a list of one message: `[{"role": "assistant", "content": "..."}]`.
    """
    form = '`[{"role": "assistant", "content": "..."}]`'
    match problem:
        case "not_list":
            return _(
                "`{field}` is {found}, not a list. Make it a list of one message: {form}.",
                field=field,
                found=_a(found),
                form=form,
            )
        case "length" if not messages:
            return _("`{field}` is an empty list. Make it a list of one message: {form}.", field=field, form=form)
        case "length":
            return _(
                "`{field}` is a list of {messages} messages. Make it a list of one message: {form}.",
                field=field,
                messages=messages,
                form=form,
            )
        case "not_object":
            return _(
                "`{field}` is a list of {found}. Make it a list of one message: {form}.",
                field=field,
                found=_a(found),
                form=form,
            )
    return _(
        "`{field}` is a message with the role {role}. Make it a list of one message: {form}.",
        field=field,
        role=role,
        form=form,
    )


@FINDINGS.sentence
def equal_preference() -> str:
    """The two outputs of a preference example are the same, so there is nothing to prefer.

    Write two different answers, or remove the example.
    """
    return _(
        "`preferred_output` and `non_preferred_output` say the same. Write two different answers, or remove the "
        "example."
    )


@FINDINGS.sentence
def missing_grader_field(fields: Sequence[str], more: int) -> str:
    """A reinforcement example lacks a field that the first example has for the grader.

    Add it, or remove it everywhere.
    """
    return _(
        "The example has no {fields}, which the first example of the file has for the grader. Add it, or remove it "
        "everywhere.",
        fields=_names(fields, more),
    )


# Over many examples


@FINDINGS.sentence
def class_imbalance(frequent: str, most: int = 0, rare: str = "", least: int = 0) -> str:
    """The answers are a few classes, and one of them is far more frequent than another (ten times or more, or four
    fifths of all). The model will lean to it.

    Add examples of the rare answers, or leave out some of the frequent one.
    """
    if not rare:
        return _(
            "Every answer is {answer}. Add examples of the rare answers, or leave out some of the frequent one.",
            answer=frequent,
        )
    return _(
        "{frequent} is the answer of {most} examples, {rare} of {least}. Add examples of the rare answers, or leave "
        "out some of the frequent one.",
        frequent=frequent,
        most=most,
        rare=rare,
        least=least,
    )


@FINDINGS.sentence
def filler_opening(opening: str, answers: int, looked: int) -> str:
    """Many answers begin with the same empty words (“Sure!”, “Of course”, “好的”), as a generating model left them
    there. The fine-tuned model will say them each time.

    Take the words off, unless you want them in every answer.
    """
    return _(
        "{answers} of {looked} answers begin with “{opening}”. Take the words off, unless you want them in every "
        "answer.",
        answers=answers,
        looked=looked,
        opening=opening,
    )


@FINDINGS.sentence
def varying_system_prompt(difference: str, examples: int, share: int) -> str:
    """Nearly all examples share a system prompt; a few have it in another wording, spacing or case, or not at all.

    Use the same text everywhere, unless the difference is meant.
    """
    match difference:
        case "missing":
            return plural(
                "{count} example lacks the system prompt that {share} others share. Use the same text everywhere, "
                "unless the difference is meant.",
                "{count} examples lack the system prompt that {share} others share. Use the same text everywhere, "
                "unless the difference is meant.",
                examples,
                share=share,
            )
        case "style":
            return plural(
                "{count} example differs only in spacing, case or punctuation from the system prompt that {share} "
                "others share. Use the same text everywhere, unless the difference is meant.",
                "{count} examples differ only in spacing, case or punctuation from the system prompt that {share} "
                "others share. Use the same text everywhere, unless the difference is meant.",
                examples,
                share=share,
            )
    return plural(
        "{count} example differs in one word from the system prompt that {share} others share. Use the same text "
        "everywhere, unless the difference is meant.",
        "{count} examples differ in one word from the system prompt that {share} others share. Use the same text "
        "everywhere, unless the difference is meant.",
        examples,
        share=share,
    )


@FINDINGS.sentence
def duplicate_example(first: int) -> str:
    """The example is the same as an earlier one, whatever the spacing and the order of keys in its line. It counts
    twice in training, and costs twice.

    Remove it, unless it is meant to count twice.
    """
    return _(
        "The same example stands on line {first} already. Remove it, unless it is meant to count twice.", first=first
    )


@FINDINGS.sentence
def in_validation_file(first: int) -> str:
    """The example also stands in the validation file, where it measures what was learned by heart.

    Remove it from one of the two.
    """
    return _(
        "The same example stands on line {first} of the validation file. Remove it from one of the two.", first=first
    )


# What the content scan finds


@FINDINGS.sentence
def near_duplicate(percent: int, other: int) -> str:
    """The example says nearly the same as an earlier one (95% of the text or more). The model learns such examples by
    heart.

    Keep one of them, or make them differ in what matters.
    """
    return _(
        "This example is {percent}% the same as the one on line {other}. Keep one of them, or make them differ in "
        "what matters.",
        percent=percent,
        other=other,
    )


@FINDINGS.sentence
def contradictory_answers(other: int, how: str, there: str = "", here: str = "") -> str:
    """The same prompt has another answer elsewhere in the file, and not a mere variant of it.

    Keep the right answer, or add to the prompt what decides between them.
    """
    match how:
        case "reversed":
            return _(
                "On line {other} the same prompt is answered the other way round. Keep the right answer, or add to the "
                "prompt what decides between them.",
                other=other,
            )
        case "short":
            return _(
                "On line {other} the same prompt is answered with “{there}”, here with “{here}”. Keep the right "
                "answer, or add to the prompt what decides between them.",
                other=other,
                there=there,
                here=here,
            )
    return _(
        "On line {other} the same prompt is answered quite differently. Keep the right answer, or add to the prompt "
        "what decides between them.",
        other=other,
    )


@FINDINGS.sentence
def many_refusals(refusals: int, answers: int, percent: int, first: int) -> str:
    """A large share of the answers refuse (a fifth or more). The model will refuse more than it should.

    Answer what should be answered, and keep refusals for what should be refused.
    """
    return _(
        "{refusals} of {answers} answers ({percent}%) refuse, the first on line {first}. Answer what should be "
        "answered, and keep refusals for what should be refused.",
        refusals=refusals,
        answers=answers,
        percent=percent,
        first=first,
    )


@FINDINGS.sentence
def secret(kinds: Mapping[str, int]) -> str:
    """The example holds a key, token or password. What a model is trained on, it can say.

    Take it out here, and revoke it where it is in use: this file has been copied.
    """
    return plural(
        "The example holds what looks like {kinds}. Take it out here, and revoke it where it is in use: this file has "
        "been copied.",
        "The example holds what looks like {kinds}. Take them out here, and revoke them where they are in use: this "
        "file has been copied.",
        sum(kinds.values()),
        kinds=_counted(kinds),
    )


@FINDINGS.sentence
def personal_data(kinds: Mapping[str, int]) -> str:
    """The example holds personal data: a mail address, a phone, card or account number, an identity number.

    Mask it, unless the model should know it by heart and may say it to anyone.
    """
    return plural(
        "The example holds {kinds}. Mask it, unless the model should know it by heart and may say it to anyone.",
        "The example holds {kinds}. Mask them, unless the model should know them by heart and may say them to anyone.",
        sum(kinds.values()),
        kinds=_counted(kinds),
    )


def _counted(kinds: Mapping[str, int]) -> str:
    """ "a mail address and 2 GitHub tokens"."""
    return listed([_several(kind, times) for kind, times in kinds.items()])


def _several(kind: str, times: int) -> str:
    """So many finds of a kind of `training_files.pii_and_secrets`."""
    match kind:
        case "mail address":
            return plural("a mail address", "{count} mail addresses", times)
        case "phone number":
            return plural("a phone number", "{count} phone numbers", times)
        case "card number":
            return plural("a card number", "{count} card numbers", times)
        case "bank account number":
            return plural("a bank account number", "{count} bank account numbers", times)
        case "identity number":
            return plural("an identity number", "{count} identity numbers", times)
        case "named secret":
            return plural("a named secret", "{count} named secrets", times)
        case "private key":
            return plural("a private key", "{count} private keys", times)
        case "JSON web token":
            return plural("a JSON web token", "{count} JSON web tokens", times)
        case "webhook signing secret":
            return plural("a webhook signing secret", "{count} webhook signing secrets", times)
        case "URL password":
            return plural("a URL password", "{count} URL passwords", times)
        case "AWS access key":
            return plural("an AWS access key", "{count} AWS access keys", times)
        case "Azure storage key":
            return plural("an Azure storage key", "{count} Azure storage keys", times)
        case "OpenAI session key":
            return plural("an OpenAI session key", "{count} OpenAI session keys", times)
        case "Telegram bot token":
            return plural("a Telegram bot token", "{count} Telegram bot tokens", times)
    whose, _space, what = kind.rpartition(" ")
    a = f"an {whose}" if whose[:1] in "aeioAEIO" or whose.startswith(_SPELT) else f"a {whose}"
    match what:
        case "key":
            return plural("{a} key", "{count} {whose} keys", times, a=a, whose=whose)
        case "token":
            return plural("{a} token", "{count} {whose} tokens", times, a=a, whose=whose)
        case "secret":
            return plural("{a} secret", "{count} {whose} secrets", times, a=a, whose=whose)
        case "address":
            return plural("{a} address", "{count} {whose} addresses", times, a=a, whose=whose)
    return kind


_SPELT = ("npm", "xAI", "NVIDIA")  # they sound as if they began with a vowel
