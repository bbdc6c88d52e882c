"""Comparing models: side by side, and blind with votes. What is said in a comparison's thread comes by
`handlers.messages`."""

from typing import Final

from bot.compare.comparison import Choice
from handlers.blocks.card import JOB_COMPARE, MORE
from handlers.compare import blocks, modal
from handlers.compare.listeners import CompareListeners
from handlers.jobs.blocks.checkpoints import COMPARE
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    CompareListeners,
    commands=(
        Command("compare", Topic.TALK, CompareListeners.compare, opens=JOB_COMPARE),
        Command("arena", Topic.TALK, CompareListeners.arena, opens=modal.CALLBACK_ID),
    ),
    buttons={
        JOB_COMPARE: CompareListeners.compare_job,
        COMPARE: CompareListeners.compare_checkpoints,
        blocks.RETRY: CompareListeners.try_again,
        blocks.REVEAL: CompareListeners.reveal,
        blocks.VOTES[Choice.FIRST]: CompareListeners.vote_first,
        blocks.VOTES[Choice.SECOND]: CompareListeners.vote_second,
        blocks.VOTES[Choice.TIE]: CompareListeners.vote_tie,
        blocks.VOTES[Choice.BAD]: CompareListeners.vote_bad,
    },
    options={(MORE, JOB_COMPARE): CompareListeners.compare_job},
    modals={modal.CALLBACK_ID: Modal(CompareListeners.submitted, modal.wrong)},
)
