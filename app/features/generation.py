"""A model that writes training examples."""

from app.features.runs import run_keeper
from app.services import Services
from bot.collections.views import CollectionViews
from bot.evaluations.model_answers import ModelAnswers
from bot.generation.counting import GenerationCost
from bot.generation.generation import Generation
from bot.generation.generations import Generations
from bot.generation.keeping import GeneratedCollections
from bot.generation.review import GenerationReview
from bot.generation.runs import GenerationRuns
from bot.store.generations import SqlGenerationStore
from handlers.generation.documents import Documents
from handlers.generation.listeners import GenerationListeners
from handlers.generation.messages import GenerationMessages
from handlers.modals import Modals


def generation_listeners(services: Services, answers: ModelAnswers) -> GenerationListeners:
    authority, spending, collections = services.authority, services.model_spending, services.collections
    store = SqlGenerationStore(services.database)
    cost = GenerationCost(answers, services.evaluations, spending, services.pools, services.settings.tokenizers)
    runs = GenerationRuns(store, answers, spending, look_every=services.timing.look_every)
    generations = Generations(store, cost, services.chat_models, services.catalogue, spending, authority)
    return GenerationListeners(
        callers=services.callers,
        generations=generations,
        runs=runs,
        keeper=run_keeper(services, Generation.kind, store, GenerationMessages(runs)),
        review=GenerationReview(store, generations),
        keeping=GeneratedCollections(store, generations, collections, authority),
        views=CollectionViews(collections, services.learned, services.audit, authority),
        models=services.model_lookup,
        authority=authority,
        documents=Documents(services.download),
        modals=Modals(services.poster),
        poster=services.poster,
        language=services.languages.place,
    )
