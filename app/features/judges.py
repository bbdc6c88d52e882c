"""Models that judge: held to what people say, and comparing answers pair by pair."""

from app.services import Services
from bot.compare.arenas import Arenas
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import ModelAnswers
from bot.judges.check import JudgeChecks
from bot.judges.golden import GoldenAnswers
from bot.judges.pairwise import PairwiseJudging
from handlers.judges.listeners import JudgeListeners


def judge_listeners(
    services: Services, evaluations: Evaluations, answers: ModelAnswers, arenas: Arenas
) -> JudgeListeners:
    store, authority = services.evaluations, services.authority
    golden = GoldenAnswers(services.ratings, services.conversations, arenas, authority)
    return JudgeListeners(
        callers=services.callers,
        checks=JudgeChecks(golden, evaluations, store, answers, services.chat_models, services.pools, authority),
        pairwise=PairwiseJudging(
            evaluations,
            store,
            answers,
            services.chat_models,
            services.datasets,
            services.file_store,
            services.pools,
            authority,
        ),
        models=services.model_lookup,
        poster=services.poster,
        language=services.languages.place,
    )
