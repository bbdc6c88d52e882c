"""The codes of what can be wrong with a training file: how grave each is, and which repair mends it.

What a code means and how a finding of it is said stand in `texts.findings`, from which docs/findings.md is written.
"""

import msgspec

from training_files.report import Severity


class FindingCode(msgspec.Struct, frozen=True):
    """`repair` is the id of the repair that mends it, empty where none does."""

    code: str
    severity: Severity
    repair: str = ""


FINDING_CODES = (
    FindingCode("not_jsonl", "error"),
    FindingCode("not_utf8", "error", repair="encoding"),
    FindingCode("invalid_json", "error", repair="json_syntax"),
    FindingCode("control_character", "error", repair="json_syntax"),
    FindingCode("line_too_long", "error", repair="unusable"),
    FindingCode("too_many_findings", "error"),
    FindingCode("data_type", "error", repair="json_syntax"),
    FindingCode("missing_messages_list", "error", repair="unusable"),
    FindingCode("message_missing_key", "error", repair="unusable"),
    FindingCode("message_unrecognized_key", "error", repair="unknown_keys"),
    FindingCode("unrecognized_role", "error", repair="roles"),
    FindingCode("missing_content", "error", repair="unusable"),
    FindingCode("example_missing_assistant_message", "error", repair="unusable"),
    FindingCode("example_missing_user_message", "warning"),
    FindingCode("too_few_examples", "error"),
    FindingCode("file_too_large", "error"),
    FindingCode("example_too_long", "warning", repair="too_long"),
    FindingCode("empty_line", "warning", repair="empty_rows"),
    FindingCode("byte_order_mark", "warning", repair="byte_order_mark"),
    FindingCode("last_message_not_assistant", "error", repair="trailing_messages"),
    FindingCode("empty_answer", "error", repair="empty_answers"),
    FindingCode("no_trained_answer", "error", repair="weight_zero"),
    FindingCode("invalid_weight", "error", repair="unknown_keys"),
    FindingCode("invalid_value", "error", repair="unusable"),
    FindingCode("unrecognized_key", "warning"),
    FindingCode("invalid_tools", "error", repair="unusable"),
    FindingCode("too_many_tools", "error", repair="unusable"),
    FindingCode("invalid_tool_name", "error", repair="unusable"),
    FindingCode("duplicate_tool", "warning"),
    FindingCode("invalid_tool_schema", "error", repair="unusable"),
    FindingCode("tool_schema_not_checked", "warning"),
    FindingCode("invalid_tool_call", "error", repair="unusable"),
    FindingCode("invalid_arguments", "error", repair="double_encoded_arguments"),
    FindingCode("double_encoded_arguments", "error", repair="double_encoded_arguments"),
    FindingCode("undeclared_tool", "warning"),
    FindingCode("tools_not_declared", "warning"),
    FindingCode("arguments_break_schema", "warning"),
    FindingCode("call_without_answer", "error", repair="unusable"),
    FindingCode("answer_without_call", "error", repair="unusable"),
    FindingCode("invalid_content_part", "error", repair="unusable"),
    FindingCode("misplaced_image", "error", repair="unusable"),
    FindingCode("too_many_images", "error", repair="unusable"),
    FindingCode("too_many_image_examples", "error"),
    FindingCode("invalid_image_url", "error", repair="unusable"),
    FindingCode("unsupported_image", "warning"),
    FindingCode("image_too_large", "warning"),
    FindingCode("completion_missing_text", "error", repair="unusable"),
    FindingCode("missing_separator", "warning", repair="separator"),
    FindingCode("separator_in_prompt", "warning", repair="separator"),
    FindingCode("missing_leading_space", "warning", repair="leading_space"),
    FindingCode("missing_stop_sequence", "warning", repair="stop_sequence"),
    FindingCode("class_of_many_tokens", "warning"),
    FindingCode("few_examples_of_a_class", "warning"),
    FindingCode("few_examples_to_generate", "warning"),
    FindingCode("class_imbalance", "warning"),
    FindingCode("invalid_preference", "error", repair="unusable"),
    FindingCode("preference_not_one_answer", "error", repair="unusable"),
    FindingCode("equal_preference", "error", repair="equal_pairs"),
    FindingCode("missing_grader_field", "warning"),
    FindingCode("mixed_formats", "error", repair="convert"),
    FindingCode("needs_conversion", "error", repair="convert"),
    FindingCode("filler_opening", "warning", repair="filler_openings"),
    FindingCode("varying_system_prompt", "warning"),
    FindingCode("duplicate_example", "warning", repair="duplicates"),
    FindingCode("in_validation_file", "warning", repair="validation_overlap"),
    FindingCode("too_many_examples", "error"),
    FindingCode("format_not_taken", "warning"),
    # What the content scan finds.
    FindingCode("near_duplicate", "warning", repair="near_duplicates"),
    FindingCode("contradictory_answers", "warning"),
    FindingCode("many_refusals", "warning"),
    FindingCode("secret", "warning", repair="mask_secrets"),
    FindingCode("personal_data", "warning", repair="mask"),
)

BY_CODE = {one.code: one for one in FINDING_CODES}
