"""What evaluations and checks of judges have in common: the keeper of their messages."""

from app.services import Services
from bot.evaluations.run import R, RunStore
from bot.store.shown_messages import SqlShownMessages
from handlers.outgoing.run_keeper import RunKeeper, RunMessages


def run_keeper(services: Services, kind: str, runs: RunStore[R], shown: RunMessages[R]) -> RunKeeper[R]:
    return RunKeeper(
        kind,
        runs,
        shown,
        SqlShownMessages(services.database),
        services.poster,
        services.languages,
        look_every=services.timing.look_every,
        between_edits=services.timing.between_edits,
        backoff=services.timing.answer,
        locks=services.membership.locks("message"),
    )
