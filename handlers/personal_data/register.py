"""For administrators: erasing a person, after a question."""

from typing import Final

from handlers.personal_data import blocks
from handlers.personal_data.listeners import PersonalDataListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    PersonalDataListeners,
    commands=(Command("erase", Topic.MANAGE, PersonalDataListeners.command, final=True),),
    buttons={blocks.CHOOSE: PersonalDataListeners.ask, blocks.ERASE: PersonalDataListeners.erase},
)
