"""The codes of the second pass; `findings` includes them in its table."""

from training_files.rule import Rule

RULES = (
    Rule(
        "near_duplicate",
        "warning",
        "The example says nearly the same as an earlier one (95 % of the text or more). "
        "The model learns such examples by heart.",
        "This example is {percent} % the same as the one on line {other}.",
        "Keep one of them, or make them differ in what matters.",
        repair="near_duplicates",
    ),
    Rule(
        "contradictory_answers",
        "warning",
        "The same prompt has another answer elsewhere in the file, and not a mere variant of it.",
        "On line {other} the same prompt is answered {how}.",
        "Keep the right answer, or add to the prompt what decides between them.",
    ),
    Rule(
        "many_refusals",
        "warning",
        "A large share of the answers refuse (a fifth or more). The model will refuse more than it should.",
        "{refusals:,} of {answers:,} answers ({percent} %) refuse, the first on line {first}.",
        "Answer what should be answered, and keep refusals for what should be refused.",
    ),
    Rule(
        "secret",
        "warning",
        "The example holds a key, token or password. What a model is trained on, it can say.",
        "The example holds what looks like {what}.",
        "Take it out here, and revoke it where it is in use: this file has been copied.",
        repair="mask_secrets",
    ),
    Rule(
        "personal_data",
        "warning",
        "The example holds personal data: a mail address, a phone, card or account number, an identity number.",
        "The example holds {what}.",
        "Mask it, unless the model should know it by heart and may say it to anyone.",
        repair="mask",
    ),
)
