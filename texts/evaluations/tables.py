"""The tables of an evaluation's result: how each model did, and how well each label was told."""

from texts.language import _


def table_caption() -> str:
    """Where answers of one model failed, the sentence above is of fewer examples."""
    return _("Scores of each model's own answers, and gains")


def model_column() -> str:
    return _("Model")


def score_column() -> str:
    return _("Score")


def right_column() -> str:
    """The share of answers that count as right, where the grader gives scores."""
    return _("Right")


def interval_column() -> str:
    return _("95% interval")


def n_column() -> str:
    """Of how many examples the score is."""
    return _("n")


def gain_column() -> str:
    return _("Gain, points")


def baseline() -> str:
    """In the column of gains: the one that the others are compared with."""
    return _("baseline")


def p_column() -> str:
    """The p-value, corrected for several comparisons."""
    return _("p")


def better_column() -> str:
    return _("Better on")


def worse_column() -> str:
    return _("Worse on")


def failed_column() -> str:
    return _("Failed")


def classes_caption(model: str) -> str:
    return _("By label: {model}", model=model)


def class_column() -> str:
    return _("Label")


def precision_column() -> str:
    return _("Precision")


def recall_column() -> str:
    return _("Recall")


def f1_column() -> str:
    return _("F1")


def count_column() -> str:
    return _("Examples")


def classified(model: str, accuracy: str, macro_f1: str, weighted_f1: str) -> str:
    return _(
        "{model}: accuracy {accuracy}, macro F1 {macro_f1}, weighted F1 {weighted_f1}",
        model=model,
        accuracy=accuracy,
        macro_f1=macro_f1,
        weighted_f1=weighted_f1,
    )


def areas(auroc: str, auprc: str) -> str:
    return _("AUROC {auroc}, AUPRC {auprc}", auroc=auroc, auprc=auprc)


def calibration(ece: str, brier: str) -> str:
    return _("calibration error {ece}, Brier {brier}", ece=ece, brier=brier)
