"""Years to test with: a made one whose clock is known, and a test reference year of the DWD."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pvlib.solarposition import get_solarposition

MakeYear = Callable[..., pd.DataFrame]


@cache
def _sun_hours(latitude_deg: float, longitude_deg: float, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Return global and diffuse radiation of a cloudless sky every 10 minutes, centred on :05, :15, …"""
    index = pd.date_range(f"{year}-01-01 00:05", f"{year}-12-31 23:55", freq="10min", tz="UTC")
    position = get_solarposition(index, latitude_deg, longitude_deg)
    height = np.maximum(np.cos(np.radians(position["apparent_zenith"].to_numpy())), 0.0)
    diffuse = 120.0 * height**0.5
    return 800.0 * height + diffuse, diffuse


def made_year(
    latitude_deg: float = 48.9, longitude_deg: float = 9.2, offset_min: int = -30, year: int = 2021
) -> pd.DataFrame:
    """Return a cloudless year of means over hours whose middle is stamp + offset (a multiple of 10 minutes)."""
    index = pd.date_range(f"{year}-01-01 00:00", f"{year}-12-31 23:00", freq="h", tz="UTC")
    shift = offset_min // 10 - 3  # the first mean begins half an hour before its middle
    ghi, dhi = (
        np.roll(values, -shift).reshape(-1, 6).mean(axis=1) for values in _sun_hours(latitude_deg, longitude_deg, year)
    )
    day = np.arange(len(index)) / 24
    return pd.DataFrame(
        {
            "temp_air_degc": 10 - 12 * np.cos(2 * np.pi * (day - 15) / 365),
            "ghi_w_m2": ghi,
            "dni_w_m2": np.nan,
            "dhi_w_m2": dhi,
            "wind_m_s": 2.0,
        },
        index=index,
    )


@pytest.fixture
def make_year() -> MakeYear:
    return made_year


@pytest.fixture(scope="session")
def try_year() -> Callable[[int], pd.DataFrame]:
    """Return a reader of the DWD's test reference years 2010 as demandlib ships them."""
    folder = Path(find_spec("demandlib").origin).parent / "vdi" / "resources_weather"

    def read(region: int) -> pd.DataFrame:
        lines = (folder / f"TRY2010_{region:02d}_Jahr.dat").read_text(encoding="latin-1").splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("***")) + 1
        table = np.array([line.split() for line in lines[first:] if line.strip()], dtype=float)
        direct, diffuse = table[:, 13], table[:, 14]
        return pd.DataFrame(
            {
                "temp_air_degc": table[:, 8],
                "ghi_w_m2": direct + diffuse,
                "dni_w_m2": np.nan,
                "dhi_w_m2": diffuse,
                "wind_m_s": table[:, 7],
            },
            index=pd.date_range("2010-01-01 00:00", periods=8760, freq="h", tz="UTC"),
        )

    return read


@pytest.fixture(scope="session")
def epw_year(testdata: Path) -> Callable[[int], pd.DataFrame]:
    """Return a reader of the two Berlin years."""

    def read(year: int) -> pd.DataFrame:
        path = testdata / "mierendorff" / "weather" / f"AMY_2010_2022_{year}.epw"
        raw = pd.read_csv(path, skiprows=8, header=None, encoding="latin-1")
        index = pd.date_range(f"{year}-01-01 00:00", periods=len(raw), freq="h", tz="UTC")
        columns = {"temp_air_degc": 6, "ghi_w_m2": 13, "dni_w_m2": 14, "dhi_w_m2": 15, "wind_m_s": 21}
        return pd.DataFrame({name: raw[at].to_numpy(dtype=float) for name, at in columns.items()}, index=index)

    return read
