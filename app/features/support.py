"""Training sets of a channel's accepted answers."""

from app.services import Services
from bot.collections.views import CollectionViews
from bot.generation.support_sets import SupportSets
from handlers.generation.documents import Documents
from handlers.modals import Modals
from handlers.support.channel_threads import SlackChannelThreads
from handlers.support.listeners import SupportListeners


def support_listeners(services: Services) -> SupportListeners:
    collections, authority = services.collections, services.authority
    threads = SlackChannelThreads(services.poster)
    return SupportListeners(
        callers=services.callers,
        sets=SupportSets(collections, threads, services.people.names, authority),
        views=CollectionViews(collections, services.learned, services.audit, authority),
        documents=Documents(services.download),
        modals=Modals(services.poster),
        poster=services.poster,
        language=services.languages.place,
    )
