from pathlib import Path

import pytest

from klimastep.sample import bundled, make_town


@pytest.fixture(scope="session")
def town():
    return make_town(400, 3)


@pytest.fixture(scope="session")
def full_town():
    return make_town()


@pytest.fixture(scope="session")
def musterstadt() -> Path:
    return bundled()
