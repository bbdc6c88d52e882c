"""Where a job stands, what it waits for, costs and takes, and its buttons. Values come as they shall be shown."""

from bot.jobs import states
from bot.jobs.job import Loss
from texts.language import Language, _, plural, speaking


def state(state: str) -> str | None:
    """None for one that we do not know."""
    return {
        states.AWAITING_APPROVAL: _("Waiting for approval"),
        states.IN_LINE: _("Waiting in line"),
        states.SUBMITTING: _("Handing over to the provider"),
        states.UNCERTAIN: _("Not sure that the provider has it"),
        states.VALIDATING: _("Checking the file"),
        states.QUEUED: _("Queued"),
        states.RUNNING: _("Training"),
        states.PAUSING: _("Pausing"),
        states.PAUSED: _("Paused"),
        states.SUCCEEDED: _("Ready"),
        states.FAILED: _("Failed"),
        states.CANCELLED: _("Cancelled"),
    }.get(state)


def shown_states() -> dict[str, str]:
    """The states by what they are called in any language, casefolded."""
    called: dict[str, str] = {}
    for language in Language:
        with speaking(language):
            called |= {(state(each) or each).casefold(): each for each in states.STATES}
    return called


def steps() -> tuple[str, str, str, str]:
    """The way of a job, as headings."""
    return _("Checked"), _("Queued"), _("Training"), _("Ready")


def follow_title() -> str:
    return _("Follow a job")


def followed_job() -> tuple[str, str]:
    """Label and hint."""
    return _("Id at the provider"), _("As the provider shows it, such as ftjob-abc123. The job gets a card here.")


def follow_button() -> str:
    return _("Follow")


def trained_step() -> str:
    # Translators: the step "Training" of a job, once it is done.
    return _("Trained")


def lost(loss: Loss) -> str:
    """What became of a job's model."""
    return {
        Loss.DELETED: _("Model deleted"),
        Loss.MISSING: _("Model no longer at the provider"),
        Loss.SHUT_DOWN: _("Model shut down"),
    }[loss]


def uncertain(adopt: str, submit_again: str) -> str:
    """`adopt`, `submit_again`: the names of the buttons."""
    return _(
        "The answer of the provider got lost, and the job was not found there. {adopt} searches for it once more and "
        "goes on with it. {submit_again} starts a new one: if the first one does exist, both cost money, so look at "
        "the provider's own list of jobs first.",
        adopt=adopt,
        submit_again=submit_again,
    )


def model(model: str) -> str:
    return _("Model: {model}", model=model)


def queued(provider: str, since: str, place: int | None) -> str:
    """`since`: a moment, as "14:05 (3 minutes ago)"."""
    if place:
        return _("Place {place} in the queue of {provider} since {since}.", place=place, provider=provider, since=since)
    return _("In the queue of {provider} since {since}.", provider=provider, since=since)


def awaiting_approval(approvers: str) -> str:
    return _("{approvers} can approve it in the thread. Nothing is spent before.", approvers=approvers)


def in_line(place: int, length: int, provider: str) -> str:
    return _(
        "Place {place} of {length}. {provider} runs no more jobs at a time; it goes on by itself.",
        place=place,
        length=length,
        provider=provider,
    )


def step_of(step: int, total: int) -> str:
    return _("step {step} of {total}", step=step, total=total)


def step_and_epoch(step: int, total: int, epoch: int, epochs: int) -> str:
    return _("step {step} of {total}, epoch {epoch} of {epochs}", step=step, total=total, epoch=epoch, epochs=epochs)


def ended(when: str, trained: str | None) -> str:
    """`when`: a date. `trained`: how long."""
    if trained is None:
        return _("Ended {when}", when=when)
    return _("Ended {when} after {duration} of training", when=when, duration=trained)


def trained_so_far(duration: str) -> str:
    return _("Trained for {duration} so far", duration=duration)


def training_for(duration: str) -> str:
    return _("Training for {duration}", duration=duration)


def training_for_and_about(duration: str, left: str) -> str:
    """`left`: a minute and more."""
    return _("Training for {duration}, about {left} left", duration=duration, left=left)


def training_for_and(duration: str, left: str) -> str:
    """`left`: such as "a few seconds"."""
    return _("Training for {duration}, {left} left", duration=duration, left=left)


def followed_by(person: str) -> str:
    """Of a job that was made elsewhere."""
    return _("Followed by {person}", person=person)


def started_by(person: str) -> str:
    return _("Started by {person}", person=person)


def job(job_id: str) -> str:
    return _("Job {id}", id=job_id)


def cost(cost: str) -> str:
    return _("Cost: {cost}", cost=cost)


def cost_and_estimate(cost: str, estimate: str) -> str:
    return _("Cost: {cost}, estimated {estimate}", cost=cost, estimate=estimate)


def cost_so_far(cost: str, estimate: str) -> str:
    return _("Cost so far: about {cost} of an estimated {estimate}", cost=cost, estimate=estimate)


def estimate(estimate: str) -> str:
    return _("Estimate: {estimate}", estimate=estimate)


def no_jobs() -> str:
    return _("No jobs yet. Drop a training file into a channel that I am in, and start one from its report.")


def jobs(count: int) -> str:
    return plural("{count} job", "{count} jobs", count)


def at_the_provider(job_there: str) -> str:
    """The provider's own id of a job."""
    return _("at the provider {id}", id=job_there)


def outside_link() -> str:
    """Of a job, for a ticket, a wiki or wherever else it is named."""
    return _("link for outside Slack")


def followed(job_there: str, job: str) -> str:
    """`job_there`: the provider's own id of it."""
    return _("I follow {there} as job {job}. Its card appears in a moment.", there=job_there, job=job)


def results_of(job: str) -> str:
    """With a file."""
    return _("Results of {job}", job=job)


def thread_of(job: str) -> str:
    # Translators: a link in "The files are in {thread}."
    return _("the thread of {job}", job=job)


def files_there(thread: str) -> str:
    """`thread`: `thread_of()`, as a link."""
    return _("The files are in {thread}.", thread=thread)


def start_button() -> str:
    """On a file's report."""
    return _("Start fine-tuning")


def chat_button() -> str:
    return _("Chat")


def checkpoints_button() -> str:
    return _("Checkpoints")


def results_button() -> str:
    return _("Results file")


def try_again_button() -> str:
    return _("Try again")


def start_again_button() -> str:
    return _("Start again")


def adopt_button() -> str:
    # Translators: a button: look for a job at the provider, and go on with it.
    return _("Adopt")


def submit_again_button() -> str:
    return _("Submit again")


def submit_again_question() -> tuple[str, str]:
    """Heading and text."""
    return _("Submit a second time?"), _(
        "If the first job does exist at the provider, there will be two, and both cost money. Its own list of jobs "
        "tells."
    )


def not_yet_button() -> str:
    return _("Not yet")


def withdraw_button() -> str:
    return _("Withdraw")


def withdraw_question() -> tuple[str, str, str]:
    """Heading, yes and no."""
    return _("Withdraw this job?"), _("Withdraw it"), _("Keep asking")


# Checkpoints


def no_checkpoints(job: str) -> str:
    return _("{job} has no checkpoints that I know of. Not every provider keeps them.", job=job)


def no_checkpoints_yet(job: str) -> str:
    return _("{job} has no checkpoints yet. Most providers list them when a job has finished.", job=job)


def checkpoints_of(job: str) -> str:
    """A heading."""
    return _("Checkpoints of {job}", job=job)


def best_first() -> str:
    return _("The best first: the lower the validation loss, the better it does on what it has not seen.")


def best_reward_first() -> str:
    return _("The best first: the higher the validation reward, the better it does on what it has not seen.")


def latest_first() -> str:
    return _("The latest first. Without a validation file nothing measures which is best.")


def checkpoint(step: int) -> str:
    # Translators: a heading.
    return _("Step {step}", step=step)


def step_column() -> str:
    # Translators: the heading of a column.
    return _("Step")


def best(*, by_reward: bool = False) -> str:
    """Of several checkpoints."""
    return _("best: the highest validation reward") if by_reward else _("best: the lowest validation loss")


def more_checkpoints(count: int) -> str:
    return plural("And {count} more.", "And {count} more.", count)


def continue_button() -> str:
    return _("Continue training")


def keep_button() -> str:
    # Translators: a button: let a checkpoint stand among the team's models.
    return _("Keep")


def release_button() -> str:
    return _("No longer keep")


def kept_as(name: str, person: str) -> str:
    """Of a checkpoint; `person` keeps it."""
    return _("kept as {name} by {person}", name=name, person=person)


def kept_by(person: str) -> str:
    """Of a checkpoint."""
    return _("kept by {person}", person=person)


def keep_title() -> str:
    # Translators: of a window; 24 characters.
    return _("Keep a checkpoint")


def keep_intro(name: str) -> str:
    """`name`: its short one."""
    return _("{name} will stand among the team's models, beside the job's final one.", name=name)


def keep_name() -> tuple[str, str]:
    """Label and hint."""
    return _("Name"), _("One word, such as formal-voice. Without one it goes by its job and step.")


def kept(name: str, release: str) -> str:
    """`release`: the name of the button that takes it back."""
    return _(
        "{name} stands among the team's models now: `/finetune models` and menus of models show it. {release}, beside "
        "it in the list of checkpoints, undoes that.",
        name=name,
        release=release,
    )


def released(name: str) -> str:
    return _("{name} no longer stands among the team's models. It is still a checkpoint of its job.", name=name)
