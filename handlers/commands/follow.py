"""`/finetune follow PROVIDER-JOB`: adopt a job by its provider's id, whoever created it."""

import hashlib

from bot.access import Act
from bot.errors import Invalid
from handlers.blocks import pointers
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    await turn.actor(Act.FOLLOW)
    word = turn.words.strip("`")
    if not word or " " in word:
        raise Invalid("Say which job: `/finetune follow ftjob-…`, the id that the provider shows.")
    origin = await turn.origin()
    our_id = "job-" + hashlib.sha256(turn.key.encode()).hexdigest()[:8]
    job = await turn.services.follower.adopt(word, turn.user, origin, our_id)
    await turn.answer(pointers.followed(job))
