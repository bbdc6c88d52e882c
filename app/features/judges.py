"""Models that judge: held to what people say, and comparing answers pair by pair."""

from app.features.runs import run_keeper
from app.services import Services
from bot.compare.arenas import Arenas
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import ModelAnswers
from bot.judges.check import JudgeCheck
from bot.judges.checks import JudgeChecks
from bot.judges.counting import CallCounter
from bot.judges.golden import GoldenAnswers
from bot.judges.pairwise import PairwiseJudging
from bot.judges.people import HeldToPeople
from bot.judges.runs import JudgeRuns
from bot.store.judge_checks import SqlJudgeCheckStore
from handlers.judges.listeners import JudgeListeners
from handlers.judges.messages import JudgeCheckMessages


def judge_listeners(
    services: Services, evaluations: Evaluations, answers: ModelAnswers, arenas: Arenas
) -> JudgeListeners:
    store, authority, spending = services.evaluations, services.authority, services.model_spending
    golden = GoldenAnswers(services.ratings, services.conversations, arenas, authority)
    check_store = SqlJudgeCheckStore(services.database)
    checks = JudgeChecks(
        check_store,
        HeldToPeople(golden, store, services.pools),
        PairwiseJudging(store, services.datasets, services.file_store, services.pools),
        CallCounter(answers, store, spending, services.pools, services.settings.tokenizers),
        evaluations,
        store,
        services.chat_models,
        services.catalogue,
        spending,
        authority,
    )
    runs = JudgeRuns(check_store, checks.material, answers, spending, look_every=services.timing.look_every)
    return JudgeListeners(
        callers=services.callers,
        checks=checks,
        runs=runs,
        keeper=run_keeper(services, JudgeCheck.kind, check_store, JudgeCheckMessages(check_store, runs)),
        models=services.model_lookup,
    )
