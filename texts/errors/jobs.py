"""Jobs that were started."""

from collections.abc import Sequence

from texts import jobs
from texts.errors.table import ERRORS
from texts.formats import enumerated
from texts.jobs import submit_again_button
from texts.language import _


@ERRORS.sentence
def which_job() -> str:
    return _("Which job? Add its id; `/finetune jobs` lists them.")


@ERRORS.sentence
def unknown_job_filter(word: str, filters: Sequence[str]) -> str:
    return _(
        "I do not understand {word}. Jobs are filtered by {filters}, such as `/finetune jobs mine model=gpt-4.1 "
        "last=7d sort=loss`.",
        word=word,
        filters=enumerated([f"`{name}`" for name in filters]),
    )


@ERRORS.sentence
def invalid_since(word: str) -> str:
    return _(
        "{word} is no time. Write a day such as `since=2026-11-01`, or how long back, such as `last=7d`, `last=24h` or "
        "`last=2w`.",
        word=word,
    )


@ERRORS.sentence
def unknown_state(word: str, states: Sequence[str]) -> str:
    """`states`: the protocol's words. A state is named as it is shown, where that is one word."""
    shown = {state: (jobs.state(state) or state).lower() for state in states}
    known = [state if " " in name else name for state, name in shown.items()]
    return _("There is no state {word}. Known are: {states}.", word=word, states=enumerated(known))


@ERRORS.sentence
def unknown_sort(word: str, sorts: Sequence[str]) -> str:
    return _(
        "Jobs cannot be sorted by {word}, but by {sorts}; with a minus before it, such as `sort=-cost`, the other way "
        "round.",
        word=word,
        sorts=enumerated(sorts),
    )


@ERRORS.sentence
def too_few_to_compare() -> str:
    return _("Comparing takes at least two jobs that you may see here.")


@ERRORS.sentence
def no_jobs_to_export() -> str:
    return _("No job fits that which everybody here may see.")


@ERRORS.sentence
def too_many_jobs(most: int) -> str:
    return _("At most {most} jobs go beside each other.", most=most)


@ERRORS.sentence
def metrics_usage(word: str) -> str:
    return _(
        "I do not understand {word}. Write `/finetune metrics JOB JOB smooth=0.6`: up to six jobs, and how strongly to "
        "smooth, from 0 to 0.99.",
        word=word,
    )


@ERRORS.sentence
def unknown_job(word: str) -> str:
    return _("There is no job {word} here. `/finetune jobs` lists them.", word=word)


@ERRORS.sentence
def unknown_file() -> str:
    return _("The training file is not known any more. Drop it again and start anew.")


@ERRORS.sentence
def no_job_here(member: bool) -> str:
    """`member`: whether the bot is in the channel."""
    if member:
        return _("No job was started in this channel yet. Drop a training file here to begin.")
    return _(
        "No job was started in this channel yet. I am not in this channel: type `/invite` followed by my name, then "
        "drop a training file here."
    )


@ERRORS.sentence
def which_provider_job() -> str:
    return _("Which job? `/finetune follow ftjob-…`, with the id that the provider shows.")


@ERRORS.sentence
def followed_already(job: str) -> str:
    return _("I follow {job} already.", job=job)


@ERRORS.sentence
def followed_as(job: str, ours: str) -> str:
    """`ours`: the id of the job here."""
    if job == ours:
        return _("I follow {job} already. `/finetune status {ours}` shows it.", job=job, ours=ours)
    return _("I follow {job} already, as job {ours}. `/finetune status {ours}` shows it.", job=job, ours=ours)


@ERRORS.sentence
def already_decided() -> str:
    return _("This job waits for no approval any more; look at its card.")


@ERRORS.sentence
def no_results_file() -> str:
    return _("The provider has no results file for this job (yet).")


@ERRORS.sentence
def empty_results_file() -> str:
    return _("The results file at the provider is empty.")


@ERRORS.sentence
def unknown_at_provider(provider: str, job: str) -> str:
    return _("{provider} knows no job {job}.", provider=provider, job=job)


@ERRORS.sentence
def own_job_there(there: str, job: str) -> str:
    """`there`: the provider's id of it."""
    return _("{there} is my own job {job}; look at its card.", there=there, job=job)


@ERRORS.sentence
def nothing_to_cancel(state: str) -> str:
    """`state`: the protocol's word."""
    return _("This job has already ended ({state}), so there is nothing to cancel.", state=jobs.state(state) or state)


@ERRORS.sentence
def nothing_to_pause(state: str) -> str:
    return _("This job has already ended ({state}), so there is nothing to pause.", state=jobs.state(state) or state)


@ERRORS.sentence
def nothing_to_resume(state: str) -> str:
    return _("This job has already ended ({state}), so there is nothing to resume.", state=jobs.state(state) or state)


@ERRORS.sentence
def paused_already() -> str:
    return _("This job is paused already.")


@ERRORS.sentence
def not_paused() -> str:
    return _("This job is not paused, so there is nothing to resume.")


@ERRORS.sentence
def not_at_provider_yet() -> str:
    return _("The provider does not have this job yet. Wait until its card says so.")


@ERRORS.sentence
def not_offered(provider: str) -> str:
    return _("{provider} does not offer that for this job.", provider=provider)


@ERRORS.sentence
def not_done(provider: str, answer: str) -> str:
    """`answer`: the provider's own words."""
    return _("{provider} did not do it: {answer}", provider=provider, answer=answer)


@ERRORS.sentence
def not_cancelled(provider: str, answer: str) -> str:
    """`answer`: the provider's own words."""
    return _("{provider} did not cancel the job: {answer}", provider=provider, answer=answer)


@ERRORS.sentence
def being_handed_over() -> str:
    return _("The job is being handed to the provider this moment. Try again in a minute.")


@ERRORS.sentence
def moved_on() -> str:
    return _("This job has moved on in the meantime; look at its card.")


@ERRORS.sentence
def not_uncertain() -> str:
    return _("This job is not uncertain any more; look at its card.")


@ERRORS.sentence
def same_job(model: str, job: str) -> str:
    return _(
        "The same file is already being trained on {model} with these settings (job {job}). Wait for it, cancel it, or "
        "change a setting.",
        model=model,
        job=job,
    )


@ERRORS.sentence
def nothing_to_adopt(provider: str) -> str:
    return _(
        "{provider} lists no job that fits this one. If you see it in the provider's own pages, use `/finetune follow` "
        "with its id; otherwise press {submit_again}.",
        provider=provider,
        submit_again=f"*{submit_again_button()}*",
    )


@ERRORS.sentence
def checkpoints_usage() -> str:
    return _(
        "Write `/finetune checkpoints JOB keep STEP NAME`, with or without a name, or "
        "`/finetune checkpoints JOB release STEP`. `/finetune checkpoints JOB` lists the steps."
    )


@ERRORS.sentence
def no_checkpoint(step: int, steps: Sequence[int]) -> str:
    """`steps`: of those that there are."""
    if not steps:
        return _("This job has no checkpoint of step {step}, nor of another that I know of.", step=step)
    return _(
        "This job has no checkpoint of step {step}. There is one of each of these: {steps}.",
        step=step,
        steps=enumerated([str(one) for one in steps]),
    )


@ERRORS.sentence
def checkpoint_is_the_model(step: int) -> str:
    return _("Step {step} is the job's model itself, which stands among the team's models already.", step=step)


@ERRORS.sentence
def checkpoint_is_lost(step: int) -> str:
    return _("The checkpoint of step {step} answers no more, so it cannot be kept.", step=step)


@ERRORS.sentence
def checkpoint_is_not_kept(step: int) -> str:
    return _("Nobody keeps the checkpoint of step {step}.", step=step)


@ERRORS.sentence
def checkpoint_name(name: str, longest: int) -> str:
    return _(
        "{name} cannot be its name. Take one word of letters, digits, hyphens and full stops, at most {longest} "
        "characters, which begins with a letter or a digit.",
        name=name,
        longest=longest,
    )


@ERRORS.sentence
def checkpoint_name_taken(name: str) -> str:
    return _("There is a model called {name} already. Take another name.", name=name)


@ERRORS.sentence
def part_of_group(job: str, group: str) -> str:
    return _("{job} belongs to {group}, which is approved as a whole. Write {group} instead.", job=job, group=group)
