"""Starting a job, as people ask for it."""

import asyncio
from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.overlaps import Overlaps
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
from bot.errors import BotError, Denied, Invalid
from bot.job_requests import Draft, JobRequest, JobRequests
from bot.jobs.estimate import Estimate, TrainingNeeds, TrainingTime
from bot.jobs.job import Approval, Job, Origin
from bot.jobs.settings import JobSettings
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModel, TrainableModels, untrainable
from bot.notices.interfaces import PostRefused
from bot.providers.channel_providers import ChannelProviders
from bot.providers.protocol import Hyperparameters
from bot.spending.budget import NotAdmitted
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.incoming_files import IncomingFiles
from handlers.request import Request
from handlers.start.blocks import modal as blocks
from handlers.start.blocks import question
from handlers.start.listeners import Question, StartListeners
from handlers.start.modal import ModalState, StartModal
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import MODEL, a_dataset, a_job, a_report
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request
from texts.errors import sentence
from training_files import Report

TUNED = f"ft:{MODEL}:acme:support:1"
VALIDATION = a_dataset(id="ds-2", sha256="2", name="val.jsonl")


class Bot:
    """The use cases, and what was asked of them."""

    def __init__(self) -> None:
        self.files = {"ds-1": a_dataset(), "ds-2": VALIDATION}
        self.validation: Dataset | None = None
        self.validates: Dataset | None = None
        self.offered = [TrainableModel(MODEL, "acme", MODEL, 5.0)]
        self.submitted: list[tuple[Caller, JobRequest, Origin, str]] = []
        self.draft = Draft()
        self.previewed: Job | BotError = a_job()
        self.overlap: int | None = None
        self.slow = False
        self.checked = asyncio.Event()
        self.checked.set()

    # JobRequests

    async def require(self, caller: Caller) -> None: ...

    async def submit(self, caller: Caller, request: JobRequest, origin: Origin, identity: str) -> Job:
        self.submitted.append((caller, request, origin, identity))
        return a_job()

    async def check(self, caller: Caller, request: JobRequest) -> str:
        return "supervised"

    async def preview(self, caller: Caller, request: JobRequest, method: str) -> Job:
        if isinstance(self.previewed, BotError):
            raise self.previewed
        return self.previewed

    async def estimate(self, caller: Caller, settings: JobSettings, dataset: Dataset) -> Estimate:
        return Estimate(3, 3_900, 0.02, None)

    async def needs(self, settings: JobSettings, report: Report) -> TrainingNeeds:
        return TrainingNeeds(TrainingTime(720, 3))

    async def refused_since(self, provider: str) -> float | None:
        return None

    async def on(self, caller: Caller, dataset: Dataset) -> Draft:
        return msgspec.structs.replace(self.draft, dataset=dataset, thread_ts=dataset.thread_ts)

    async def again(self, caller: Caller, job_id: str) -> Draft:
        assert job_id == "job-1"
        return self.draft

    async def continued(self, caller: Caller, job_id: str, model: str) -> Draft:
        assert (job_id, model) == ("job-1", TUNED)
        return self.draft

    # TrainableDatasets and DatasetLookup

    async def get(self, caller: Caller, dataset_id: str, action: Action, *, to_post: bool = False) -> Dataset:
        return VALIDATION if dataset_id == VALIDATION.id else self.files[dataset_id]

    async def find(self, caller: Caller, word: str | None, thread_ts: str | None = None) -> Any:
        return word if word and word.startswith("file-") else self.files[word or "ds-1"]

    async def find_validation(self, caller: Caller, word: str, training: Dataset | None) -> str:
        return {"val.jsonl": "ds-2"}.get(word, word)

    async def latest(self, caller: Caller) -> Sequence[Dataset]:
        return list(self.files.values())

    async def validation_of(self, caller: Caller, training: Dataset) -> Dataset | None:
        return self.validation

    async def validated_by(self, caller: Caller, dataset: Dataset) -> Dataset | None:
        return self.validates

    async def validation_files(self, caller: Caller, training: Dataset | None) -> Sequence[Dataset]:
        return [VALIDATION]

    # TrainableModels and ModelLookup

    async def base(self, channel: str, report: object = None) -> Sequence[TrainableModel]:
        if self.slow:
            raise TimeoutError
        return self.offered

    async def tuned(self, caller: Caller, report: object = None) -> Sequence[TrainableModel]:
        return [TrainableModel(TUNED, "acme", "support", tuned=True)]

    async def named(self, caller: Caller, word: str) -> str:
        return {"support": TUNED}.get(word, word)

    def word(self, provider: str, model: str) -> str:
        return model

    async def word_of(self, caller: Caller, model: str) -> str:
        return model

    async def untrainable(self, channel: str, report: Report) -> Invalid:
        return untrainable("acme", report)

    # ChannelProviders

    async def default(self, channel: str) -> Any:
        return SimpleNamespace(name="acme")

    # Overlaps: twelve examples, once they are counted

    def is_due(self, training: Dataset, validation: Dataset) -> bool:
        return self.overlap is None

    async def count(self, training: Dataset, validation: Dataset) -> None:
        self.overlap = 12

    def known(self, training: Dataset, validation: Dataset) -> int:
        return self.overlap or 0


class Incoming:
    """Files that are still checked until the bot says so."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def checked(self, channel: str, names: Collection[str] = ()) -> None:
        await self._bot.checked.wait()


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def listeners(slack: Slack, bot: Bot) -> StartListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    channel = {"id": "C0TRAINING", "is_member": True, "is_private": False}
    slack.replies["conversations.info"] = [{"ok": True, "channel": channel}]
    for method in ("views.open", "views.update"):
        slack.replies[method] = [{"ok": True, "view": {"id": "V1", "hash": "2"}}]
    poster = Poster(slack.client)
    callers = Callers(People(poster, "T0ACME", Roles()), "T0ACME")
    datasets, trainable = cast(DatasetLookup, bot), cast(TrainableDatasets, bot)
    models, requests = cast(TrainableModels, bot), cast(JobRequests, bot)
    overlaps = cast(Overlaps, bot)
    return StartListeners(
        callers=callers,
        requests=requests,
        datasets=datasets,
        trainable=trainable,
        provider_files=cast(ProviderFiles, bot),
        models=models,
        model_lookup=cast(ModelLookup, bot),
        incoming_files=cast(IncomingFiles, Incoming(bot)),
        modal=StartModal(callers, requests, datasets, trainable, models, overlaps, poster, cast(ChannelProviders, bot)),
    )


def _modals(slack: Slack, method: str = "views.open") -> list[dict[str, Any]]:
    return [call["view"] for call in slack.called(method)]


def _state(view: dict[str, Any]) -> ModalState:
    return msgspec.json.decode(view["private_metadata"], type=ModalState)


def _inputs(view: dict[str, Any]) -> dict[str, Any]:
    """What stands in each field when the modal opens."""
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    return {
        name: (element.get("initial_option") or {}).get("value") or element.get("initial_value")
        for name, element in fields.items()
    }


def _shown(view: dict[str, Any]) -> str:
    return msgspec.json.encode(view["blocks"]).decode()


def _modal_turn(state: ModalState, **values: str) -> Request:
    """The modal, with `values` in its fields."""
    menus = {"model", "validation", "file"}
    entered = {
        name: {name: {"selected_option": {"value": text}} if name in menus else {"value": text}}
        for name, text in values.items()
    }
    metadata = msgspec.json.encode(state).decode()
    return a_request(
        body={"view": {"id": "V1", "hash": "1", "private_metadata": metadata, "state": {"values": entered}}}
    )


def _button(answers: Answers) -> Question:
    (found,) = [
        element
        for block in answers[-1].blocks
        for element in block.to_dict().get("elements", ())
        if element.get("action_id") == question.CONFIRMED
    ]
    return msgspec.json.decode(found["value"], type=Question)


# The modal


async def test_a_report_opens_the_modal_on_its_file(listeners: StartListeners, slack: Slack) -> None:
    await listeners.pressed(a_request("ds-1"))
    (view,) = _modals(slack)
    assert view["callback_id"] == blocks.CALLBACK_ID
    assert _state(view) == ModalState("C0TRAINING", "ds-1", thread_ts=a_dataset().thread_ts)
    assert _inputs(view)["model"] == f"acme|{MODEL}"


async def test_a_file_with_errors_opens_nothing(listeners: StartListeners, bot: Bot, slack: Slack) -> None:
    bot.files["ds-1"] = a_dataset(report=a_report(ok=False))
    with pytest.raises(Invalid, match="file_has_errors"):
        await listeners.pressed(a_request("ds-1"))
    assert _modals(slack) == []


async def test_where_no_modal_can_be_opened_it_says_so(listeners: StartListeners) -> None:
    with pytest.raises(Invalid, match="no_modal_here"):
        await listeners.pressed(a_request("ds-1", trigger_id=None))


async def test_a_lost_reply_to_opening_the_modal_is_no_trouble(listeners: StartListeners, slack: Slack) -> None:
    slack.replies["views.open"] = [error("exchanged_trigger_id")]
    with pytest.raises(PostRefused):
        await listeners.pressed(a_request("ds-1"))
    await listeners.pressed(a_request("ds-1", is_retry=True))


async def test_a_provider_that_takes_too_long_is_told_before_slacks_seconds_are_over(
    listeners: StartListeners, bot: Bot
) -> None:
    bot.slow = True
    with pytest.raises(BotError) as trouble:
        await listeners.pressed(a_request("ds-1"))
    assert sentence(trouble.value).startswith("acme takes too long")


async def test_what_stands_in_the_way_is_said_in_the_modal(listeners: StartListeners, bot: Bot, slack: Slack) -> None:
    bot.previewed = a_job(state="awaiting_approval", approval=Approval(0.0, 1.0, ("U0BEN",)), estimated_cost=2.0)
    await listeners.pressed(a_request("ds-1"))
    bot.previewed = NotAdmitted("nobody_to_approve", above=1.0)
    await listeners.pressed(a_request("ds-1"))
    approval, refusal = map(_shown, _modals(slack))
    assert "*Needs approval:*" in approval
    assert "*Cannot be started like this:*" in refusal


async def test_an_earlier_job_fills_the_modal(listeners: StartListeners, bot: Bot, slack: Slack) -> None:
    words = {"model": MODEL, "epochs": "2", "suffix": "support"}
    bot.draft = Draft(words, a_dataset(), diverged=8.0, thread_ts="1.0")
    await listeners.again(a_request("job-1"))
    (view,) = _modals(slack)
    assert {name: _inputs(view)[name] for name in ("epochs", "suffix")} == {"epochs": "2", "suffix": "support"}
    assert "Training diverged at 8" in _shown(view)
    assert _state(view).thread_ts == "1.0"


async def test_a_checkpoint_fills_the_modal_with_its_model_and_offers_files(
    listeners: StartListeners, bot: Bot, slack: Slack
) -> None:
    checkpoint = f"{TUNED}:ckpt-step-88"
    bot.draft = Draft({"model": checkpoint}, a_dataset(), files=[a_dataset(), VALIDATION])
    await listeners.continued(a_request(f"job-1 {TUNED}"))
    (view,) = _modals(slack)
    assert _inputs(view)["model"] == f"acme|{checkpoint}"
    assert _inputs(view)["file"] == "ds-1"
    assert "lower the learning rate multiplier" in _shown(view)


async def test_the_modal_follows_what_is_chosen_and_keeps_what_was_typed(
    listeners: StartListeners, slack: Slack
) -> None:
    state = ModalState("C0TRAINING", "ds-1", kept={"beta": "0.3"})
    await listeners.changed(_modal_turn(state, model=f"acme|{MODEL}", epochs="16", suffix="support"))
    (view,) = _modals(slack, "views.update")
    assert "in 16 epochs" in _shown(view)
    assert (_inputs(view)["epochs"], _inputs(view)["suffix"]) == ("16", "support")
    # Not shown for this method, and there again when another one is chosen.
    assert _state(view).kept["beta"] == "0.3"


async def test_a_file_of_the_provider_changes_its_fields_with_the_method(
    listeners: StartListeners, slack: Slack
) -> None:
    state = ModalState("C0TRAINING", file_id="file-1", kept={"beta": "0.3"})
    for method in ("dpo", "supervised"):
        await listeners.changed(_modal_turn(state, model=f"acme|{MODEL}", method=method, batch="4"))
    preferences, supervised = map(_inputs, _modals(slack, "views.update"))
    assert (preferences["beta"], preferences["batch"]) == ("0.3", "4")
    assert "beta" not in supervised


async def test_what_stands_in_both_files_is_told_once_it_is_counted(listeners: StartListeners, slack: Slack) -> None:
    request = _modal_turn(ModalState("C0TRAINING", "ds-1"), model=f"acme|{MODEL}", validation="ds-2")
    await listeners.changed(request)
    await listeners.changed(request)
    told = "12 examples of the training file stand in `val.jsonl`"
    assert [told in _shown(view) for view in _modals(slack, "views.update")] == [False, True, True]


async def test_a_modal_that_shows_something_newer_by_now_is_left_alone(listeners: StartListeners, slack: Slack) -> None:
    slack.replies["views.update"] = [error("hash_conflict")]
    await listeners.changed(_modal_turn(ModalState("C0TRAINING", "ds-1"), model=f"acme|{MODEL}"))
    assert [call["hash"] for call in slack.called("views.update")] == ["1"]


async def test_the_modal_asks_for_the_job_in_the_files_thread(listeners: StartListeners, bot: Bot) -> None:
    state = ModalState("C0TRAINING", "ds-1")
    await listeners.submitted(_modal_turn(state, model=f"acme|{MODEL}", epochs="3", validation="ds-2"))
    ((caller, request, origin, identity),) = bot.submitted
    assert caller.user == ANA.user
    assert request == JobRequest(JobSettings("acme", MODEL, Hyperparameters(3), validation="ds-2"), "ds-1")
    assert origin == Origin("T0ACME", "C0TRAINING", False, a_dataset().thread_ts)
    assert identity == "view/V1"


async def test_a_file_that_was_chosen_in_the_modal_is_trained_on(listeners: StartListeners, bot: Bot) -> None:
    state = ModalState("C0TRAINING", "ds-1", choose=True)
    await listeners.submitted(_modal_turn(state, model=f"acme|{MODEL}", file="ds-2"))
    assert [request.dataset_id for _, request, _, _ in bot.submitted] == ["ds-2"]


async def test_wrong_values_are_told_by_their_fields(listeners: StartListeners, bot: Bot) -> None:
    with pytest.raises(Invalid) as refusal:
        await listeners.submitted(_modal_turn(ModalState("C0TRAINING", "ds-1"), model="", epochs="0"))
    assert sentence(refusal.value) == (
        "`model`: Choose a base model. `epochs`: Epochs are a whole number from 1 to 50, or auto."
    )
    assert bot.submitted == []


# The command


async def test_without_settings_the_command_opens_the_modal(listeners: StartListeners, slack: Slack) -> None:
    answers = Answers()
    await listeners.command(a_request("ds-2", answers))
    assert [_state(view).dataset for view in _modals(slack)] == ["ds-2"]
    assert answers == []


@pytest.mark.parametrize("fields", [{"trigger_id": None}, {"is_retry": True}])
async def test_where_the_modal_cannot_be_opened_any_more_the_command_asks(
    listeners: StartListeners, slack: Slack, fields: dict[str, Any]
) -> None:
    slack.replies["views.open"] = [error("expired_trigger_id")]
    answers = Answers()
    await listeners.command(a_request("", answers, **fields))
    assert _button(answers).dataset == "ds-1"


async def test_settings_are_confirmed_with_the_price_before_anything_is_asked_for(
    listeners: StartListeners, bot: Bot
) -> None:
    answers = Answers()
    await listeners.command(a_request("epochs=3 model=support", answers))
    assert bot.submitted == []
    said = "\n".join(str(block.to_dict()) for block in answers[0].blocks)
    assert "$0.02 · time not known yet · 3,900 billed tokens in 3 epochs" in said
    assert "lower the learning rate multiplier" in said
    asked = _button(answers)
    assert asked == Question("command/1", ANA.user, {"epochs": "3", "model": TUNED}, "ds-1")
    replaced = Answers()
    value = msgspec.json.encode(asked).decode()
    await listeners.confirmed(a_request(value, answers, key="button/2", replace_message=replaced.show))
    ((_, request, origin, identity),) = bot.submitted
    assert request == JobRequest(JobSettings("", TUNED, Hyperparameters(3)), "ds-1")
    # The command names the job, however often the button is pressed.
    assert (identity, origin.thread_ts) == ("command/1", a_dataset().thread_ts)
    assert "is on its way" in replaced.text


async def test_only_the_one_who_asked_starts_what_was_asked_for(listeners: StartListeners, bot: Bot) -> None:
    value = msgspec.json.encode(Question("command/1", "U0BEN", {"model": MODEL}, "ds-1")).decode()
    with pytest.raises(Denied, match="question_of_another"):
        await listeners.confirmed(a_request(value))
    assert bot.submitted == []


async def test_confirmed_in_the_command_nothing_is_asked(listeners: StartListeners, bot: Bot) -> None:
    answers = Answers()
    await listeners.command(a_request("confirm=yes validation=val.jsonl", answers))
    assert [request.settings.validation for _, request, _, _ in bot.submitted] == ["ds-2"]
    assert "is on its way" in answers.text


async def test_the_validation_file_that_belongs_to_the_file_is_taken_and_told(
    listeners: StartListeners, bot: Bot
) -> None:
    bot.validation = VALIDATION
    answers = Answers()
    await listeners.command(a_request("epochs=2", answers))
    assert _button(answers).words["validation"] == "ds-2"
    assert "Validation file: `val.jsonl`, which belongs to it." in str(answers[0].blocks[0].to_dict())
    await listeners.command(a_request("validation=none confirm=yes", answers))
    assert [request.settings.validation for _, request, _, _ in bot.submitted] == [None]


async def test_a_validation_file_that_was_named_is_told_by_its_name(listeners: StartListeners) -> None:
    for word in ("val.jsonl", "ds-2"):
        answers = Answers()
        await listeners.command(a_request(f"epochs=2 validation={word}", answers))
        assert _button(answers).words["validation"] == "ds-2"
        assert "epochs `2` · validation `val.jsonl`" in str(answers[0].blocks[0].to_dict())


async def test_of_a_file_that_validates_another_one_the_command_says_so(listeners: StartListeners, bot: Bot) -> None:
    bot.validates = a_dataset(name="house.jsonl")
    answers = Answers()
    await listeners.command(a_request("ds-2 confirm=yes", answers))
    assert "This file is the validation file of `house.jsonl`." in answers.text


async def test_where_no_model_learns_from_the_file_the_command_says_what_to_do(
    listeners: StartListeners, bot: Bot
) -> None:
    bot.offered = []
    bot.files["ds-1"] = a_dataset(report=a_report(format="reinforcement", method="reinforcement"))
    with pytest.raises(Invalid) as refusal:
        await listeners.command(a_request("confirm=yes"))
    assert "acme has no model that can be trained by reinforcement." in sentence(refusal.value)
    assert "write the answer that you want into each example" in sentence(refusal.value)


async def test_a_file_made_for_the_next_model_goes_on_from_its_parent_in_the_window_and_in_words(
    listeners: StartListeners, bot: Bot, slack: Slack
) -> None:
    bot.files["ds-1"], bot.draft = a_dataset(parent=TUNED), Draft({"model": TUNED, "suffix": "support-2"})
    await listeners.pressed(a_request("ds-1"))
    (view,) = _modals(slack)
    assert (_inputs(view)["model"], _inputs(view)["suffix"]) == (f"acme|{TUNED}", "support-2")
    await listeners.command(a_request("epochs=2 confirm=yes"))
    assert bot.submitted[-1][1].settings.model == TUNED


async def test_the_window_says_where_the_base_model_takes_the_place_of_the_parent(
    listeners: StartListeners, bot: Bot, slack: Slack
) -> None:
    bot.draft = Draft({"model": MODEL}, instead_of=TUNED)
    await listeners.pressed(a_request("ds-1"))
    (view,) = _modals(slack)
    assert "acme cannot go on from `support` with this file" in _shown(view)
    await listeners.changed(_modal_turn(_state(view), model=f"acme|{MODEL}", epochs="16"))
    assert "cannot go on from `support`" in _shown(_modals(slack, "views.update")[-1]), "it stays"


async def test_wrong_settings_are_told_by_their_names(listeners: StartListeners) -> None:
    with pytest.raises(Invalid) as refusal:
        await listeners.command(a_request("epochs=many lr=fast"))
    assert sentence(refusal.value).startswith("`epochs`: Epochs are a whole number")
    assert "`lr`: The learning rate multiplier is a number above 0" in sentence(refusal.value)


async def test_a_file_that_is_still_read_is_waited_for_and_told(listeners: StartListeners, bot: Bot) -> None:
    bot.checked.clear()
    answers, told = Answers(), asyncio.Event()

    async def show(message: Message) -> None:
        answers.append(message)
        told.set()

    command = asyncio.create_task(listeners.command(a_request("confirm=yes", answer=show)))
    async with asyncio.timeout(30):
        await told.wait()
    assert "I am still reading the files that were dropped here." in answers.text
    assert bot.submitted == []
    bot.checked.set()
    await command
    assert len(bot.submitted) == 1
