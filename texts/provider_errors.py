"""What a provider's error says and means in plain words, and what to do about it."""

from bot.jobs.explanations import Cause, cause_of
from bot.providers.protocol import NO_ANSWER, JobError
from texts.errors import recorded_sentence
from texts.language import _


def message(error: JobError) -> str:
    """What the provider said; where nobody answered, our sentence about that."""
    return recorded_sentence(error.message) if error.code in NO_ANSWER else error.message


def explain(error: JobError) -> str:
    """Two or three sentences of ours, without a word of the provider's."""
    return explanation(cause_of(error))


def explanation(cause: Cause) -> str:
    match cause:
        case Cause.TOO_FEW:
            return _(
                "The training file has fewer examples than the provider asks for (at least 10). Add examples and "
                "drop the file again; a few dozen good ones are a better start than the bare minimum."
            )
        case Cause.BAD_FILE:
            return _(
                "The provider could not use the training file. Its message says where it stopped; correct the "
                "file and drop it again."
            )
        case Cause.BAD_VALIDATION:
            return _(
                "The provider could not use the validation file. Correct that file and drop it again, or start "
                "without one: training does not need it."
            )
        case Cause.MODERATION:
            return _(
                "The provider's safety check turned the file, or the model that came out of it, down. Look for "
                "examples that its usage policies do not allow, take them out and try again; people who work for "
                "the provider can say more."
            )
        case Cause.WOUND_DOWN:
            return _(
                "This provider no longer trains for your organisation. OpenAI is closing fine-tuning step by "
                "step: newcomers since 7 May 2026, inactive customers since 2 July 2026, everybody on 6 January "
                "2027. The training file is fine: start it with another provider, or with the trainer that comes "
                "with Finetune Bot and runs on your own hardware."
            )
        case Cause.QUOTA:
            return _(
                "The account at the provider has no credit left, or has reached its spending limit. An "
                "administrator can add credit or raise the limit on the provider's billing page; then try again."
            )
        case Cause.KEY:
            return _(
                "The provider refused the bot's API key. An administrator needs to put a valid one into the bot's"
                " settings."
            )
        case Cause.PERMISSION:
            return _(
                "The bot's API key is valid but may not do this. An administrator needs to give it the right to "
                "fine-tune, or use another key."
            )
        case Cause.MODEL:
            return _(
                "The provider does not know this base model, or does not fine-tune it. Choose another one: "
                "`/finetune models` lists what can be trained."
            )
        case Cause.DEPLOYMENT:
            return _(
                "On Azure this model answers only once it is deployed, which is paid by the hour. Where an "
                "administrator has set that up, the message that says it is ready has a button for it; else deploy it "
                "in Azure's portal under the model's own name. Ask again a few minutes later."
            )
        case Cause.FILE_GONE:
            return _(
                "The provider no longer has the file. Try again: the bot uploads its own copy anew, if it still "
                "has one."
            )
        case Cause.FILE_NOT_READY:
            return _(
                "The provider was still working on the uploaded file. Wait a minute, then try again; nothing is "
                "wrong with the file."
            )
        case Cause.JOB_GONE:
            return _(
                "The provider has no such job any more. It may have been deleted there, or the bot now uses "
                "another account. Try again to start a new one; if the old one should still run, ask an "
                "administrator to look at the provider."
            )
        case Cause.FILE_DELETED:
            return _(
                "The bot no longer has the training file: it was deleted. Drop it into the channel again and "
                "start from there."
            )
        case Cause.ALREADY_FOLLOWED:
            return _("The provider's job is followed already, as another job of the bot. Look at the card of that one.")
        case Cause.UNKNOWN_PROVIDER:
            return _(
                "The bot's settings no longer name the provider that this job was for. Start it again, or ask an "
                "administrator to set that provider up."
            )
        case Cause.RESTORED:
            return _(
                "The bot was put back to a backup of a moment when this job had not been handed to the provider yet. "
                "If the provider has it by now, follow it by its id; else start it again."
            )
        case Cause.RATE:
            return _(
                "The provider gets more requests from this account than it allows at a time. Nothing is wrong "
                "with the job: try again in a few minutes."
            )
        case Cause.TOO_MANY_JOBS:
            return _(
                "The provider runs no more jobs for this account at the same time. Wait until one has finished, "
                "or cancel one, then try again."
            )
        case Cause.SERVER:
            return _(
                "The provider had trouble of its own. Nothing is wrong with the job: try again in a few minutes, "
                "and look at the provider's status page if it happens again."
            )
        case Cause.CONNECTION:
            return _(
                "The bot could not reach the provider. Try again in a few minutes; if it happens again, an "
                "administrator should check the provider's address in the settings and the network."
            )
        case Cause.MEMORY:
            return _(
                "The hardware ran out of memory. Try again with a smaller batch size, shorter examples or a "
                "smaller base model."
            )
        case Cause.DISK:
            return _(
                "The disk of the trainer is full. An administrator needs to make room, for example by deleting "
                "models that nobody uses; then try again."
            )
        case Cause.SETTING:
            return _(
                "The provider does not accept one of the settings. Its message says which; start the job again "
                "with that one changed, or left on auto."
            )
        case Cause.TOO_LONG:
            return _(
                "An example or a setting is longer than the provider allows. Its message says which; shorten it "
                "and try again."
            )
        case Cause.UNKNOWN:
            return _(
                "This error is new to the bot; what the provider says about it stands above. Trying again helps "
                "if the trouble was passing. If it happens again, correct what the message names, or ask an "
                "administrator."
            )


def explain_no_answer(error: JobError) -> str:
    """Like `explain`, where a model was asked and did not answer."""
    match cause_of(error):
        case Cause.QUOTA | Cause.KEY | Cause.DISK | Cause.DEPLOYMENT as cause:
            return explanation(cause)
        case Cause.MODERATION:
            return _("The provider's safety check turned the question or the answer down. Ask in other words.")
        case Cause.PERMISSION:
            return _(
                "The bot's API key is valid but may not use this model. An administrator needs to give it the right "
                "to, or use another key. Until then, talk to another model."
            )
        case Cause.MODEL:
            return _(
                "The provider does not know this model, or cannot talk with it. `/finetune models` lists those that "
                "there are."
            )
        case Cause.RATE | Cause.TOO_MANY_JOBS:
            return _(
                "The provider gets more requests from this account than it allows at a time. Ask again in a few "
                "minutes."
            )
        case Cause.SERVER:
            return _(
                "The provider had trouble of its own. Ask again in a few minutes, and look at the provider's status "
                "page if it happens again."
            )
        case Cause.CONNECTION:
            return _(
                "The bot could not reach the provider. Ask again in a few minutes; if it happens again, an "
                "administrator should check the provider's address in the settings and the network."
            )
        case Cause.MEMORY:
            return _("The hardware ran out of memory. Ask again with a shorter question, or in a new conversation.")
        case Cause.SETTING:
            return _(
                "The model does not take one of the settings of this conversation, or what the question holds. The "
                "provider's message says what; change that and ask again."
            )
        case Cause.TOO_LONG:
            return _("That is longer than the model can read. Send less, or begin a new conversation.")
    return _(
        "This error is new to the bot; what the provider says about it stands above. Asking again helps if the "
        "trouble was passing. If it happens again, talk to another model, or ask an administrator."
    )
