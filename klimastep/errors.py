"""What can go wrong for a user, with the exit code of the command line.

::

    KlimastepError
    ├── PlanError       2  the plan file: unknown key, value of the wrong kind, missing reader
    ├── InputError      3  a source: file missing, wrong CRS, damaged, empty, unknown column
    ├── ContractError   4  a table that breaks its declaration between two steps
    └── OutputError     5  the run folder: not writable, full, held open by another program
"""

from __future__ import annotations


class KlimastepError(Exception):
    """Base of all errors that a user can mend; `exit_code` is what the command returns."""

    exit_code = 1


class PlanError(KlimastepError):
    """The plan file says something that klimastep does not understand."""

    exit_code = 2


MAX_TEXT = 2000


def _shortened(text: str) -> str:
    """Return a text that quotes what a file holds at a length that can be read."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT // 2]} … {text[-MAX_TEXT // 4 :]}"


class InputError(KlimastepError):
    """A source cannot be read.

    Parameters
    ----------
    source : str
        File (and layer) as the user named it.
    found : str
        What was found, with row or id where it is known.
    expected : str, optional
        What was expected instead.
    hint : str, optional
        What the user can do.
    """

    exit_code = 3

    def __init__(self, source: str, found: str, expected: str = "", hint: str = "") -> None:
        source, found, expected, hint = (_shortened(text) for text in (source, found, expected, hint))
        self.source, self.found, self.expected, self.hint = source, found, expected, hint
        parts = [f"{source}: {found}"]
        if expected:
            parts.append(f"expected {expected}")
        if hint:
            parts.append(hint)
        super().__init__("; ".join(parts))


class ContractError(KlimastepError):
    """A table breaks its declaration; the message lists every breach."""

    exit_code = 4

    def __init__(self, breaches: list[str]) -> None:
        self.breaches = breaches
        super().__init__("\n".join(breaches))


class OutputError(KlimastepError):
    """An output cannot be written; earlier outputs are left as they were."""

    exit_code = 5
