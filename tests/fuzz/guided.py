"""Fuzzing led by coverage, for one reader: atheris keeps the inputs that reach code not reached before.

    pip install atheris
    python tests/fuzz/guided.py citygml [-max_total_time=300] [-rss_limit_mb=2048]

Works where atheris does (Linux). Options with one dash are those of libFuzzer.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

import atheris

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["klimastep.sources", "klimastep._xyz"]):
    from klimastep import sources

    sources.load(sys.argv[1])

from mutate import mutate  # noqa: E402
from seeds import seeds  # noqa: E402
from work import put  # noqa: E402

from klimastep.errors import ContractError, KlimastepError  # noqa: E402


def main() -> None:
    """Fuzz the first seed of a reader until the time is over or something fails."""
    reader = sys.argv.pop(1)
    seed = next(s for s in seeds() if s.reader == reader)
    name, good = next(iter(seed.files.items()))
    folder = Path(tempfile.mkdtemp())
    corpus = folder / "corpus"
    (folder / "in").mkdir()
    corpus.mkdir()
    (corpus / name).write_bytes(good)
    warnings.simplefilter("ignore")

    def one(data: bytes) -> None:
        path = put({**seed.files, name: data}, folder / "in")
        try:
            sources.read(reader, path, crs=seed.crs, **seed.options)
        except ContractError:
            raise
        except KlimastepError:
            return

    def change(data: bytes, size: int, number: int) -> bytes:
        random = Random(number)
        return mutate(data, name, random, good)[:size] if random.random() < 0.7 else atheris.Mutate(data, size)

    atheris.Setup([*sys.argv, str(corpus), f"-max_len={4 * len(good)}"], one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
