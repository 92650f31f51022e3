"""What German surveying offices (AdV) write into ``srsName``, as EPSG codes; PROJ does not know these names."""

from __future__ import annotations

import re

from klimastep.errors import InputError

# Names: AdV, GeoInfoDok 7.1, coordinate reference systems; codes: EPSG registry.
HORIZONTAL = {
    "ETRS89_UTM31": "EPSG:25831",
    "ETRS89_UTM32": "EPSG:25832",
    "ETRS89_UTM33": "EPSG:25833",
    "ETRS89_LAT-LON": "EPSG:4258",
    "DE_DHDN_3GK2": "EPSG:31466",
    "DE_DHDN_3GK3": "EPSG:31467",
    "DE_DHDN_3GK4": "EPSG:31468",
    "DE_DHDN_3GK5": "EPSG:31469",
}
VERTICAL = {
    "DE_DHHN2016_NH": "EPSG:7837",
    "DE_DHHN92_NH": "EPSG:5783",
    "DE_DHHN85_NOH": "EPSG:5784",
    "DE_DHHN12_NOH": "EPSG:7699",
}
_EPSG = re.compile(r"EPSG(?:\.xml#|/[\d.]+/|:[\d.]*:|:)(\d{4,6})", re.IGNORECASE)


def epsg_of(srs_name: str, source: str = "srsName") -> tuple[str, str | None]:
    """Return the horizontal and the vertical CRS that a ``srsName`` means.

    Parameters
    ----------
    srs_name : str
        For example ``urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016`` or ``urn:ogc:def:crs:EPSG::25833``.
    source : str
        File named in the error.

    Returns
    -------
    horizontal : str
        ``"EPSG:25832"`` and the like.
    vertical : str or None
        ``"EPSG:7837"`` (DHHN2016) and the like; None where the name tells no height system.

    Raises
    ------
    InputError
        A name that is neither.

    Examples
    --------
    >>> epsg_of("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016")
    ('EPSG:25832', 'EPSG:7837')
    """
    codes = [f"EPSG:{code}" for code in _EPSG.findall(srs_name)]
    if codes:
        return codes[0], codes[1] if len(codes) > 1 else None
    parts = srs_name.strip().upper().removeprefix("URN:ADV:CRS:").split("*")
    horizontal = next((HORIZONTAL[k] for k in HORIZONTAL if parts[0] == k or parts[0].startswith(f"{k}_")), None)
    if horizontal is None:
        raise InputError(
            source,
            f"unknown coordinate system {srs_name!r}",
            "an AdV name (urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH) or an EPSG code",
            "name it with source_crs:, for example EPSG:25832",
        )
    vertical = next((VERTICAL[p] for p in parts[1:] if p in VERTICAL), None)
    return horizontal, vertical
