"""A job's report: one page for somebody outside of Slack, and what is said when it is made. Values are plain text."""

from texts.language import _, plural


def report_button() -> str:
    return _("Report")


def title(job: str) -> str:
    return _("Fine-tuning report: {job}", job=job)


def subtitle(made: str) -> str:
    """`made`: date and time, in UTC."""
    return _("As of {made} UTC", made=made)


def footer(version: str) -> str:
    return _("Made by Finetune Bot {version}. Amounts are in US dollars, times are UTC.", version=version)


def shared(job: str) -> str:
    """Above the files."""
    return _("The report on {job}, as a web page and for print. It names nobody.", job=job)


def shared_with_names(job: str) -> str:
    return _("The report on {job}, as a web page and for print. It names who took part.", job=job)


# Headings


def model_heading() -> str:
    return _("Model")


def data_heading() -> str:
    return _("Data")


def settings_heading() -> str:
    return _("Settings")


def training_heading() -> str:
    return _("How training went")


def checkpoints_heading() -> str:
    return _("Checkpoints")


def evaluation_heading() -> str:
    return _("Evaluation")


def cost_heading() -> str:
    return _("Cost and time")


def origin_heading() -> str:
    return _("Where it comes from")


def software_heading() -> str:
    return _("Software")


def people_heading() -> str:
    return _("People")


# Names of facts


def fact(name: str) -> str:
    """`name`: which."""
    return {
        "state": _("Status"),
        "model": _("Fine-tuned model"),
        "base": _("Base model"),
        "revision": _("Revision of the base model"),
        "method": _("Method"),
        "file": _("Training file"),
        "validation": _("Validation file"),
        "sha256": _("SHA-256"),
        "examples": _("Examples"),
        "tokens": _("Tokens"),
        "findings": _("Findings"),
        "seed": _("Seed"),
        "grader": _("Grader"),
        "job": _("Job"),
        "provider": _("Provider"),
        "provider_job": _("Job at the provider"),
        "created": _("Asked for"),
        "started": _("Training began"),
        "finished": _("Ended"),
        "training_time": _("Training time"),
        "trained_tokens": _("Trained tokens"),
        "cost": _("Cost"),
        "estimate": _("Estimate before the start"),
        "bot": _("Bot"),
        "commit": _("Commit of the bot"),
        "trainer": _("Trainer"),
        "requester": _("Started by"),
        "approver": _("Approved by"),
        "diagnosis": _("What was noticed"),
    }[name]


def setting(name: str) -> str:
    """`name`: the protocol's, of a hyperparameter."""
    return {
        "n_epochs": _("Epochs"),
        "batch_size": _("Batch size"),
        "learning_rate_multiplier": _("Learning rate multiplier"),
        "beta": _("Beta"),
        "reasoning_effort": _("Reasoning effort"),
        "compute_multiplier": _("Compute multiplier"),
        "eval_interval": _("Evaluation interval"),
        "eval_samples": _("Evaluation samples"),
    }.get(name, name)


def chosen_by_provider(value: str) -> str:
    return _("{value} (chosen by the provider)", value=value)


def left_to_provider() -> str:
    return _("left to the provider")


def tokens(count: int, *, exact: bool) -> str:
    """Of one epoch."""
    if exact:
        return plural("{count} in one epoch", "{count} in one epoch", count)
    return plural("about {count} in one epoch", "about {count} in one epoch", count)


def examples(count: int, format: str) -> str:
    return plural("{count} ({format})", "{count} ({format})", count, format=format)


def none() -> str:
    return _("None")


def nothing_found() -> str:
    return _("Nothing was found in the check.")


def not_told() -> str:
    return _("not told by the provider")


def dated_id() -> str:
    return _("the date in its id")


def unread() -> str:
    return _("The provider has the training file; the bot has not read it.")


def derived_heading() -> str:
    return _("What the training file was made of, the latest first")


def from_training_sets(names: str) -> str:
    """`names`: a list."""
    return _("collected in Slack in: {names}", names=names)


def hidden() -> str:
    return _("a file of a private channel, which is not named here")


def as_dropped() -> str:
    return _("The training file is as it was dropped into Slack.")


def parents() -> str:
    return _("The job went on from a fine-tuned model. The models before it, the latest first:")


def column(name: str) -> str:
    """`name`: which."""
    return {
        "file": _("File"),
        "sha256": _("SHA-256"),
        "made_of": _("Made of"),
        "step": _("Step"),
        "model": _("Model"),
        "job": _("Job"),
        "training_file": _("Training file"),
    }[name]


def best_mark() -> str:
    return _("best")


def asked(file: str, n: int, grader: str, made: str) -> str:
    """Of one evaluation. `made`: date and time."""
    return plural(
        "{count} example of {file}, graded by {grader} ({made}):",
        "{count} examples of {file}, graded by {grader} ({made}):",
        n,
        file=file,
        grader=grader,
        made=made,
    )


def no_evaluation() -> str:
    return _("Its models were not evaluated yet.")


def no_figures() -> str:
    return _("No figures were told.")


def figures_note() -> str:
    return _(
        "Figures of training are means of the latest steps; those of validation are of the whole validation file where "
        "the provider measured it."
    )
