"""The office as a fixture."""

import pytest
from fake_office import open_office


@pytest.fixture
def office():
    with open_office() as opened:
        yield opened
