"""Every act by every kind of person: what is not allowed by a line here is denied."""

import itertools

import pytest

from bot.access import Action, Actor, Place, Policy, Resource, Role, authorize
from bot.authority import so_many_jobs
from bot.errors import BotError, Denied, NotFound
from texts import errors

ANA = "U0ANA"
HERE = "C0HERE"
ALONE_HERE = Place(HERE, alone=True)

ACTORS = {
    "owner": Actor(ANA, "T0ACME"),
    "colleague": Actor("U0BEN", "T0ACME"),
    "administrator": Actor("U0EVE", "T0ACME", Role.ADMIN),
    "approver": Actor("U0LEA", "T0ACME", Role.APPROVER),
    "onlooker": Actor("U0LOOK", "T0ACME", Role.VIEWER),
    "guest": Actor("U0GUEST", "T0ACME", guest=True),
    "stranger": Actor("U0OTHER", "T0OTHER", external=True),
    "deactivated": Actor(ANA, "T0ACME", Role.ADMIN, deactivated=True),
}
VIEWERS_ACTS = (Action.USE, Action.SEE, Action.PERSONALIZE)
OWNERS_ACTS = (
    Action.CANCEL,
    Action.PAUSE,
    Action.RESUME,
    Action.DELETE,
    Action.EXPORT,
    Action.RELEASE,
    Action.DECIDE,
    Action.DEPLOY,
    Action.REMOVE_DEPLOYMENT,
    Action.REVEAL,
    Action.CHANGE_COLLECTION,
)
MEMBERS_ACTS = (
    Action.SUBMIT,
    Action.CHAT,
    Action.CONFIGURE,
    Action.COMPARE,
    Action.VOTE,
    Action.EVALUATE,
    Action.GENERATE,
    Action.PROMOTE,
    Action.ADD_EXAMPLE,
    Action.FOLLOW,
    Action.KEEP,
    Action.SET_LANGUAGE,
)
OF_THE_BOT = (Action.SET_BUDGET, Action.RESTRICT_MODELS, Action.CHOOSE_PROVIDER, Action.READ_AUDIT, Action.ERASE)
ABOUT_OWN_WORDS = (Action.AGREE, Action.WITHDRAW)
ABOUT_THINGS = [act for act in Action if act not in ABOUT_OWN_WORDS]
ALLOWED = {
    *itertools.product(
        ("owner", "colleague", "approver", "administrator", "onlooker"), (Action.USE, Action.SEE, Action.PERSONALIZE)
    ),
    *itertools.product(("owner", "colleague", "approver", "administrator"), MEMBERS_ACTS),
    *itertools.product(("owner", "administrator"), OWNERS_ACTS),
    *itertools.product(("approver", "administrator"), (Action.APPROVE,)),
    *itertools.product(("colleague", "approver", "administrator"), (Action.REVIEW,)),
    *itertools.product(("administrator",), OF_THE_BOT),
}


def outcome(
    actor: Actor, act: Action, thing: Resource | None, policy: Policy = Policy(), place: Place | None = ALONE_HERE
) -> type[BotError] | None:
    try:
        authorize(actor, act, thing, place, policy)
    except BotError as error:
        return type(error)
    return None


def thing(*, private: bool = False, kind: str = "job") -> Resource:
    return Resource(ANA, HERE, private, kind)


@pytest.mark.parametrize(("who", "act"), list(itertools.product(ACTORS, ABOUT_THINGS)))
def test_who_may_do_what_with_a_thing_born_here(who: str, act: Action) -> None:
    assert outcome(ACTORS[who], act, thing()) is (None if (who, act) in ALLOWED else Denied)


@pytest.mark.parametrize(("who", "act"), list(itertools.product(ACTORS, ABOUT_THINGS)))
def test_in_its_private_channel_a_thing_is_like_any_other(who: str, act: Action) -> None:
    assert outcome(ACTORS[who], act, thing(private=True)) is (None if (who, act) in ALLOWED else Denied)


@pytest.mark.parametrize(("who", "act"), list(itertools.product(["colleague", "administrator"], ABOUT_THINGS)))
def test_elsewhere_a_private_thing_does_not_exist(who: str, act: Action) -> None:
    for alone in (True, False):
        assert outcome(ACTORS[who], act, thing(private=True), place=Place("C0ELSEWHERE", alone)) is NotFound


@pytest.mark.parametrize("act", ABOUT_THINGS)
def test_who_made_a_private_thing_sees_it_anywhere_alone(act: Action) -> None:
    allowed = ("owner", act) in ALLOWED
    alone = Place("C0ELSEWHERE", alone=True)
    assert outcome(ACTORS["owner"], act, thing(private=True), place=alone) is (None if allowed else Denied)


@pytest.mark.parametrize("act", ABOUT_THINGS)
def test_who_made_a_private_thing_cannot_show_it_to_others_elsewhere(act: Action) -> None:
    assert outcome(ACTORS["owner"], act, thing(private=True), place=Place("C0ELSEWHERE")) is NotFound


@pytest.mark.parametrize(("who", "act"), list(itertools.product(ACTORS, ABOUT_OWN_WORDS)))
def test_whoever_wrote_words_decides_about_them_guests_and_strangers_too(who: str, act: Action) -> None:
    expected = Denied if who == "deactivated" else None
    for place in (ALONE_HERE, Place("C0ELSEWHERE"), None):
        assert outcome(ACTORS[who], act, None, place=place) is expected


@pytest.mark.parametrize("who", ["owner", "colleague", "administrator"])
def test_without_a_place_nothing_private_is_seen(who: str) -> None:
    assert outcome(ACTORS[who], Action.SEE, thing(private=True), place=None) is NotFound
    assert outcome(ACTORS[who], Action.SEE, thing(), place=None) is None


@pytest.mark.parametrize("place", [None, Place(HERE)])
def test_the_audit_log_is_read_alone(place: Place | None) -> None:
    assert outcome(ACTORS["administrator"], Action.READ_AUDIT, None, place=place) is Denied


@pytest.mark.parametrize("role", Role)
def test_nobody_approves_a_job_of_their_own(role: Role) -> None:
    assert outcome(Actor(ANA, "T0ACME", role), Action.APPROVE, thing()) is Denied


@pytest.mark.parametrize("role", Role)
def test_budgets_the_audit_log_and_erasing_are_for_administrators_only(role: Role) -> None:
    expected = None if role is Role.ADMIN else Denied
    assert all(outcome(Actor("U0EVE", "T0ACME", role), act, None) is expected for act in OF_THE_BOT)


def test_nobody_but_an_administrator_accepts_an_example_of_their_own() -> None:
    owner = Actor(ANA, "T0ACME", Role.APPROVER)
    assert outcome(owner, Action.REVIEW, thing()) is Denied
    assert outcome(Actor(ANA, "T0ACME", Role.ADMIN), Action.REVIEW, thing()) is None


@pytest.mark.parametrize("act", [*OWNERS_ACTS, Action.APPROVE, Action.REVIEW])
def test_what_needs_an_owner_is_denied_where_there_is_none(act: Action) -> None:
    assert outcome(ACTORS["administrator"], act, None) is Denied


def test_outsiders_do_not_even_learn_that_a_private_thing_is_not_there() -> None:
    secret, elsewhere = thing(private=True), Place("C0ELSEWHERE")
    assert outcome(ACTORS["guest"], Action.SEE, secret, place=elsewhere) is Denied
    assert outcome(ACTORS["stranger"], Action.SEE, secret, place=elsewhere) is Denied


def test_a_setting_lets_guests_in_as_ordinary_members() -> None:
    policy = Policy(guests=True)
    assert outcome(ACTORS["guest"], Action.SUBMIT, None, policy) is None
    assert outcome(ACTORS["guest"], Action.CANCEL, thing(), policy) is Denied
    assert outcome(ACTORS["stranger"], Action.SUBMIT, None, policy) is Denied


def test_a_setting_lets_other_organisations_in() -> None:
    policy = Policy(other_organisations=True)
    assert outcome(ACTORS["stranger"], Action.CHAT, thing(), policy) is None
    assert outcome(ACTORS["guest"], Action.CHAT, thing(), policy) is Denied
    assert outcome(ACTORS["stranger"], Action.SEE, thing(private=True), policy, Place("C0X", alone=True)) is NotFound


def test_no_setting_lets_a_deactivated_account_in() -> None:
    everything = Policy(guests=True, other_organisations=True)
    assert all(outcome(ACTORS["deactivated"], act, thing(), everything) is Denied for act in Action)


@pytest.mark.parametrize(
    ("act", "kind", "sentence"),
    [
        (Action.CANCEL, "job", "Only the person who started this job or an administrator may cancel it."),
        (Action.DECIDE, "job", "Only the person who started this job or an administrator may decide about it."),
        (Action.DELETE, "file", "Only the person whom this file belongs to or an administrator may delete it."),
    ],
)
def test_a_denial_says_who_may(act: Action, kind: str, sentence: str) -> None:
    with pytest.raises(Denied) as denied:
        authorize(ACTORS["colleague"], act, thing(kind=kind))
    assert errors.sentence(denied.value) == sentence


def test_the_audit_log_counts_one_job_as_one() -> None:
    assert [so_many_jobs(count) for count in (1, 4)] == ["1 job", "4 jobs"]
