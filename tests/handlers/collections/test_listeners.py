"""Training sets, as people ask for them and press their buttons."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.collections.export import FEWEST
from bot.collections.views import BY_PAGE, EXAMPLES_BY_PAGE
from bot.datasets.dataset import Dataset
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.store.database import Database
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.collections import blocks, forms
from handlers.collections.listeners import CollectionListeners
from handlers.datasets.derived_files import DerivedFiles
from handlers.modals import Modals
from handlers.request import Request
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.collecting import BEN, PRIVATE, Collecting, chat_line, pair_line
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, ENGLISH, Answers, a_request


@dataclass(frozen=True)
class Derived(DerivedFiles):
    """Takes what was exported in place of Slack's files and the check."""

    shared: list[Dataset] = field(default_factory=list)

    async def share(self, request: Request, source: Dataset, made: Sequence[Dataset], comment: object) -> list[Dataset]:
        self.shared.extend(made)
        return list(made)

    async def report_on(self, request: Request, dataset: Dataset, validation: Dataset | None = None) -> None:
        pass


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Collecting:
    return Collecting(database, tmp_path / "files")


@pytest.fixture
def derived(slack: Slack) -> Derived:
    unused: Any = None
    return Derived(unused, unused, unused, unused, Poster(slack.client), ENGLISH.place)


@pytest.fixture
def listeners(slack: Slack, world: Collecting, derived: Derived) -> CollectionListeners:
    def who(request: Any) -> Any:
        from aiohttp import web

        return web.json_response({"ok": True, "user": {"id": request.query["user"], "team_id": "T0ACME"}})

    slack.replies["users.info"] = [who]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/archives/C0/p1"}]
    poster = Poster(slack.client)
    return CollectionListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        views=world.views,
        curation=world.curation,
        files=world.files,
        modals=Modals(poster),
        derived=derived,
        poster=poster,
        language=ENGLISH.place,
    )


def text_of(message: Message) -> str:
    """All that is said in it."""
    said = []
    for block in message.blocks:
        shown: dict[str, Any] = block.to_dict()
        said += [part["text"] for part in [shown.get("text"), *shown.get("elements", ())] if "text" in (part or {})]
    return "\n".join(text for text in said if isinstance(text, str))


def value(answers: Answers, action_id: str) -> str:
    """Of the first such button of the last answer."""
    return next(value for id, value in answers.buttons if id == action_id)


def opened(slack: Slack) -> dict[str, Any]:
    """The modal that was opened last."""
    view = slack.called("views.open")[-1]["view"]
    found: dict[str, Any] = json.loads(view) if isinstance(view, str) else view
    return found


def sent(view: dict[str, Any], **entered: dict[str, Any]) -> Request:
    """The modal is sent off with what was entered, by block_id."""
    values = {block_id: {block_id: element} for block_id, element in entered.items()}
    return a_request(body={"view": {**view, "state": {"values": values}}}, key="view/1")


def whispered(slack: Slack) -> str:
    """What the person was shown last where the modal was opened."""
    blocks = slack.called("chat.postEphemeral")[-1]["blocks"]
    return json.dumps(json.loads(blocks) if isinstance(blocks, str) else blocks, ensure_ascii=False)


async def test_without_any_it_is_said_how_one_begins(listeners: CollectionListeners) -> None:
    answers = Answers()
    await listeners.command(a_request(answers=answers))
    assert answers.text.startswith("There is no training set here yet. Choose *Add to training set*")


async def test_the_list_opens_a_set_turns_its_pages_and_comes_back(
    listeners: CollectionListeners, world: Collecting
) -> None:
    for n in range(BY_PAGE + 1):
        await world.collection(f"col-{n:02}", f"Set <{n}>")
    answers = Answers()
    await listeners.command(a_request(answers=answers))
    assert "Set &lt;0&gt;" in text_of(answers[-1])
    await listeners.turned(a_request(value(answers, blocks.LIST_OLDER), answers))
    assert f"Set &lt;{BY_PAGE}&gt;" in text_of(answers[-1])
    await listeners.open(a_request(value(answers, blocks.OPEN), answers))
    assert f"/finetune datasets Set &lt;{BY_PAGE}&gt;" in text_of(answers[-1])
    await listeners.turned(a_request(value(answers, blocks.LIST_OLDER), answers))
    assert "Set &lt;0&gt;" in text_of(answers[-1])


async def test_a_name_shows_its_set_and_one_that_fits_several_lists_them(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection("col-1", "Support")
    await world.collection("col-2", "Supplies", licence="Ours *alone*")
    await world.example("ex-1", by=BEN.user)
    await world.example("ex-2", line=pair_line(), origin="preference")
    answers = Answers()
    await listeners.command(a_request("support", answers))
    shown = text_of(answers[-1])
    assert "*Support*\n2 examples, made by <@U0ANA>" in shown
    assert "Comes from: 1 thread, 1 preference" in shown
    assert "<@U0BEN> – adding an example" in shown
    await listeners.command(a_request("supp", answers))
    assert "\nLicence: Ours *alone*" in text_of(answers[-1])
    assert "Several training sets are called something like `supp`" in text_of(answers[-1])
    assert [opened for id, opened in answers.buttons if id == blocks.OPEN] == ["col-1", "col-2"]
    with pytest.raises(NotFound):
        await listeners.command(a_request("refunds", answers))


async def test_examples_are_turned_over_with_where_they_come_from_and_removed(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection("col-1", "Support")
    await world.example("ex-0", line=pair_line("Why <!channel>?", "Because.", "No idea."), origin="preference")
    for n in range(1, EXAMPLES_BY_PAGE + 1):
        await world.example(f"ex-{n}", by=BEN.user)
    answers = Answers()
    await listeners.examples(a_request("col-1 1 all", answers))
    assert "Question: What is ex-5?\nAnswer: It is ex-5." in text_of(answers[-1])
    assert "|from a thread>, added by <@U0BEN>" in text_of(answers[-1])
    await listeners.examples(a_request(value(answers, blocks.EXAMPLES_OLDER), answers))
    shown = text_of(answers[-1])
    assert "Question: Why &lt;!channel&gt;?\nPreferred: Because.\nRejected: No idea." in shown
    await listeners.remove(a_request(value(answers, blocks.REMOVE), answers))
    assert await world.ids() == [f"ex-{n}" for n in range(1, EXAMPLES_BY_PAGE + 1)]
    assert "5 examples of Support" in text_of(answers[-1]), "the last page that is left"
    await listeners.remove(a_request("col-1 2 all ex-0", answers, is_retry=True))
    with pytest.raises(NotFound):
        await listeners.remove(a_request("col-1 2 all ex-0", answers, key="another"))


async def test_a_thread_that_slack_does_not_tell_of_is_not_linked(
    listeners: CollectionListeners, world: Collecting, slack: Slack
) -> None:
    slack.replies["chat.getPermalink"] = [{"ok": False, "error": "channel_not_found"}]
    await world.collection()
    await world.example("ex-1")
    answers = Answers()
    await listeners.examples(a_request("col-1 1 all", answers))
    assert "\nfrom a thread, added by" in text_of(answers[-1])


async def test_others_see_no_button_to_remove_and_are_refused(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection()
    await world.example("ex-1")
    answers = Answers()
    await listeners.examples(a_request("col-1 1 all", answers, user=BEN.user))
    assert blocks.REMOVE not in dict(answers.buttons)
    with pytest.raises(Denied):
        await listeners.remove(a_request("col-1 1 all ex-1", answers, user=BEN.user))


async def test_a_set_without_examples_says_how_to_add_one(listeners: CollectionListeners, world: Collecting) -> None:
    await world.collection("col-1", "Support")
    answers = Answers()
    await listeners.examples(a_request("col-1 1 all", answers))
    assert text_of(answers[-1]).startswith("*Support* has no examples.")


async def test_in_a_message_that_all_see_nothing_private_takes_the_place_of_the_list(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection(private=True)
    for listener, text in ((listeners.open, "col-1"), (listeners.examples, "col-1 1 all")):
        with pytest.raises(NotFound):
            await listener(a_request(text, body={"container": {"is_ephemeral": False}}))
    answers = Answers()
    await listeners.open(a_request("col-1", answers, channel=PRIVATE, user=BEN.user))
    assert "seen only where it was made" in text_of(answers[-1])


async def test_a_training_file_is_announced_once_and_shared_in_that_thread(
    listeners: CollectionListeners, world: Collecting, slack: Slack, derived: Derived
) -> None:
    await world.collection("col-1", "Support")
    with pytest.raises(Conflict, match="too_few_examples"):
        await listeners.export(a_request("col-1"))
    for n in range(FEWEST):
        await world.example(f"ex-{n}")
    await listeners.export(a_request("col-1"))
    [said] = slack.called("chat.postMessage")
    assert said["text"].startswith(f"<@{ANA.user}> makes a training file of *Support*: {FEWEST} examples.")
    assert [(one.name, one.thread_ts) for one in derived.shared] == [("Support.jsonl", "1.0")]


async def test_who_owns_a_set_requires_review_and_somebody_else_works_through_the_queue(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection("col-1", "Support")
    await world.example("ex-0")
    answers = Answers()
    await listeners.open(a_request("col-1", answers, user=BEN.user))
    assert blocks.REVIEW not in dict(answers.buttons)
    with pytest.raises(Denied):
        await listeners.require_review(a_request("col-1 on", answers, user=BEN.user))
    await listeners.open(a_request("col-1", answers))
    await listeners.require_review(a_request(value(answers, blocks.REVIEW), answers))
    assert "New examples are used only once" in text_of(answers[-1])
    await world.example("ex-1")
    await world.example("ex-2")
    await listeners.open(a_request("col-1", answers))
    assert "1 example, 2 wait for review" in text_of(answers[-1])
    await listeners.examples(a_request(value(answers, blocks.QUEUE), answers))
    assert blocks.ACCEPT not in dict(answers.buttons), "they are her own"
    await listeners.examples(a_request("col-1 1 unreviewed", answers, user=BEN.user))
    assert "2 examples of Support wait for review" in text_of(answers[-1])
    await listeners.accept(a_request(value(answers, blocks.ACCEPT), answers, user=BEN.user))
    assert "1 example of Support waits for review" in text_of(answers[-1])
    await listeners.reject(a_request(value(answers, blocks.REJECT), answers, user=BEN.user))
    assert text_of(answers[-1]) == "No example of *Support* waits for review."
    assert await world.ids() == ["ex-0", "ex-2"]
    await listeners.examples(a_request("col-1 1 all", answers))
    assert "accepted by <@U0BEN>" in text_of(answers[-1])
    await listeners.open(a_request("col-1", answers))
    await listeners.require_review(a_request(value(answers, blocks.REVIEW), answers))
    assert "New examples are used only once" not in text_of(answers[-1])


async def test_who_may_reject_an_example_is_not_offered_to_remove_it_too(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection(review=True)
    await world.example("ex-1", by=BEN.user)
    answers = Answers()
    await listeners.examples(a_request("col-1 1 all", answers))
    pressed = [action_id for action_id, _ in answers.buttons]
    assert blocks.REJECT in pressed
    assert blocks.REMOVE not in pressed


async def test_what_waits_for_agreement_is_shown_beside_what_waits_for_review(
    listeners: CollectionListeners, world: Collecting
) -> None:
    await world.collection("col-1", "Support", private=True, review=True)
    await world.example("ex-1", private=True, people=("U0ANA", "U0BEN"))
    answers = Answers()
    await listeners.examples(a_request("col-1 1 all", answers, channel=PRIVATE))
    assert "Waits for the agreement of <@U0BEN>\nWaits for review" in text_of(answers[-1])
    await listeners.open(a_request("col-1", answers, channel=PRIVATE))
    assert "0 examples, 1 waits for agreement, 1 waits for review" in text_of(answers[-1])


async def test_its_owner_gives_a_set_another_name_and_a_note_about_its_licence(
    listeners: CollectionListeners, world: Collecting, slack: Slack
) -> None:
    await world.collection("col-1", "Support", licence="Ours.")
    answers = Answers()
    await listeners.open(a_request("col-1", answers))
    await listeners.open_description(a_request(value(answers, forms.DESCRIBE)))
    view = opened(slack)
    assert [block["element"]["initial_value"] for block in view["blocks"]] == ["Support", "Ours."]
    await listeners.describe(sent(view, name={"value": " Answers "}, licence={"value": None}))
    assert "*Answers*" in whispered(slack)
    assert "Ours." not in whispered(slack)
    with pytest.raises(Denied):
        await listeners.open_description(a_request("col-1", user=BEN.user))


async def test_its_owner_merges_a_set_into_another(
    listeners: CollectionListeners, world: Collecting, slack: Slack
) -> None:
    await world.collection("col-1", "Support")
    await world.example("ex-1")
    with pytest.raises(Conflict, match="nothing_to_merge_into"):
        await listeners.open_merge(a_request("col-1"))
    await world.collection("col-2", "Sales")
    answers = Answers()
    await listeners.open(a_request("col-1", answers))
    await listeners.open_merge(a_request(value(answers, forms.MERGE)))
    view = opened(slack)
    [target] = view["blocks"][1]["element"]["options"]
    assert target["text"]["text"] == "Sales"
    await listeners.merge(sent(view, into={"selected_option": target}))
    assert "*Sales*\\n1 example, made by" in whispered(slack)
    with pytest.raises(NotFound):
        await listeners.open(a_request("col-1", answers))


async def test_its_owner_finds_examples_and_moves_or_removes_them(
    listeners: CollectionListeners, world: Collecting, slack: Slack
) -> None:
    await world.collection("col-1", "Support")
    day = 86_400.0
    for n in range(8):
        await world.example(f"ex-{n}", by=BEN.user if n else ANA.user, at=n * day, model="ft:a", origin="correction")
    answers = Answers()
    await listeners.open(a_request("col-1", answers))
    await listeners.open_filter(a_request(value(answers, forms.FILTER)))
    view = opened(slack)
    with pytest.raises(Invalid, match="nothing_to_filter_by"):
        await listeners.filter(sent(view, text={"value": "  "}))
    ben = {"selected_user": BEN.user}
    kind, model = {"selected_option": {"value": "correction"}}, {"selected_option": {"value": "ft:a"}}
    until = {"selected_date": "1970-01-03"}
    await listeners.filter(sent(view, contributor=ben, origin=kind, model=model, until=until, name={"value": "Ben's"}))
    assert "2 of the 8 examples of *Support* fit.\\n• What is ex-1?" in whispered(slack)
    found = json.loads(whispered(slack))
    move, _, _ = found[1]["elements"]
    assert move["action_id"] == blocks.SPLIT_OFF
    assert move["text"]["text"] == "Move to “Ben's”"
    await listeners.split_off(a_request(move["value"], answers))
    assert "*Ben's*\n2 examples" in text_of(answers[-1])
    await listeners.filter(sent(view, contributor=ben))
    assert "5 of the 6 examples" in whispered(slack)
    assert "and 0 more" not in whispered(slack)
    remove = next(
        one for one in json.loads(whispered(slack))[1]["elements"] if one["action_id"] == blocks.REMOVE_SELECTED
    )
    await listeners.remove_selected(a_request(remove["value"], answers))
    assert "*Support*\n1 example," in text_of(answers[-1])
    assert await world.ids() == ["ex-0"]
    await listeners.filter(sent(view, repeated={"selected_options": [{"value": "repeated"}]}))
    assert "No example of *Support* fits." in whispered(slack)


async def test_the_longest_of_everything_fits_into_a_selections_buttons(
    listeners: CollectionListeners, world: Collecting, slack: Slack
) -> None:
    await world.collection("col-1", "&" * 80)
    await world.example("ex-1", line=chat_line("&" * 4_000), model="m" * 150)
    await listeners.open_filter(a_request("col-1"))
    entered = {"text": {"value": "&" * 200}, "name": {"value": "😀" * 40}}
    await listeners.filter(
        sent(opened(slack), contributor={"selected_user": ANA.user}, since={"selected_date": "1970-01-01"}, **entered)
    )
    assert blocks.SPLIT_OFF in whispered(slack)
