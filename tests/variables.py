"""The variables of the environment that the program reads."""

from bot.settings import Settings
from trainer.settings import Settings as TrainerSettings

# Others read them: Python, the shell, whoever builds the images, PostgreSQL's image, Hugging Face.
_OF_OTHERS = {"HOME", "PATH", "VIRTUAL_ENV", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_USER", "HF_TOKEN"}


def known() -> set[str]:
    """The names of all of them."""
    of_trainer = (
        str(field.validation_alias or f"TRAINER_{name.upper()}") for name, field in TrainerSettings.model_fields.items()
    )
    return {*(name.upper() for name in Settings.model_fields), *of_trainer, *_OF_OTHERS}
