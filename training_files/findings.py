"""The codes of what can be wrong with a training file: severity, sentence, remedy.

docs/findings.md is written from this table (scripts/docs.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from training_files.deep.rules import RULES as DEEP
from training_files.report import Finding, Severity
from training_files.rule import Rule
from training_files.wording import excerpt, quoted

KEPT = 1_000
"""Findings kept of each severity; all are counted."""


def errors_worth(size: int) -> int:
    """Errors that are worth the time, by the bytes so far: of a file with more nearly nothing is right. Warnings do not
    count, since a file may be trained on in spite of them.
    """
    return 100_000 + size // 100


RULES = (
    Rule(
        "not_jsonl",
        "error",
        "The file is something else than JSONL: a spreadsheet, a JSON array, a PDF. It is not read further.",
        "This is {what}, not JSONL.",
        "{how}",
    ),
    Rule(
        "not_utf8",
        "error",
        "A line, or the whole file, is not UTF-8 text.",
        "{what}",
        "Save the file as UTF-8.",
        repair="encoding",
    ),
    Rule(
        "invalid_json",
        "error",
        "The line is not valid JSON.",
        "The line is not valid JSON: {why}.",
        "{how}",
        repair="json_syntax",
    ),
    Rule(
        "control_character",
        "error",
        "A raw control character (a line break, a tab, NUL) stands inside a string, where JSON wants it escaped.",
        "A raw control character stands inside a string at column {column:,}.",
        r"Write it as an escape such as \n or \t, or let a JSON library write the line.",
        repair="json_syntax",
    ),
    Rule(
        "line_too_long",
        "error",
        "The line is longer than 8 MB, or has more than 500,000 brackets and commas. It is skipped.",
        "The line is longer than {megabytes} MB, or has more than {values:,} brackets and commas, and was skipped.",
        "Put each example on a line of its own, or take the large part out.",
        repair="unusable",
    ),
    Rule(
        "too_many_findings",
        "error",
        "The file has so many errors that the rest of it was not looked at.",
        "By here {count:,} errors were counted. What comes after was not looked at.",
        "Mend what is named above, then check the file again.",
    ),
    Rule(
        "data_type",
        "error",
        "An example, or a message in it, is not a JSON object.",
        "{where} is {what}, not an object.",
        "{how}",
        repair="json_syntax",
    ),
    Rule(
        "missing_messages_list",
        "error",
        "The example has no `messages` list, or an empty one.",
        "{what}",
        'Give the example a list of messages: {{"messages": [{{"role": "user", "content": "..."}}, ...]}}.',
        repair="unusable",
    ),
    Rule(
        "message_missing_key",
        "error",
        "A message has no `role`, or no `content` and no call in its place.",
        "`{field}` has no {missing}.",
        "Add {missing} to the message.",
        repair="unusable",
    ),
    Rule(
        "message_unrecognized_key",
        "error",
        "A message has a key that the format does not know.",
        "`{field}` has {keys}, which the format does not know.",
        "Remove or rename it; known are {known}.",
        repair="unknown_keys",
    ),
    Rule(
        "unrecognized_role",
        "error",
        "A message's `role` is not one of the format's roles.",
        "`{field}` is {role}, which is not a role.",
        "Use {instead}.",
        repair="roles",
    ),
    Rule(
        "missing_content",
        "error",
        "A message has no content (empty, null or not text), and no call in its place.",
        "`{field}` is {what}.",
        "Write the message's text there, or remove the message.",
        repair="unusable",
    ),
    Rule(
        "example_missing_assistant_message",
        "error",
        "No message of the example is the assistant's, so there is nothing to learn from it.",
        "The example has no message with the role assistant.",
        "Add the answer that the model should learn, or remove the line.",
        repair="unusable",
    ),
    Rule(
        "example_missing_user_message",
        "warning",
        "No message of the example is the user's: the model learns to answer without having been asked.",
        "The example has no message with the role user.",
        "Add what was asked, unless the model is meant to speak first.",
    ),
    Rule(
        "too_few_examples",
        "error",
        "The file has fewer examples than training takes: 10.",
        "{what}",
        "Add {missing} or more; 50 to 100 good ones are a usual start.",
    ),
    Rule(
        "file_too_large",
        "error",
        "The file is larger than the model's provider takes.",
        "The file has {megabytes:,} MB; {model} takes {limit:,} MB at most.",
        "Train on a smaller selection, or on a provider that takes more.",
    ),
    Rule(
        "example_too_long",
        "warning",
        "The example is longer than the model takes. It is cut at the end without any notice, and the answer is "
        "what stands there.",
        "The example has {tokens:,} tokens; {model} takes {limit:,}, so the last {cut:,} are cut off silently.",
        "Shorten it or split it into several.",
        repair="too_long",
    ),
    Rule(
        "empty_line",
        "warning",
        "The line is empty. It is passed over here; some tools stop at it.",
        "The line is empty.",
        "Remove it.",
        repair="empty_rows",
    ),
    Rule(
        "byte_order_mark",
        "warning",
        "The file begins with a byte-order mark. It is passed over here; some tools stop at it.",
        "The file begins with a byte-order mark (three invisible bytes).",
        "Save it as UTF-8 without a byte-order mark.",
        repair="byte_order_mark",
    ),
    Rule(
        "last_message_not_assistant",
        "error",
        "The last message is not the assistant's. What follows the last answer teaches nothing; providers refuse it.",
        "The last message is {whose}, not the assistant's.",
        "End the example with the assistant's answer.",
        repair="trailing_messages",
    ),
    Rule(
        "empty_answer",
        "error",
        "An answer is blank: nothing but spaces and line breaks.",
        "`{field}` is blank, so there is nothing to learn from it.",
        "Write the answer, or remove the example.",
        repair="empty_answers",
    ),
    Rule(
        "no_trained_answer",
        "error",
        "All answers of the example have weight 0, so nothing of it is trained on.",
        "Every answer of the example has weight 0, so none is trained on.",
        "Give the answer to be learned weight 1, or remove the example.",
        repair="weight_zero",
    ),
    Rule(
        "invalid_weight",
        "error",
        "A weight is something else than 0 or 1, or stands on a message that is not the assistant's.",
        "`{field}` is {what}.",
        "{how}",
        repair="unknown_keys",
    ),
    Rule(
        "invalid_value",
        "error",
        "A known key holds what it cannot hold, or stands where it cannot stand.",
        "`{field}` is {what}.",
        "{how}",
        repair="unusable",
    ),
    Rule(
        "unrecognized_key",
        "warning",
        "Examples have a key, beside their messages, that the format does not know. It is passed over here; a provider "
        "may refuse it. Reported once for each key.",
        "{examples} the key `{key}`, which the format does not know and which is not trained on.",
        "Remove it if your provider refuses the file.",
    ),
    Rule(
        "invalid_tools",
        "error",
        "What declares the tools has the wrong form.",
        "`{field}` is {what}.",
        'Declare each tool as {{"type": "function", "function": {{"name": ..., "parameters": ...}}}}.',
        repair="unusable",
    ),
    Rule(
        "too_many_tools",
        "error",
        "The example declares more than 128 tools, the most that the protocol takes.",
        "The example declares {count:,} tools; the protocol takes 128.",
        "Leave out the tools that the example has no use for.",
        repair="unusable",
    ),
    Rule(
        "invalid_tool_name",
        "error",
        "A tool's name is missing, too long (over 64 characters), or has other characters than letters, digits, "
        "underscores and dashes.",
        "`{field}` is {what}.",
        "Name the tool with 1 to 64 letters, digits, underscores or dashes.",
        repair="unusable",
    ),
    Rule(
        "duplicate_tool",
        "warning",
        "Two tools of the example have the same name.",
        "`{field}` is {name}, which an earlier tool is called already.",
        "Keep one of the two.",
    ),
    Rule(
        "invalid_tool_schema",
        "error",
        "A tool's parameters are not a valid JSON schema of an object.",
        "`{field}` is not a valid JSON schema: {why}.",
        "Correct the schema; the API refuses such a tool.",
        repair="unusable",
    ),
    Rule(
        "tool_schema_not_checked",
        "warning",
        "A tool's schema cannot be applied safely: it needs another document (none is ever fetched), a pattern with "
        "look-around or back-references (no linear-time engine has them), or unbounded work. Calls of that tool are "
        "not held to it.",
        "Calls of this tool were not held to its schema: {why}.",
        "Simplify the schema if you want them checked.",
    ),
    Rule(
        "invalid_tool_call",
        "error",
        "A call has the wrong form: no id, no name, or not of the type function.",
        "`{field}` is {what}.",
        'Write a call as {{"id": ..., "type": "function", "function": {{"name": ..., "arguments": "..."}}}}.',
        repair="unusable",
    ),
    Rule(
        "invalid_arguments",
        "error",
        "A call's arguments are not a JSON object written in a string.",
        "`{field}` is {what}.",
        "Write the arguments as a JSON object in a string.",
        repair="double_encoded_arguments",
    ),
    Rule(
        "double_encoded_arguments",
        "error",
        "A call's arguments were encoded twice: the string holds a JSON string, and that one the object.",
        "`{field}` was encoded twice: in the string is another JSON string, and the object is in that.",
        "Encode the object once.",
        repair="double_encoded_arguments",
    ),
    Rule(
        "undeclared_tool",
        "warning",
        "A call names a tool that the example does not declare, although it declares others.",
        "`{field}` is {name}, which is not among the tools of the example.",
        "Declare the tool, or call one of {known}.",
    ),
    Rule(
        "tools_not_declared",
        "warning",
        "Examples call tools and declare none. Reported once for the file.",
        "{examples} tools without declaring any.",
        "Add `tools`, unless the model is meant to call them without being told of them.",
    ),
    Rule(
        "arguments_break_schema",
        "warning",
        "A call's arguments break the JSON schema of the tool that it calls. The model learns to call it wrongly.",
        "`{field}` does not fit the schema of {name}: {why}.",
        "Correct the arguments, or the schema.",
    ),
    Rule(
        "call_without_answer",
        "error",
        "A call is followed by other messages, but by no answer of the tool. The API refuses such a conversation.",
        "`{field}` has no answer: no tool message after it has the id {id}.",
        "Add the tool's answer after the call, or remove the call.",
        repair="unusable",
    ),
    Rule(
        "answer_without_call",
        "error",
        "A tool's answer belongs to no call before it. The API refuses such a conversation.",
        "`{field}` is a tool's answer, but {what}.",
        "Give it the `tool_call_id` of a call in the message before, or remove it.",
        repair="unusable",
    ),
    Rule(
        "invalid_content_part",
        "error",
        "A part of a message's content is of a kind that cannot be trained on, or lacks what its kind needs.",
        "`{field}` is {what}.",
        "{how}",
        repair="unusable",
    ),
    Rule(
        "misplaced_image",
        "error",
        "An image stands in a message that is not the user's. Models are not trained to answer with images.",
        "`{field}` is an image in a message of the {role}.",
        "Move it into the user's message, or remove it.",
        repair="unusable",
    ),
    Rule(
        "too_many_images",
        "error",
        "The example has more than 10 images.",
        "The example has {count:,} images; a provider takes 10.",
        "Split the example, or leave out some of its images.",
        repair="unusable",
    ),
    Rule(
        "too_many_image_examples",
        "error",
        "More than 50,000 examples of the file have images.",
        "{count:,} examples have images; a provider takes 50,000 in a file.",
        "Leave out some of them.",
    ),
    Rule(
        "invalid_image_url",
        "error",
        "An image's URL is neither an http address nor a data URL with Base64. Addresses are never fetched.",
        "`{field}` is {what}.",
        "Use an https address, or `data:image/png;base64,...`.",
        repair="unusable",
    ),
    Rule(
        "unsupported_image",
        "warning",
        "An image is not a JPEG, PNG or WEBP in RGB or RGBA, or is another kind than its URL says. Providers skip it.",
        "`{field}` is {what}.",
        "Save it as JPEG, PNG or WEBP in colour.",
    ),
    Rule(
        "image_too_large",
        "warning",
        "An image is larger than 10 MB. Providers skip it.",
        "`{field}` holds an image of {megabytes:.1f} MB; those over 10 MB are skipped.",
        "Scale it down.",
    ),
    Rule(
        "completion_missing_text",
        "error",
        "A completion example lacks its `prompt` or `completion`, or one of them is not text.",
        "`{field}` is {what}.",
        'Write the example as {{"prompt": "...", "completion": "..."}}.',
        repair="unusable",
    ),
    Rule(
        "missing_separator",
        "warning",
        "The prompts do not all end with the same separator, so the model cannot know where the completion begins.",
        "{what}",
        r"End each prompt with the same separator, such as `\n\n###\n\n`.",
        repair="separator",
    ),
    Rule(
        "separator_in_prompt",
        "warning",
        "The separator that ends the prompts also stands inside one.",
        "The separator {separator} also stands inside this prompt.",
        "Take it out there, or choose a separator that no prompt holds.",
        repair="separator",
    ),
    Rule(
        "missing_leading_space",
        "warning",
        "A completion does not begin with a space. Most words are one token only with the space before them.",
        "{what}",
        "Begin each completion with one space.",
        repair="leading_space",
    ),
    Rule(
        "missing_stop_sequence",
        "warning",
        "The completions do not all end with the same stop sequence, so the model does not learn where to stop.",
        "{what}",
        r"End each completion with the same stop sequence, such as `\n` or ` END`.",
        repair="stop_sequence",
    ),
    Rule(
        "class_of_many_tokens",
        "warning",
        "A class of a completion file is more than one token. One tells classes apart, and is cheaper and safer.",
        "The class {name} is {tokens} tokens long.",
        "Name each class by one short word with a space before it.",
    ),
    Rule(
        "few_examples_of_a_class",
        "warning",
        "A class of a completion file has fewer than about 100 examples.",
        "The class {name} has {examples}; about 100 are advised.",
        "Add examples of it.",
    ),
    Rule(
        "few_examples_to_generate",
        "warning",
        "A completion file for free text has fewer than about 500 examples.",
        "The file has {examples} of free text; about 500 are advised.",
        "Add more.",
    ),
    Rule(
        "class_imbalance",
        "warning",
        "The answers are a few classes, and one of them is far more frequent than another (ten times or more, or four "
        "fifths of all). The model will lean to it.",
        "{what}",
        "Add examples of the rare answers, or leave out some of the frequent one.",
    ),
    Rule(
        "invalid_preference",
        "error",
        "A preference example lacks its `input`, its messages, or one of the two outputs, or they have the wrong form.",
        "`{field}` is {what}.",
        'Write it as {{"input": {{"messages": [...]}}, "preferred_output": [...], "non_preferred_output": [...]}}.',
        repair="unusable",
    ),
    Rule(
        "preference_not_one_answer",
        "error",
        "An output of a preference example is something else than one message of the assistant.",
        "`{field}` is {what}.",
        'Make it a list of one message: [{{"role": "assistant", "content": "..."}}].',
        repair="unusable",
    ),
    Rule(
        "equal_preference",
        "error",
        "The two outputs of a preference example are the same, so there is nothing to prefer.",
        "`preferred_output` and `non_preferred_output` say the same.",
        "Write two different answers, or remove the example.",
        repair="equal_pairs",
    ),
    Rule(
        "missing_grader_field",
        "warning",
        "A reinforcement example lacks a field that the first example has for the grader.",
        "The example has no {fields}, which the first example of the file has for the grader.",
        "Add it, or remove it everywhere.",
    ),
    Rule(
        "mixed_formats",
        "error",
        "The file holds examples of several formats. A job takes one.",
        "The file mixes formats: {formats}.",
        "Put each format in a file of its own.",
        repair="convert",
    ),
    Rule(
        "needs_conversion",
        "error",
        "The file has rows (columns, or objects without messages) that have to be turned into training examples first.",
        "{what}",
        "Convert it: Mend shows how it would be read and lets you choose.",
        repair="convert",
    ),
    Rule(
        "filler_opening",
        "warning",
        "Many answers begin with the same empty words (“Sure!”, “Of course”, “好的”), as a generating model left "
        "them there. The fine-tuned model will say them each time.",
        "{answers:,} of {looked:,} answers begin with “{opening}”.",
        "Take the words off, unless you want them in every answer.",
        repair="filler_openings",
    ),
    Rule(
        "varying_system_prompt",
        "warning",
        "Nearly all examples share a system prompt; a few have it in another wording, spacing or case, or not at all.",
        "{examples} the system prompt that {share:,} others share.",
        "Use the same text everywhere, unless the difference is meant.",
    ),
    Rule(
        "duplicate_example",
        "warning",
        "The example is the same as an earlier one, whatever the spacing and the order of keys in its line. It counts "
        "twice in training, and costs twice.",
        "The same example stands on line {first:,} already.",
        "Remove it, unless it is meant to count twice.",
        repair="duplicates",
    ),
    Rule(
        "in_validation_file",
        "warning",
        "The example also stands in the validation file, where it measures what was learned by heart.",
        "The same example stands on line {first:,} of the validation file.",
        "Remove it from one of the two.",
        repair="validation_overlap",
    ),
    Rule(
        "too_many_examples",
        "error",
        "The file has more examples than the model's provider takes.",
        "The file has {examples:,} examples; {model} takes {limit:,} at most.",
        "Train on a smaller selection.",
    ),
    Rule(
        "format_not_taken",
        "warning",
        "The model that was asked about is not trained on files of this format.",
        "{model} is not trained on {format} files.",
        "{how}",
    ),
    *DEEP,
)

BY_CODE = {rule.code: rule for rule in RULES}


class Enough(Exception):
    """One example has more findings than are worth looking for."""


class Findings:
    """Collects what is found in one file: counts all, keeps the first `KEPT` of each severity."""

    def __init__(self) -> None:
        self.errors = 0
        self.counts: dict[str, int] = {}
        self._most: int | None = None
        self.repeated: dict[str, int] = {}
        self._kept: dict[Severity, list[Finding]] = {"error": [], "warning": []}

    def add(
        self, code: str, line: int | None, field: str | None = None, *, quote: object = "", **details: object
    ) -> None:
        """Notes one finding. `details` fill in the rule's sentence. `quote` is masked and cut to 120 characters;
        what is no text is written as JSON.
        """
        self.count(code)
        rule = BY_CODE[code]
        kept = self._kept[rule.severity]
        if len(kept) < KEPT:
            shown = excerpt(quote, 120) if isinstance(quote, str) else quoted(quote, 120)
            message = f"{rule.says} {rule.remedy}".format(field=field, **details)
            kept.append(Finding(code, line, message, rule.severity, field, shown))

    def keeps(self, code: str) -> bool:
        """Whether one more finding of this code would be kept; beyond that they are counted only."""
        return len(self._kept[BY_CODE[code].severity]) < KEPT

    @contextmanager
    def of_one_example(self) -> Iterator[None]:
        """What is found meanwhile is about one example: beyond KEPT errors no more is looked for."""
        self._most = self.errors + KEPT
        try:
            with suppress(Enough):
                yield
        finally:
            self._most = None

    def repeat(self, code: str) -> None:
        """Counts a defect under a second code, as the usual script does, where a finding tells of it already."""
        self.count(code)
        self.repeated[code] = self.repeated.get(code, 0) + 1

    def count(self, code: str, times: int = 1) -> None:
        """Counts findings of which more than enough are kept. Raises Enough, within `of_one_example`."""
        self.counts[code] = self.counts.get(code, 0) + times
        if BY_CODE[code].severity == "error":
            self.errors += times
        if self._most is not None and self.errors > self._most:
            raise Enough

    def first(self, severity: Severity) -> list[Finding]:
        return self._kept[severity]


def merged(collected: list[Findings], severity: Severity) -> list[Finding]:
    """The first `KEPT` by line, those about the whole file before all others."""
    everything = [finding for findings in collected for finding in findings.first(severity)]
    return sorted(everything, key=lambda finding: finding.line or 0)[:KEPT]
