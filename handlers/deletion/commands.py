"""`/finetune delete MODEL | FILE`: ask once more, then `handlers.deletion.buttons` does it."""

from bot.access import Act
from bot.datasets.dataset import Dataset
from bot.errors import Invalid, NotFound
from handlers.blocks import deletion
from handlers.start.trainable_models import model_named
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    word = turn.words.strip("`")
    if not word:
        raise Invalid("Say what to delete: a fine-tuned model's name, or a training file's id (ds-…).")
    if word.startswith("ds-"):
        await ask(turn, await turn.dataset(word, Act.DELETE))
    else:
        await ask(turn, await model_to_delete(turn, await model_named(turn, word, tuned_only=True)))


async def ask(turn: Turn, doomed: Dataset | str) -> None:
    """Whether the file, or the model of that name, shall go: in a modal, or in the thread where a mention asked."""
    if isinstance(doomed, Dataset):
        view, question = deletion.dataset_window(doomed, turn.channel), deletion.ask_dataset(doomed)
    else:
        view, question = deletion.model_window(doomed, turn.channel), deletion.ask_model(doomed)
    if turn.trigger_id is None or turn.again:  # after a crash the trigger is too old
        await turn.answer(question)
    else:
        await turn.services.poster.open_view(turn.trigger_id, view.to_dict())


async def model_to_delete(turn: Turn, name: str) -> str:
    """`name`, if there is such a model and this person may delete it. Raises NotFound, Denied."""
    unknown = NotFound(f"There is no fine-tuned model {name}. `/finetune models` lists them.")
    # Nobody of ours owns a model that we did not make: only an administrator may delete it.
    thing = await turn.services.catalogue.thing(name)
    try:
        await turn.actor(Act.SEE, thing)
    except NotFound:
        raise unknown from None
    if not name.startswith("ft:") or not await turn.services.catalogue.exists(name):
        raise unknown
    await turn.actor(Act.DELETE, thing)
    return name
