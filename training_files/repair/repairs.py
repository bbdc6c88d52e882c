"""The table of repairs, in the order in which they are applied.

The order is what makes one mending enough. First what makes an example readable as what it is meant to be, then the
conversion, then its texts, then the marks around them, then what is left out; each repair leaves nothing for an
earlier one. What compares examples with each other comes last, when they are as they will be.
"""

from training_files.repair import completions, conversion, length, messages, texts
from training_files.repair import unusable as verdict
from training_files.repair.repair import Repair

REPAIRS = (
    Repair(
        "encoding",
        "Write it in UTF-8",
        "A file in another encoding is read in its own. Single lines that are not UTF-8 are read as Windows-1252.",
    ),
    Repair(
        "byte_order_mark",
        "Remove the byte-order mark",
        "Three invisible bytes at which some tools stop.",
        always=True,
    ),
    Repair("line_endings", "End lines with LF", "Instead of CR LF or CR.", always=True),
    Repair("empty_rows", "Remove empty lines", "They hold no example, and some tools stop at them.", always=True),
    Repair(
        "one_a_line",
        "Write each example on one line",
        "For a JSON array, and for JSON that spreads over several lines.",
        always=True,
    ),
    Repair(
        "json_syntax",
        "Save lines that are nearly JSON",
        "A comma too many, raw tabs and the like in a text, quotes as Python prints them, or a bare list of messages.",
    ),
    Repair(
        "roles",
        "Correct the names of roles",
        "`human` and `customer` become `user`; `gpt`, `bot`, `ai`, `model` and `agent` `assistant`; capitals go.",
        messages.roles,
    ),
    Repair(
        "unknown_keys",
        "Remove keys that messages cannot have",
        "Keys that the format does not know, weights on messages that are not the assistant's, `tool_call_id` where no "
        "tool speaks. Weights written as text or as true and false become 1 and 0.",
        messages.unknown_keys,
    ),
    Repair(
        "functions",
        "Write functions as tools",
        "`functions` and `function_call` are the older form. Providers still take it; some open models do not.",
        messages.functions,
        recommended=False,
    ),
    Repair(
        "double_encoded_arguments",
        "Encode arguments of calls once",
        "Arguments that were encoded twice, or not at all, become one JSON object in a string.",
        messages.double_encoded_arguments,
    ),
    Repair(
        "control_characters",
        "Remove control characters",
        "Invisible characters that mean nothing in a text. Tabs and line breaks stay.",
        texts.control_characters,
    ),
    Repair(
        "empty_messages",
        "Take out empty system messages",
        "A system or developer message that says nothing.",
        messages.empty_messages,
    ),
    Repair(
        "trailing_messages",
        "End each chat with its last answer",
        "What follows the last answer is not trained on, and providers refuse it.",
        messages.trailing_messages,
    ),
    Repair(
        "convert",
        "Bring all examples into one format",
        "Rows become examples, a completion becomes a chat of two messages, a preference becomes a chat with the "
        "preferred answer; a chat of one question and one answer becomes a completion.",
        conversion.convert,
    ),
    Repair(
        "mask_secrets",
        "Mask keys, tokens and passwords",
        "Each becomes [SECRET]. What a model was trained on, it can say.",
        texts.mask_secrets,
    ),
    Repair(
        "mask",
        "Mask personal data too",
        "Mail addresses, phone, card, account and identity numbers become [EMAIL], [PHONE] and so on; secrets "
        "too. Not for a file whose answers are to give your own address or number.",
        texts.mask,
        recommended=False,
    ),
    Repair(
        "filler_openings",
        "Remove filler openings",
        "“Sure!”, “Of course”, “好的”: where many answers begin so, the model would always say it.",
        texts.filler_openings,
    ),
    Repair(
        "separator",
        "End each prompt with the same separator",
        "The one that most prompts have, if none holds it inside; else a new one. Use it too when you ask the model.",
        completions.separator,
    ),
    Repair(
        "leading_space",
        "Begin each completion with a space",
        "Most words are one token only with the space before them.",
        completions.leading_space,
    ),
    Repair(
        "stop_sequence",
        "End each completion with the same stop sequence",
        "The one that most completions have; else a new one. Give it as `stop` when you ask the model.",
        completions.stop_sequence,
    ),
    Repair(
        "empty_answers",
        "Leave out examples with an empty answer",
        "There is nothing to learn from them.",
        messages.empty_answers,
        drops=True,
    ),
    Repair(
        "weight_zero",
        "Leave out examples in which no answer counts",
        "Every answer has weight 0.",
        messages.weight_zero,
        drops=True,
    ),
    Repair(
        "equal_pairs",
        "Leave out pairs whose two answers are the same",
        "There is nothing to prefer.",
        messages.equal_pairs,
        drops=True,
    ),
    Repair(
        "too_long",
        "Shorten examples that the model would cut",
        "The oldest turns after the system message are taken out until the rest fits: the answer stands at the end. "
        "Where the last question and answer alone are too long, the example is left out.",
        length.too_long,
        drops=True,
    ),
    Repair(
        "unusable",
        "Leave out what still has errors",
        "Examples that no other repair could save; each is named with the reason.",
        verdict.unusable,
        drops=True,
    ),
    Repair("duplicates", "Keep one of each example", "The first of those that are the same.", drops=True),
    Repair(
        "near_duplicates",
        "Keep one of those that are nearly the same",
        "95 % of the text or more is the same. The model would learn them by heart.",
        recommended=False,
        drops=True,
    ),
    Repair(
        "validation_overlap",
        "Leave out what stands in the validation file",
        "Otherwise the validation loss tells nothing about what the model has not seen.",
        drops=True,
    ),
)

BY_ID = {repair.id: repair for repair in REPAIRS}
