"""Present-day climate of places in Germany, to which reference years of an older time are brought by default."""

from __future__ import annotations

import numpy as np

from klimastep import reference
from klimastep.weather.place import PlaceClimate

PRESENT_ATTRIBUTION = "Heutiges Klima: Institut Wohnen und Umwelt (IWU), CC BY 4.0; Datenbasis: DWD, CM SAF"
EARTH_M = 6_371_000.0


def present_climate(latitude_deg: float, longitude_deg: float) -> PlaceClimate | None:
    """Return the present monthly means of the nearest bundled place, or None where none is within its reach.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Of the town that is computed, not of the weather file. [°]
    """
    table = reference.load("present_climate")
    places = table.drop_duplicates("place").reset_index(drop=True)
    north, east = (np.radians(places[c].to_numpy()) for c in ("latitude_deg", "longitude_deg"))
    lat, lon = np.radians((latitude_deg, longitude_deg))
    away_m = EARTH_M * np.hypot(north - lat, (east - lon) * np.cos(lat))
    nearest = int(np.argmin(away_m))
    if away_m[nearest] > places["reach_m"].iloc[nearest]:
        return None
    place = str(places["place"].iloc[nearest])
    own = table[table["place"] == place].sort_values("month")
    return PlaceClimate(
        f"{place} {own['years'].iloc[0].replace('-', '–')}",
        own["temp_air_degc"].to_numpy(dtype=np.float64),
        own["ghi_w_m2"].to_numpy(dtype=np.float64),
    )
