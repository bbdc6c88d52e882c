"""What all tests share: long runs wait until they are asked for, and no property has to be shown within a time."""

import pytest
from hypothesis import settings

# What Hypothesis takes by itself, in CI another one; a busy machine is no reason to fail.
settings.register_profile("patient", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "soak" in config.getoption("-m"):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="a long run: pytest -m soak"))
