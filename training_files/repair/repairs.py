"""The table of repairs, in the order in which they are applied.

The order is what makes one pass enough. First what makes an example readable as what it is meant to be, then the
conversion, then its texts, then the marks around them, then what is left out; each repair leaves nothing for an
earlier one. What compares examples with each other comes last, when they are as they will be.
"""

from training_files.repair import completions, conversion, length, messages, texts
from training_files.repair import unusable as verdict
from training_files.repair.repair import Repair

REPAIRS = (
    Repair("encoding"),
    Repair("byte_order_mark", always=True),
    Repair("line_endings", always=True),
    Repair("empty_rows", always=True),
    Repair("one_a_line", always=True),
    Repair("json_syntax"),
    Repair("roles", messages.roles),
    Repair("unknown_keys", messages.unknown_keys),
    Repair("functions", messages.functions, recommended=False),
    Repair("double_encoded_arguments", messages.double_encoded_arguments),
    Repair("control_characters", texts.control_characters),
    Repair("empty_messages", messages.empty_messages),
    Repair("trailing_messages", messages.trailing_messages),
    Repair("convert", conversion.convert),
    Repair("mask_secrets", texts.mask_secrets),
    Repair("mask", texts.mask, recommended=False),
    Repair("filler_openings", texts.filler_openings),
    Repair("separator", completions.separator),
    Repair("leading_space", completions.leading_space),
    Repair("stop_sequence", completions.stop_sequence),
    Repair("empty_answers", messages.empty_answers, drops=True),
    Repair("weight_zero", messages.weight_zero, drops=True),
    Repair("equal_pairs", messages.equal_pairs, drops=True),
    Repair("too_long", length.too_long, drops=True),
    Repair("unusable", verdict.unusable, drops=True),
    Repair("duplicates", drops=True),
    Repair("near_duplicates", recommended=False, drops=True),
    Repair("validation_overlap", drops=True),
)

BY_ID = {repair.id: repair for repair in REPAIRS}
