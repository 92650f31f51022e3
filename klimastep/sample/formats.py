"""One made town in the file formats that German offices deliver; further towns are appended to the same files."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from rasterio.transform import from_origin
from rasterio.windows import Window

from klimastep.sample import citygml, public
from klimastep.sample.plane import Dice
from klimastep.sample.quarters import CRS
from klimastep.sample.surface import DECIMETRE, NODATA, scatter, surface_model, window_of
from klimastep.sample.town import Town

UP_TO_DATE = "2025-11-01"
ZIP_TIME = (2025, 11, 3, 0, 0, 0)
UNKNOWN_STOREYS_SHARE = 0.3
NEWER_THAN_LOD2 = 2023
WITHOUT_LOD2_SHARE = 0.01
TREES_PER_M2 = {
    "green": 1 / 170,
    "bank": 1 / 260,
    "cemetery": 1 / 120,
    "playground": 1 / 200,
    "house": 1 / 620,
    "garden": 1 / 300,
}
BLOCK_PX = 400


@contextmanager
def fixed_clock() -> Iterator[None]:
    """Let GDAL write the same time stamp into every GeoPackage."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{UP_TO_DATE}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_layer(frame: gpd.GeoDataFrame, path: Path, layer: str, append: bool) -> None:
    """Write a GeoPackage layer, or add rows to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    more: dict[str, Any] = {} if path.exists() else {"dataset_options": {"VERSION": "1.3"}}
    pyogrio.write_dataframe(
        frame, path, layer=layer, driver="GPKG", append=append, layer_options={} if append else {"FID": "fid"}, **more
    )


def write_geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoJSON in longitude and latitude, as RFC 7946 asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "8"}
    pyogrio.write_dataframe(frame.to_crs("EPSG:4326"), path, driver="GeoJSON", layer_options=options)


def write_csv(frame: pd.DataFrame, path: Path, encoding: str, append: bool, decimal: str = ".") -> None:
    """Write a list with semicolons and the line ends of Windows, or add rows to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(
        path,
        sep=";",
        decimal=decimal,
        index=False,
        header=not append,
        mode="ab" if append else "wb",
        encoding="utf-8" if append and encoding == "utf-8-sig" else encoding,
        lineterminator="\r\n",
    )


def write_cadastre(town: Town, folder: Path, append: bool) -> None:
    """Write buildings and parcels in the simplified schema of ALKIS."""
    path = folder / "alkis" / "gebaeude_flurstuecke.gpkg"
    write_layer(cadastre_buildings(town), path, "gebaeudeBauwerke", append)
    write_layer(cadastre_parcels(town), path, "flurstueck", append)


def cadastre_buildings(town: Town) -> gpd.GeoDataFrame:
    """Return the buildings in the simplified schema; storeys are missing for some."""
    dice = Dice(town.seed + 21)
    b = town.buildings
    known = [not dice.chance(UNKNOWN_STOREYS_SHARE) and role not in ("church", "chapel") for role in b["role"]]
    buildings = gpd.GeoDataFrame(
        {
            "oid": b.index.to_numpy(),
            "aktualit": UP_TO_DATE,
            "gebnutzbez": "Gebäude",
            "funktion": b["function_text"].to_numpy(),
            "gfkzshh": b["function"].to_numpy(),
            "name": b["name"].to_numpy(),
            "anzahlgs": pd.array(np.where(known, b["storeys"], -1), dtype="Int32"),
            "lagebeztxt": b["address"].to_numpy(),
        },
        geometry=b.geometry.to_numpy(),
        crs=CRS,
    )
    buildings["anzahlgs"] = buildings["anzahlgs"].mask(buildings["anzahlgs"] < 0)
    return buildings


def cadastre_parcels(town: Town) -> gpd.GeoDataFrame:
    """Return the parcels in the simplified schema."""
    p = town.parcels
    houses = town.buildings[town.buildings["address"].notna()]
    address = houses.groupby("lot")["address"].first()
    place = p["lot"].map(address).where(p["lot"] >= 0, None)
    street = p["street"].where(p["use"] == "street", None)
    return gpd.GeoDataFrame(
        {
            "oid": p.index.to_numpy(),
            "aktualit": UP_TO_DATE,
            "idflurst": p.index.str[:16].to_numpy(),
            "flaeche": np.maximum(np.round(p.geometry.area.to_numpy()), 1.0),
            "flstkennz": p["flstkennz"].to_numpy(),
            "land": "Baden-Württemberg",
            "gemarkung": p["gemarkung"].to_numpy(),
            "flur": p["flur"].to_numpy(),
            "flurstnr": p["flurstnr"].to_numpy(),
            "gmdschl": p["gmdschl"].to_numpy(),
            "lagebeztxt": place.where(place.notna(), street).astype("object").to_numpy(),
            "tntxt": p["tntxt"].to_numpy(),
        },
        geometry=p.geometry.to_numpy(),
        crs=CRS,
    )


def write_areas(town: Town, folder: Path, append: bool) -> None:
    """Write blocks and streets."""
    blocks = town.blocks.reset_index()[["block_nr", "stadtteil", "geometry"]]
    write_layer(blocks, folder / "gebiete" / "baubloecke.gpkg", "baubloecke", append)
    write_layer(town.streets, folder / "gebiete" / "strassen.gpkg", "strassen", append)


def write_context(towns: Sequence[Mapping[str, gpd.GeoDataFrame]], folder: Path) -> None:
    """Write districts, water and green of all towns."""
    for key, name in (("districts", "stadtteile"), ("water", "gewaesser"), ("green", "gruenflaechen")):
        frame = pd.concat([t[key] for t in towns], ignore_index=True)
        write_geojson(gpd.GeoDataFrame(frame, crs=CRS), folder / "gebiete" / f"{name}.geojson")


def context_of(town: Town) -> dict[str, gpd.GeoDataFrame]:
    """Return the small layers that are written once for all towns."""
    return {"districts": town.districts.reset_index()[["name", "schluessel", "geometry"]], "water": town.water,
            "green": town.green}  # fmt: skip


def write_lists(town: Town, folder: Path, append: bool) -> None:
    """Write census, survey, monuments and meters."""
    for subject, name in (("buildings", "gebaeude"), ("dwellings", "wohnungen")):
        path = folder / "zensus" / f"zensus2011_{name}100m.csv"
        write_csv(public.census(town, subject), path, "utf-8", append)
    write_csv(public.survey(town), folder / "baualter" / "baualter.csv", "utf-8", append)
    write_csv(public.monuments(town), folder / "denkmale" / "denkmalliste.csv", "utf-8-sig", append, ",")
    write_csv(public.meters(town), folder / "verbrauch" / "verbrauch_bloecke.csv", "latin-1", append, ",")


def write_lod2(town: Town, folder: Path) -> None:
    """Write one zip with one CityGML file per kilometre tile; the newest buildings and a few others are missing."""
    dice = Dice(town.seed + 22)
    tiles: dict[tuple[int, int], list[int]] = defaultdict(list)
    b = town.buildings
    middle = b.geometry.centroid
    for i, (x, y, year) in enumerate(zip(middle.x, middle.y, b["year_built"], strict=True)):
        if not dice.chance(WITHOUT_LOD2_SHARE) and year < NEWER_THAN_LOD2:
            tiles[citygml.tile_of(x, y)].append(i)
    texts = _gml(town)
    grounds = np.array([ground for ground, _ in town.solids.values()])
    tops = grounds + b["height_m"].to_numpy()
    (folder / "lod2").mkdir(parents=True, exist_ok=True)
    for (east, north), members in sorted(tiles.items()):
        name = f"LoD2_32_{east}_{north}_1_bw"
        west, south = 1000.0 * east, 1000.0 * north
        bounds = (west, south, float(grounds[members].min()), west + 1000, south + 1000, float(tops[members].max()))
        entry = zipfile.ZipInfo(f"{name}.gml", ZIP_TIME)
        entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
        with zipfile.ZipFile(folder / "lod2" / f"{name}.zip", "w") as archive:
            archive.writestr(
                entry, citygml.document(name, [texts[i] for i in members], bounds).encode(), compresslevel=9
            )


def _gml(town: Town) -> list[str]:
    columns = (town.buildings[c].tolist() for c in ("function", "address", "height_m"))
    texts: list[str] = []
    for (oid, (base, solids)), function, address, height in zip(town.solids.items(), *columns, strict=True):
        street, _, number = address.rpartition(" ") if isinstance(address, str) else ("", "", "")
        what = citygml.Thing(oid, function, street, number, height)
        texts.append(citygml.building(what, base, solids))
    return texts


def surface_of(town: Town, window: tuple[int, int, int, int]) -> np.ndarray:
    """Return the surface model of a town with its trees [dm]."""
    dice = Dice(town.seed + 23)
    lots = town.parcels
    boxes = shapely.bounds(lots.geometry.to_numpy())
    density = lots["use"].map(TREES_PER_M2).fillna(1 / 900).to_numpy()
    counts = np.minimum(lots.geometry.area.to_numpy() * density, 80)
    crowns = scatter([(tuple(box), float(n)) for box, n in zip(boxes, counts, strict=True)], dice)
    solids = [(base, solid) for base, parts in town.solids.values() for solid in parts]
    return surface_model(window, town.terrain, solids, crowns)


def town_window(town: Town) -> tuple[int, int, int, int]:
    """Return west, south, columns and rows of the surface model around a town."""
    return window_of(town.districts.total_bounds)


def create_surface(path: Path, window: tuple[int, int, int, int]) -> None:
    """Create an empty 1 m surface model."""
    west, south, columns, rows = window
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype="int16",
        crs=CRS,
        transform=from_origin(west, south + rows, 1, 1),
        nodata=NODATA,
        compress="deflate",
        predictor=2,
        zlevel=9,
        tiled=True,
        blockxsize=BLOCK_PX,
        blockysize=BLOCK_PX,
        sparse_ok=True,
        bigtiff="if_safer",
    ) as raster:
        raster.scales, raster.offsets, raster.units = (DECIMETRE,), (0.0,), ("m",)
        raster.update_tags(DATENQUELLE="Musterstadt (synthetisch)", HOEHE="DHHN2016, Dezimeter mal 0,1")


def fill_surface(
    path: Path, whole: tuple[int, int, int, int], part: tuple[int, int, int, int], data: np.ndarray
) -> None:
    """Write one town's surface into the file."""
    column, row = part[0] - whole[0], whole[1] + whole[3] - part[1] - part[3]
    with rasterio.open(path, "r+") as raster:
        raster.write(data, 1, window=Window(column, row, part[2], part[3]))
