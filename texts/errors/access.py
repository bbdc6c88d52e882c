"""Who may do what, and where it would be seen."""

from bot.access import Action
from texts.errors.table import ERRORS
from texts.formats import sentences
from texts.language import _


@ERRORS.sentence
def account_deactivated() -> str:
    return _("Your account is deactivated.")


@ERRORS.sentence
def other_organisation() -> str:
    return _("I only work for people of this workspace. Ask someone of the team that installed me to do this.")


@ERRORS.sentence
def guest() -> str:
    return _("Guests cannot use me here. Ask a full member of the workspace to do this.")


@ERRORS.sentence
def who_is_unknown(slack: str) -> str:
    """`slack`: its error code."""
    return _("I could not find out who you are ({code}). Please try again in a minute.", code=slack)


@ERRORS.sentence
def no_such_thing(kind: str) -> str:
    return {
        "job": _("There is no such job here."),
        "model": _("There is no such model here."),
        "conversation": _("There is no such conversation here."),
        "file": _("There is no such file here."),
        "collection": _("There is no such training set here."),
        "evaluation": _("There is no such evaluation here."),
        "judge_check": _("There is no such check of a judge here."),
        "generation": _("There are no such generated examples here."),
        "example": _("There is no such example here (any more)."),
        "checkpoint": _("There is no such checkpoint here."),
        "sweep": _("There is no such sweep here."),
        "move": _("There is no such move here."),
        "rehearsal": _("There is no such rehearsal here."),
        "group": _("There are no such jobs here."),
        "schedule": _("Nothing is trained on regularly by that name here."),
    }.get(kind) or _("There is no such thing here.")


@ERRORS.sentence
def only_looking(action: Action) -> str:
    what = {
        Action.SUBMIT: _("You may look, but not start a fine-tuning job."),
        Action.CHAT: _("You may look, but not chat with a model."),
        Action.CONFIGURE: _("You may look, but not change how a model is asked."),
        Action.COMPARE: _("You may look, but not compare models."),
        Action.VOTE: _("You may look, but not vote."),
        Action.EVALUATE: _("You may look, but not evaluate models."),
        Action.GENERATE: _("You may look, but not have examples written."),
        Action.PROMOTE: _("You may look, but not choose this channel's model."),
        Action.ADD_EXAMPLE: _("You may look, but not add examples to a training set."),
        Action.REVIEW: _("You may look, but not review examples."),
        Action.FOLLOW: _("You may look, but not follow a job."),
        Action.KEEP: _("You may look, but not keep a checkpoint."),
        Action.SET_LANGUAGE: _("You may look, but not set the language of a channel."),
    }.get(action) or _("You may look, but not do this.")
    return sentences(what, _("Ask an administrator to add you to the members."))


@ERRORS.sentence
def only_owner(action: Action, kind: str) -> str:
    if action is Action.EXPORT:
        return _("Only the person whom this model belongs to or an administrator may export it.")
    if kind == "job":
        return {
            Action.CANCEL: _("Only the person who started this job or an administrator may cancel it."),
            Action.PAUSE: _("Only the person who started this job or an administrator may pause it."),
            Action.RESUME: _("Only the person who started this job or an administrator may resume it."),
            Action.DECIDE: _("Only the person who started this job or an administrator may decide about it."),
            Action.DEPLOY: _("Only the person who started this job or an administrator may have its model deployed."),
            Action.REMOVE_DEPLOYMENT: _(
                "Only the person who started this job or an administrator may remove its model's deployment."
            ),
        }.get(action) or _("Only the person who started this job or an administrator may delete it.")
    if kind == "evaluation":
        return {
            Action.PAUSE: _("Only the person who started this evaluation or an administrator may pause it."),
            Action.RESUME: _("Only the person who started this evaluation or an administrator may resume it."),
            Action.DECIDE: _("Only the person who started this evaluation or an administrator may have it repeated."),
        }.get(action) or _("Only the person who started this evaluation or an administrator may cancel it.")
    if kind == "judge_check":
        return {
            Action.PAUSE: _("Only the person who started this check or an administrator may pause it."),
            Action.RESUME: _("Only the person who started this check or an administrator may resume it."),
        }.get(action) or _("Only the person who started this check or an administrator may cancel it.")
    if kind == "generation":
        return {
            Action.PAUSE: _("Only the person who has these examples written or an administrator may pause it."),
            Action.RESUME: _("Only the person who has these examples written or an administrator may resume it."),
        }.get(action) or _("Only the person who has these examples written or an administrator may cancel it.")
    return {
        "model": _("Only the person whom this model belongs to or an administrator may delete it."),
        "file": _("Only the person whom this file belongs to or an administrator may delete it."),
        "collection": _("Only the person who made this training set or an administrator may do this."),
        "checkpoint": _(
            "Only the person who keeps this checkpoint, or started its job, or an administrator may do this."
        ),
        "sweep": _("Only the person who started these jobs or an administrator may stop them."),
        "move": _("Only the person who started these jobs or an administrator may stop them."),
        "schedule": _("Only the person who set this up or an administrator may change or stop it."),
        "rehearsal": _("Only the person who started these jobs or an administrator may stop them."),
        "comparison": _("Only the person who started this arena or an administrator may reveal the names."),
    }.get(kind) or _("Only the person whom this belongs to or an administrator may do this.")


@ERRORS.sentence
def deployment_for_approvers() -> str:
    return _(
        "What a deployment costs in a month is above the amount that wants approval here, or nobody knows it: only "
        "approvers and administrators may deploy this model."
    )


@ERRORS.sentence
def only_approvers() -> str:
    return _("Only approvers and administrators may decide about the cost of a job.")


@ERRORS.sentence
def own_job() -> str:
    return _("You asked for this job yourself, so somebody else has to approve it.")


@ERRORS.sentence
def own_example() -> str:
    return _("You added this example yourself, so somebody else has to review it.")


@ERRORS.sentence
def only_administrators(action: Action) -> str:
    return {
        Action.SET_BUDGET: _("Only administrators may change budgets."),
        Action.RESTRICT_MODELS: _("Only administrators may say which models may be talked to in a channel."),
        Action.CHOOSE_PROVIDER: _("Only administrators may choose the provider of a channel."),
        Action.READ_AUDIT: _("Only administrators may read the audit log."),
        Action.ERASE: _("Only administrators may erase somebody else's words."),
    }[action]


@ERRORS.sentence
def erase_usage() -> str:
    return _("Name one person: `erase` followed by a mention in Slack, or by their id (U…) in a terminal.")


@ERRORS.sentence
def erase_with_role(person: str) -> str:
    return _(
        "The settings give {person} a role. Take the id out of `FINETUNE_ADMINS`, `FINETUNE_APPROVERS` and "
        "`FINETUNE_MEMBERS`, start me again, then erase.",
        person=person,
    )


@ERRORS.sentence
def audit_for_one() -> str:
    return _("The audit log is for one pair of eyes: type `/finetune audit`, which only you see.")


@ERRORS.sentence
def not_allowed() -> str:
    return _("You may not do that.")


@ERRORS.sentence
def seen_by_too_many(kind: str) -> str:
    if kind == "job":
        return _(
            "That job comes from a private channel or from direct messages, and everybody here could see what I post "
            "here. Do this where it comes from, or in your direct messages with me."
        )
    if kind == "model":
        return _(
            "That model comes from a private channel or from direct messages, and everybody here could see what I "
            "post here. Do this where it comes from, or in your direct messages with me."
        )
    if kind == "collection":
        return _(
            "That training set was made in a private channel or in direct messages, and everybody here could see what "
            "I post here. Do this where it was made, or in your direct messages with me."
        )
    return _(
        "That file comes from a private channel or from direct messages, and everybody here could see what "
        "I post here. Do this where it comes from, or in your direct messages with me."
    )


@ERRORS.sentence
def not_in_channel() -> str:
    return _("I am not in this channel, so I cannot post here. Type `/invite` followed by my name, then try again.")


@ERRORS.sentence
def not_your_channel() -> str:
    return _("That channel is private, and you are not in it. Choose another.")


@ERRORS.sentence
def names_by_owner() -> str:
    return _("Only the person who started this job may have people named in its report.")
