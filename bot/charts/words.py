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
