"""What sets one vendor's servers apart from the next, though all speak the same protocol."""

import msgspec


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what `models.toml` and FINETUNE_PROVIDER call it, `hosts` where it is reached.

    `free`: training there costs nothing. `keeps_metadata`: what is sent with a job comes back with it.
    `reports_to_wandb`: it takes Weights & Biases as an integration. `continues`: it can be told to go on with the
    assistant's last message (vLLM's `continue_final_message`); it is tried, and no longer once it was refused.
    `exports`: it may have our trainer's call for a model as a file; it is asked.
    `embeddings`: the model that turns texts into vectors where no other is named.
    `takes_max_tokens`: the limit of an answer is sent as `max_tokens`, until a model refuses that; otherwise as
    `max_completion_tokens`.
    """

    name: str
    hosts: tuple[str, ...] = ()
    free: bool = False
    keeps_metadata: bool = True
    reports_to_wandb: bool = False
    continues: bool = True
    takes_max_tokens: bool = True
    exports: bool = True
    embeddings: str | None = None
