"""A made town as offices of Baden-Württemberg deliver: ALKIS shapefiles a Gemarkung, NAS and LoD2; nothing else."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from klimastep.sample.formats import UP_TO_DATE, ZIP_TIME, cadastre_buildings, cadastre_parcels, write_lod2
from klimastep.sample.nas import write_nas
from klimastep.sample.town import Town

COARSE = {
    "1": "Wohngebäude",
    "2": "Gebäude für Wirtschaft oder Gewerbe",
    "3": "Gebäude für öffentliche Zwecke",
}
KEPT = "Garage"
BUILDING_FIELDS = ("oid", "aktualit", "gebnutzbez", "funktion", "name", "anzahlgs", "lagebeztxt")
PLAN = """# Musterstadt (synthetisch) in den Formaten Baden-Württembergs: ALKIS-Shapefiles je Gemarkung, NAS, LoD2.
name: musterstadt-bw
title_de: Musterstadt (synthetisch), Lieferung Baden-Württemberg
title_en: Musterstadt (synthetic), delivery of Baden-Württemberg
synthetic: true
crs: EPSG:25832
sources:
  - reader: alkis_simple
    path: alkis
    options: {table: buildings, attribution: &town "Musterstadt (synthetisch), CC0"}
  - reader: alkis_simple
    path: alkis
    options: {table: parcels, attribution: *town}
  - reader: alkis_nas
    path: nas
    options: {table: buildings, attribution: *town}
  - reader: alkis_nas
    path: nas
    options: {table: land_use, attribution: *town}
  - reader: citygml
    path: lod2
    options: {attribution: *town}
  - reader: weather_try
    options: {region: 12}
"""


def write_bw(town: Town, folder: Path) -> None:
    """Write a town as a folder of deliveries: ``alkis/*.zip`` (one a Gemarkung), ``nas/``, ``lod2/``, ``plan.yaml``.

    The shapefiles have no function code and only coarse functions, as the open data have them.
    """
    (folder / "alkis").mkdir(parents=True, exist_ok=True)
    (folder / "nas").mkdir(exist_ok=True)
    buildings, parcels = cadastre_buildings(town), cadastre_parcels(town)
    buildings["funktion"] = coarse(town.buildings["function"], town.buildings["function_text"]).to_numpy()
    for name, members in _gemarkungen(town, buildings):
        part = parcels[_inside(town, name, parcels)].assign(gemarkung=name)
        _zip(folder / "alkis" / f"{name}.zip", {"gebaeudeBauwerke": members[[*BUILDING_FIELDS, "geometry"]],
                                                "flurstueck": part})  # fmt: skip
    write_nas(town, folder / "nas" / "bestandsdaten.xml")
    write_lod2(town, folder)
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8", newline="\n")


def coarse(codes: pd.Series, texts: pd.Series) -> pd.Series:
    """Return the function as open data tell it: by the first figure of the code; garages keep theirs."""
    groups = codes.str[-4].map(COARSE)
    return groups.where(texts != KEPT, texts)


def _gemarkungen(town: Town, buildings: gpd.GeoDataFrame) -> list[tuple[str, gpd.GeoDataFrame]]:
    names = sorted(town.districts["name"])
    return [(n, buildings[_inside(town, n, buildings)]) for n in names]


def _inside(town: Town, name: str, frame: gpd.GeoDataFrame) -> np.ndarray:
    """Return which rows belong to a Gemarkung: the nearest district."""
    districts = town.districts
    points = frame.geometry.representative_point().to_numpy()
    _, at = districts.sindex.nearest(points, return_all=False)
    return np.asarray(districts["name"].to_numpy()[at] == name)


def _zip(target: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    options = {"ENCODING": "ISO-8859-1", "DBF_DATE_LAST_UPDATE": UP_TO_DATE}
    with tempfile.TemporaryDirectory(dir=target.parent) as place, zipfile.ZipFile(target, "w") as archive:
        for layer, frame in layers.items():
            pyogrio.write_dataframe(frame, Path(place) / f"{layer}.shp", driver="ESRI Shapefile", layer_options=options)
        for file in sorted(Path(place).iterdir()):
            entry = zipfile.ZipInfo(file.name, ZIP_TIME)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, file.read_bytes())
