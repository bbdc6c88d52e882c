"""The words in pictures, in one language. Pictures are drawn in processes of their own, which know no language."""

import msgspec


class ChartWords(msgspec.Struct, frozen=True):
    """`median`, `share` and `cut` hold `{length}`, a number of tokens."""

    loss: str
    loss_log: str
    token_accuracy: str
    reward_accuracy: str
    reward: str
    training: str
    training_smoothed: str
    validation: str
    validation_smoothed: str
    reward_margin: str
    step: str
    epoch: str
    checkpoint: str
    nothing: str
    examples: str
    tokens: str
    median: str
    share: str
    cut: str


class EvaluationWords(msgspec.Struct, frozen=True):
    """In pictures of evaluations. `more_labels` and `more_models` hold `{count}`, `interval` `{low}` and
    `{high}`, `label` a `{number}`, `areas` `{roc}`
    and `{precision_recall}`, `error` a `{figure}`."""

    score: str
    gain: str
    gain_in_points: str
    interval: str
    better: str
    worse: str
    cannot_tell: str
    nothing: str
    more_models: str
    truth: str
    prediction: str
    other: str
    more_labels: str
    label: str
    roc: str
    false_positive_rate: str
    true_positive_rate: str
    precision_recall: str
    recall: str
    precision: str
    by_chance: str
    areas: str
    confidence: str
    share_right: str
    calibrated: str
    error: str
