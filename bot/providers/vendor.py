"""What sets one vendor's servers apart from the next, though all speak the same protocol."""

import msgspec


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what `models.toml`, `providers.toml` and FINETUNE_PROVIDER call it, `hosts` where it is reached;
    one that begins with a dot stands for all names that end so. `base_url`: its usual address; None where each has an
    address of its own.

    What a vendor lacks is offered nowhere. `methods`: by which it trains; empty where its models tell. `pauses`: jobs.
    `deletes`: models and files. `webhooks`: it tells when a job has ended. `takes_suffix`: a part of the model's name
    that people choose.

    `free`: training there costs nothing. `keeps_metadata`: what is sent with a job comes back with it.
    `reports_to_wandb`: it takes Weights & Biases as an integration. `continues`: it can be told to go on with the
    assistant's last message (vLLM's `continue_final_message`); it is tried, and no longer once it was refused.
    `shares_by_channel`: its queue is fair to channels, so each job names its own.
    `exports`: it may have our trainer's call for a model as a file; it is asked.
    `deploys`: a fine-tuned model answers once it is deployed, by its deployment's name.
    `embeddings`: the model that turns texts into vectors where no other is named.
    `takes_max_tokens`: the limit of an answer is sent as `max_tokens`, until a model refuses that; otherwise as
    `max_completion_tokens`.
    `answers_at`: where models are asked, if that is not where they are trained.
    `api_version`: of Azure's servers, which want it with each request, and are asked by a client of their own.
    `settings_in_method`: where not, the settings of supervised training go as `hyperparameters`, which the protocol had
    before `method`. `learning_rate`: the server takes absolute rates, and this is the one that a multiplier multiplies.
    """

    name: str
    hosts: tuple[str, ...] = ()
    base_url: str | None = None
    methods: tuple[str, ...] = ()
    pauses: bool = True
    deletes: bool = True
    webhooks: bool = False
    takes_suffix: bool = True
    free: bool = False
    keeps_metadata: bool = True
    reports_to_wandb: bool = False
    continues: bool = True
    takes_max_tokens: bool = True
    shares_by_channel: bool = False
    exports: bool = True
    deploys: bool = False
    embeddings: str | None = None
    answers_at: str | None = None
    api_version: str | None = None
    settings_in_method: bool = True
    learning_rate: float | None = None
