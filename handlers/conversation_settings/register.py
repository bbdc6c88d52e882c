"""A conversation's settings, changed by the buttons of the message that shows them."""

from typing import Final

from handlers.chat import blocks as chat
from handlers.conversation_settings import blocks
from handlers.conversation_settings.listeners import ConversationSettingsListeners
from handlers.routing import Feature, Modal

FEATURE: Final = Feature(
    ConversationSettingsListeners,
    buttons={
        chat.SYSTEM: ConversationSettingsListeners.system,
        chat.PARAMETERS: ConversationSettingsListeners.parameters,
        chat.FUNCTIONS: ConversationSettingsListeners.functions,
        chat.MODEL: ConversationSettingsListeners.model,
    },
    modals={
        chat.SYSTEM: Modal(ConversationSettingsListeners.system_entered),
        chat.PARAMETERS: Modal(ConversationSettingsListeners.parameters_entered, blocks.wrong_parameters),
        chat.FUNCTIONS: Modal(ConversationSettingsListeners.functions_entered),
        chat.MODEL: Modal(ConversationSettingsListeners.model_chosen),
    },
    searches={blocks.MODEL_SEARCH: ConversationSettingsListeners.search_models},
)
