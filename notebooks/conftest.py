"""Notebooks fail on warnings like the tests, but for those of the machinery that runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

KERNEL = "error,default::DeprecationWarning,default::PendingDeprecationWarning"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Start the kernel with warnings as errors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONWARNINGS", KERNEL)
        return (yield)
