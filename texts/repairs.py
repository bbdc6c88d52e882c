"""What each repair of a training file is called and does, and why something cannot be repaired.

Values that quote a file come as they are: whoever shows a sentence with them escapes all of it.
"""

from typing import Final

from texts import findings
from texts.language import _
from texts.sentences import Sentences
from training_files.repair import Remark, Why

REMARKS: Final = Sentences()


def title(repair: str, *, mark: str = "", format: str = "", of_rows: bool = False) -> str:
    """What a person chooses, in a few words. `mark`: the separator or stop sequence that texts get; `format`: what
    examples are converted to, and `of_rows`: from rows of a table.
    """
    if repair == "separator" and mark:
        return _("End each prompt with the same separator: {mark}", mark=mark)
    if repair == "stop_sequence" and mark:
        return _("End each completion with the same stop sequence: {mark}", mark=mark)
    if repair == "convert" and format:
        if of_rows:
            return _("Make every row a {format} example", format=format)
        return _("Make every example a {format} example", format=format)
    return {
        "encoding": _("Write it in UTF-8"),
        "byte_order_mark": _("Remove the byte-order mark"),
        "line_endings": _("End lines with LF"),
        "empty_rows": _("Remove empty lines"),
        "one_a_line": _("Write each example on one line"),
        "json_syntax": _("Save lines that are nearly JSON"),
        "roles": _("Correct the names of roles"),
        "unknown_keys": _("Remove keys that messages cannot have"),
        "functions": _("Write functions as tools"),
        "double_encoded_arguments": _("Encode arguments of calls once"),
        "control_characters": _("Remove control characters"),
        "empty_messages": _("Take out empty system messages"),
        "trailing_messages": _("End each chat with its last answer"),
        "convert": _("Bring all examples into one format"),
        "mask_secrets": _("Mask keys, tokens and passwords"),
        "mask": _("Mask personal data too"),
        "filler_openings": _("Remove filler openings"),
        "separator": _("End each prompt with the same separator"),
        "leading_space": _("Begin each completion with a space"),
        "stop_sequence": _("End each completion with the same stop sequence"),
        "empty_answers": _("Leave out examples with an empty answer"),
        "weight_zero": _("Leave out examples in which no answer counts"),
        "equal_pairs": _("Leave out pairs whose two answers are the same"),
        "too_long": _("Shorten examples that the model would cut"),
        "unusable": _("Leave out what still has errors"),
        "duplicates": _("Keep one of each example"),
        "near_duplicates": _("Keep one of those that are nearly the same"),
        "validation_overlap": _("Leave out what stands in the validation file"),
    }[repair]


def does(repair: str) -> str:
    """One or two sentences more."""
    return {
        "encoding": _(
            "A file in another encoding is read in its own. Single lines that are not UTF-8 are read as Windows-1252."
        ),
        "byte_order_mark": _("Three invisible bytes at which some tools stop."),
        "line_endings": _("Instead of CR LF or CR."),
        "empty_rows": _("They hold no example, and some tools stop at them."),
        "one_a_line": _("For a JSON array, and for JSON that spreads over several lines."),
        "json_syntax": _(
            "A comma too many, raw tabs and the like in a text, quotes as Python prints them, or a bare list of "
            "messages."
        ),
        "roles": _(
            "`human` and `customer` become `user`; `gpt`, `bot`, `ai`, `model` and `agent` `assistant`; capitals go."
        ),
        "unknown_keys": _(
            "Keys that the format does not know, weights on messages that are not the assistant's, "
            "`tool_call_id` where no tool speaks. Weights written as text or as true and false become 1 and 0."
        ),
        "functions": _(
            "`functions` and `function_call` are the older form. Providers still take it; some open models do not."
        ),
        "double_encoded_arguments": _(
            "Arguments that were encoded twice, or not at all, become one JSON object in a string."
        ),
        "control_characters": _("Invisible characters that mean nothing in a text. Tabs and line breaks stay."),
        "empty_messages": _("A system or developer message that says nothing."),
        "trailing_messages": _("What follows the last answer is not trained on, and providers refuse it."),
        "convert": _(
            "Rows become examples, a completion becomes a chat of two messages, a preference becomes a chat with "
            "the preferred answer; a chat of one question and one answer becomes a completion."
        ),
        "mask_secrets": _("Each becomes [SECRET]. What a model was trained on, it can say."),
        "mask": _(
            "Mail addresses, phone, card, account and identity numbers become [EMAIL], [PHONE] and so on; "
            "secrets too. Not for a file whose answers are to give your own address or number."
        ),
        "filler_openings": _(
            "“Sure!”, “Of course”, “好的”: where many answers begin so, the model would always say it."
        ),
        "separator": _(
            "The one that most prompts have, if none holds it inside; else a new one. Use it too when you ask "
            "the model."
        ),
        "leading_space": _("Most words are one token only with the space before them."),
        "stop_sequence": _(
            "The one that most completions have; else a new one. Give it as `stop` when you ask the model."
        ),
        "empty_answers": _("There is nothing to learn from them."),
        "weight_zero": _("Every answer has weight 0."),
        "equal_pairs": _("There is nothing to prefer."),
        "too_long": _(
            "The oldest turns after the system message are taken out until the rest fits: the answer stands at "
            "the end. Where the last question and answer alone are too long, the example is left out."
        ),
        "unusable": _("Examples that no other repair could save; each is named with the reason."),
        "duplicates": _("The first of those that are the same."),
        "near_duplicates": _("95% of the text or more is the same. The model would learn them by heart."),
        "validation_overlap": _("Otherwise the validation loss tells nothing about what the model has not seen."),
    }[repair]


def remark(why: Why) -> str:
    """A sentence, or what stands in place of an excerpt."""
    if not isinstance(why, Remark):
        return findings.sentence(why)
    return REMARKS.say(why.kind, why.values) or why.kind


@REMARKS.sentence
def byte_order_mark_is_there() -> str:
    return _("three invisible bytes before the first line")


@REMARKS.sentence
def line_is_empty() -> str:
    return _("an empty line")


@REMARKS.sentence
def line_is_too_long(megabytes: int, values: int) -> str:
    return _(
        "The line is longer than {megabytes} MB, or has more than {values} brackets and commas.",
        megabytes=megabytes,
        values=values,
    )


@REMARKS.sentence
def conversation_empty() -> str:
    return _("Its conversation is empty.")


@REMARKS.sentence
def conversation_no_list() -> str:
    return _("Its conversation is not a list of turns.")


@REMARKS.sentence
def nobody_answers() -> str:
    return _("Nobody answers in its conversation.")


@REMARKS.sentence
def tools_no_list() -> str:
    return _("Its tools are not a list of objects.")


@REMARKS.sentence
def history_no_pairs() -> str:
    return _("Its history is not a list of pairs.")


@REMARKS.sentence
def turn_no_object(turn: int) -> str:
    return _("Turn {turn} of its conversation is not an object.", turn=turn)


@REMARKS.sentence
def turn_of_nobody(turn: int) -> str:
    return _("Turn {turn} of its conversation does not say who speaks.", turn=turn)


@REMARKS.sentence
def turn_of_no_role(turn: int, speaker: str) -> str:
    return _("Turn {turn} of its conversation is by “{speaker}”, which is no role.", turn=turn, speaker=speaker)


@REMARKS.sentence
def turn_answers_no_call(turn: int) -> str:
    return _("Turn {turn} of its conversation answers a tool that was not called.", turn=turn)


@REMARKS.sentence
def turn_calls_no_tool(turn: int) -> str:
    return _("Turn {turn} of its conversation calls a tool, but names none.", turn=turn)


@REMARKS.sentence
def character_lost() -> str:
    return _("It has a character that cannot be read in the file's encoding (�).")


@REMARKS.sentence
def half_a_character() -> str:
    return _("It holds half of a character (a lone surrogate).")


@REMARKS.sentence
def row_nested_too_deeply() -> str:
    return _("It is nested too deeply.")


@REMARKS.sentence
def equal_answers() -> str:
    return _("Both answers are the same.")


@REMARKS.sentence
def nothing_asked() -> str:
    return _("Nothing is asked in it.")


@REMARKS.sentence
def last_turn_no_answer(column: str) -> str:
    return _("The last turn in “{column}” is not an answer.", column=column)


@REMARKS.sentence
def cell_empty(column: str) -> str:
    return _("“{column}” is empty.", column=column)


@REMARKS.sentence
def cell_no_value(column: str, text: str) -> str:
    return _("“{column}” holds no value but {text}.", column=column, text=text)


@REMARKS.sentence
def too_many_cells(cells: int, columns: int) -> str:
    return _(
        "It has {cells} cells, the header {columns}; a text with a separator in it needs quotes.",
        cells=cells,
        columns=columns,
    )


@REMARKS.sentence
def row_no_json() -> str:
    return _("It is not valid JSON.")


@REMARKS.sentence
def row_no_object() -> str:
    return _("It is not an object.")


@REMARKS.sentence
def list_is_no_example() -> str:
    return _("It is a list, not an example.")


@REMARKS.sentence
def value_is_no_example() -> str:
    return _("It is a single value, not an example.")


@REMARKS.sentence
def json_is_broken() -> str:
    return _("The JSON that begins here is broken.")


@REMARKS.sentence
def nested_too_deeply() -> str:
    return _("It is nested too deeply to be repaired.")


@REMARKS.sentence
def number_cannot_be_written() -> str:
    return _("It needs a repair, and holds a number that cannot be written anew.")


@REMARKS.sentence
def cannot_be_json() -> str:
    return _("It cannot be written as JSON.")


@REMARKS.sentence
def cannot_become(found: str, format: str) -> str:
    return _("A {found} example cannot become a {format} example.", found=found, format=format)


@REMARKS.sentence
def pair_is_not_text() -> str:
    return _("Its prompt or its completion is not text.")


@REMARKS.sentence
def no_prompt() -> str:
    return _("It has no prompt, so a chat would have no question.")


@REMARKS.sentence
def preference_without_lists() -> str:
    return _("Its messages or its preferred answer are not lists.")


@REMARKS.sentence
def no_list_of_messages() -> str:
    return _("Its messages are not a list of messages.")


@REMARKS.sentence
def more_than_a_completion() -> str:
    return _("A completion holds one question and one answer; this chat is longer, or of another form.")


@REMARKS.sentence
def more_than_text() -> str:
    return _("A completion holds text only; this chat has calls, tools or images.")


@REMARKS.sentence
def completion_is_empty() -> str:
    return _("The completion is empty.")


@REMARKS.sentence
def answer_is_empty() -> str:
    return _("An answer is empty.")


@REMARKS.sentence
def no_answer_counts() -> str:
    return _("Every answer has weight 0, so nothing would be trained on.")


@REMARKS.sentence
def answers_are_the_same() -> str:
    return _("The preferred answer and the other one are the same.")


@REMARKS.sentence
def too_many_tokens(tokens: int, model: str, limit: int) -> str:
    return _(
        "It has {tokens} tokens; {model} takes {limit}, and no turn can be spared.",
        tokens=tokens,
        model=model,
        limit=limit,
    )


@REMARKS.sentence
def same_as_line(line: int) -> str:
    return _("It is the same as line {line}.", line=line)


@REMARKS.sentence
def nearly_same_as_line(line: int) -> str:
    return _("It is nearly the same as line {line}.", line=line)


@REMARKS.sentence
def same_in_validation_file(line: int) -> str:
    return _("Line {line} of the validation file is the same.", line=line)
