"""What an administrator does with workspaces in a terminal: list them, have one erased, encrypt tokens anew.

The bot that runs carries it out; where none runs, it is done here.
"""

import asyncio
import sys
from datetime import UTC, datetime

from app.check import harmless
from app.files import file_store_of, of_each_workspace
from app.stores import open_store, require_store
from app.terminal.messages import Answer, Asked
from app.terminal.socket import ask
from bot.encryption import KeyRing, key_ring
from bot.errors import BotError, StartError
from bot.settings import Settings, load
from bot.store.inspection import is_in_use
from bot.store.installations import SqlInstallations
from bot.workspaces.installation import Installation
from bot.workspaces.workspaces import Workspaces
from texts import installing as texts
from texts.errors import sentence
from texts.language import Language, current, speaking


def workspaces_command(command: str, *words: str) -> int:
    """Exit code 0: done, 1: not. Raises StartError."""
    settings = load()
    ring = key_ring(settings)
    if ring is None:
        raise StartError(texts.no_keys())
    require_store(settings)
    answer = asyncio.run(_answer(settings, ring, Asked(command, words, language=current())))
    if answer.error is not None:
        sys.stderr.write(f"{harmless(answer.error)}\n")
        return 1
    sys.stdout.write("\n".join(map(harmless, answer.notes)) + "\n")
    return 0


def rotate_keys_command() -> int:
    """Tokens, and files in place while bots read them. Exit code 0: done, 1: not. Raises StartError."""
    settings = load()
    if key_ring(settings) is None:
        raise StartError(texts.no_keys())
    require_store(settings)
    # A bot of one workspace keeps no tokens, and would not know what it is asked.
    alone = settings.finetune_database is None and not is_in_use(settings.finetune_data)
    has_tokens = settings.many_workspaces or alone
    if has_tokens and (code := workspaces_command("rotate-keys")):
        return code
    count = 0
    try:
        for each in of_each_workspace(settings):
            count += file_store_of(each).seal_anew()
    except BotError as error:
        sys.stderr.write(f"{harmless(sentence(error))}\n")
        return 1
    if count or not has_tokens:
        sys.stdout.write(f"{texts.files_encrypted_anew(count)}\n")
    return 0


async def _answer(settings: Settings, ring: KeyRing, asked: Asked) -> Answer:
    if (answer := await ask(settings.finetune_data, asked)) is not None:
        return answer
    database = await open_store(settings)
    try:
        return await carry_out(Workspaces(SqlInstallations(database, ring)), asked)
    finally:
        await database.close()


async def carry_out(workspaces: Workspaces, asked: Asked) -> Answer:
    with speaking(Language(asked.language)):
        try:
            return Answer(notes=await _done(workspaces, asked))
        except BotError as error:
            return Answer(error=sentence(error))


async def _done(workspaces: Workspaces, asked: Asked) -> tuple[str, ...]:
    match asked.command, asked.words:
        case "list", ():
            return tuple(map(_line, await workspaces.all())) or (texts.no_workspaces(),)
        case "erase", (team,):
            await workspaces.ask_to_erase(team)
            return (texts.will_be_erased(team),)
        case "rotate-keys", ():
            return (texts.keys_rotated(await workspaces.rotate_keys()),)
    return ()


def _line(one: Installation) -> str:
    day = datetime.fromtimestamp(one.installed_at, UTC).date().isoformat()
    return "  ".join((one.team, one.name, texts.state(one.state), day, one.installed_by))
