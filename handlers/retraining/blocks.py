"""What is said while the next model's training file is made."""

from slack_sdk.models.views import View

from bot.retraining.next_model import Plan
from bot.retraining.votes import AddedVotes, VotePairs
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, line, message, section
from handlers.blocks.retraining import schedule_button
from handlers.blocks.text import bold, clip, code, escape, person
from texts import retraining as texts
from texts.formats import sentences
from texts.jobs import start_button


def waiting() -> View:
    return modal(texts.title(), [section(texts.making_file(bold(start_button())))])


def making(user: str, plan: Plan) -> Message:
    """Stands in the channel, with the training file and its report in its thread."""
    who, name, count = person(user), bold(escape(clip(plan.collection.name, 80))), len(plan.examples)
    if plan.parent is None:
        said = texts.makes_file(who, name, count)
    elif plan.old_file is None:
        said = texts.makes_file_after(who, name, count, named(plan.parent))
    else:
        said = texts.makes_file_with_old(who, name, count, named(plan.parent), code(plan.old_file.name))
    text = sentences(said, _kind(plan), texts.report_follows())
    return message(text, [section(text), actions(schedule_button(plan.collection.id))])


def about_file(plan: Plan) -> str:
    """The same about a file that nobody asked for."""
    count = len(plan.examples)
    if plan.parent is None:
        said = texts.file_holds(count)
    elif plan.old_file is None:
        said = texts.file_after(count, named(plan.parent))
    else:
        said = texts.file_with_old(count, named(plan.parent), code(plan.old_file.name))
    return sentences(said, _kind(plan), texts.report_follows())


def _kind(plan: Plan) -> str:
    return sentences(
        texts.pairs_train_by_dpo() if plan.format == "preference" else "",
        texts.of_other_format(plan.left_out) if plan.left_out else "",
    )


def votes_added(pairs: VotePairs, added: AddedVotes) -> Message:
    if added.last is None:
        return line(texts.votes_there())
    name, left_out = added.last.collection.name, pairs.voted_on - len(pairs.examples)
    waits = [person(user) for user in added.waits_for]
    return line(
        sentences(
            texts.votes_added(added.new, bold(escape(clip(name, 80))), added.last.size),
            texts.votes_left_out(left_out) if left_out else "",
            texts.votes_wait_for(waits) if waits else "",
            texts.votes_wait_for_review() if added.last.review else "",
            texts.see_votes(code(f"/finetune datasets {clip(name, 80)}")),
        )
    )
