"""Small good files for every reader: written here, by the generator, and cut from real data where it lies beside."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import rasterio
from mutate import packed
from rasterio.transform import from_origin
from shapely import LineString, box

from klimastep.sample import make_town
from klimastep.sample.formats import write_lod2
from klimastep.sample.nas import write_nas

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0
LARGEST = 60_000
MONTHS = range(1, 13)


@dataclass(frozen=True)
class Seed:
    """Files of one source, the first of which is read, with the reader's options."""

    reader: str
    files: dict[str, bytes]
    options: dict[str, Any] = field(default_factory=dict)
    crs: str = CRS


def seeds(real: Path | None = None) -> list[Seed]:
    """Return good files; those cut from `real`, the folder of real data, come last."""
    with tempfile.TemporaryDirectory() as folder:
        made = [
            *_models(Path(folder)),
            *_layers(Path(folder)),
            *_lists(),
            *_books(),
            *_weather(),
            *_grids(Path(folder)),
        ]
    return made + (_real(real) if real else [])


def _cut_gml(data: bytes, member: bytes, number: int) -> bytes:
    """Return a file's head and its first members."""
    ends = [m.end() for m in re.finditer(rb"</(?:\w+:)?" + member + rb">", data)]
    if len(ends) <= number:
        return data
    return data[: ends[number - 1]] + data[ends[-1] :]


def _lines(data: bytes, number: int) -> bytes:
    return b"\n".join(data.split(b"\n")[:number]) + b"\n"


def _models(folder: Path) -> list[Seed]:
    town = make_town(40)
    write_lod2(town, folder)
    tile = next(iter(sorted(folder.rglob("*.zip"))))
    with zipfile.ZipFile(tile) as archive:
        name = archive.namelist()[0]
        gml = _cut_gml(archive.read(name), b"cityObjectMember", 3)
    nas = _cut_gml(write_nas(town, folder / "a.xml").read_bytes(), b"member", 60)
    out = [Seed("citygml", {"a.gml": gml}), Seed("citygml", {"a.zip": packed([("a.gml", gml), ("b.gml", gml)])})]
    out += [Seed("alkis_nas", {"a.xml": nas}, {"table": t}) for t in ("buildings", "parcels", "land_use")]
    out.append(Seed("alkis_nas", {"a.zip": packed([("a.xml", nas)])}))
    head, feature = _cityjson()
    whole = {**head, **{k: feature[k] for k in ("CityObjects", "vertices")}}
    lines = "\n".join(json.dumps(x) for x in (head, feature, {**feature, "id": "b2"})).encode()
    out += [Seed("cityjson", {"a.json": json.dumps(whole).encode()}), Seed("cityjson", {"a.city.jsonl": lines})]
    out.append(Seed("cityjson", {"a.zip": packed([("a.json", json.dumps(whole).encode())])}))
    return out


def _cityjson() -> tuple[dict[str, Any], dict[str, Any]]:
    corners = [[x, y, z] for z in (0, 5000) for x, y in ((0, 0), (9000, 0), (9000, 9000), (0, 9000))]
    walls = [[[i, (i + 1) % 4, (i + 1) % 4 + 4, i + 4]] for i in range(4)]
    kinds = [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}]
    solid = {
        "type": "Solid",
        "lod": "2.2",
        "boundaries": [[[[3, 2, 1, 0]], [[4, 5, 6, 7]], *walls]],
        "semantics": {"surfaces": kinds, "values": [[0, 1, 2, 2, 2, 2]]},
    }
    told = {"measuredHeight": 5.0, "function": "31001_1000", "yearOfConstruction": 1970, "storeysAboveGround": 2}
    head = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "transform": {"scale": [0.001] * 3, "translate": [X, Y, 200.0]},
        "CityObjects": {},
        "vertices": [],
    }
    objects = {
        "b1": {"type": "Building", "attributes": told, "children": ["p1"], "address": [{"ThoroughfareName": "Gasse"}]},
        "p1": {"type": "BuildingPart", "parents": ["b1"], "geometry": [solid], "attributes": {"roofType": "3100"}},
    }
    return head, {"type": "CityJSONFeature", "id": "b1", "CityObjects": objects, "vertices": corners}


def _houses(count: int = 6) -> gpd.GeoDataFrame:
    at = 20.0 * np.arange(count)
    told = {
        "oid": [f"DEBWL0010000000{i}" for i in range(count)],
        "funktion": ["Wohnhaus", "Wohnhaus", "Garage", "Büro", "Wohnhaus", "Wohnhaus"][:count],
        "name": ["a", "b", None, "d", "e", "f"][:count],
        "wert": [1.0, 2.5, np.nan, 4.0, 5.0, 6.0][:count],
    }
    return gpd.GeoDataFrame(told, geometry=box(X + at, Y, X + at + 9, Y + 9), crs=CRS)


def _files(frame: gpd.GeoDataFrame, folder: Path, name: str, **options: Any) -> dict[str, bytes]:
    """Return the files that a layer is written to, the one named first."""
    inner = folder / name.replace(".", "_")
    inner.mkdir(exist_ok=True)
    frame.to_file(inner / name, **options)
    rest = sorted(p for p in inner.iterdir() if p.name != name)
    return {p.name: p.read_bytes() for p in (inner / name, *rest)}


def _layers(folder: Path) -> list[Seed]:
    houses = _houses()
    lines = [LineString([(X + i, Y), (X + 50, Y + i), (X + 80, Y + 40)]) for i in range(5)]
    roads = gpd.GeoDataFrame({"strasse": list("abcde"), "klasse": ["Gemeindestraße"] * 5}, geometry=lines, crs=CRS)
    named: dict[str, Any] = {"id": "oid", "columns": {"name": "name"}}
    out = []
    for name in ("a.gpkg", "a.geojson", "a.shp", "a.fgb"):
        layer = {"layer": "gebaeudeBauwerke"} if name == "a.gpkg" else {}
        files, streets = _files(houses, folder, name, **layer), _files(roads, folder, f"s_{name}")
        out += [
            Seed("alkis_simple", files),
            Seed("areas", files, {"table": "blocks", **named}),
            Seed("features", streets, {"table": "network_lines", "kind": "gas", "columns": {"name": "strasse"}}),
            Seed("streets", streets, {"columns": {"name": "strasse", "road_class": "klasse"}}),
        ]
    shape = packed(list(_files(houses, folder, "a.shp").items()))
    out += [Seed("alkis_simple", {"a.zip": shape}), Seed("areas", {"b.zip": shape}, {"table": "districts", **named})]
    surfaces = gpd.GeoDataFrame(
        {"ID": ["A", "A", "P"], "Geometr_3D": ["Roof", "Ground", "Ground"], "Obj_Parent": [None, None, "A"]},
        geometry=houses.geometry.iloc[[0, 0, 1]].to_numpy(),
        crs=CRS,
    ).assign(Funktion="31001_1000", H_Objekt=9.5, H_Traufe=108.0, H_Boden=100.0, Dachtyp=3100)
    wrong = houses[["geometry"]].assign(id=houses["oid"], column="year_built", value="1970", when="2024-05-01")
    out.append(Seed("corrections", _files(wrong, folder, "k.geojson")))
    out.append(Seed("lod2_polygons", _files(surfaces, folder, "l.geojson")))
    flats = houses.rename(columns={"name": "building"})
    flats["building:levels"] = "2"
    out += [Seed("osm", _files(flats.to_crs(4326), folder, "m.geojson")), Seed("osm", {"m.osm": _osm().encode()})]
    out += [Seed("osm", {"m.osm": _osm().encode()}, {"table": t}) for t in ("streets", "green", "water")]
    return out


def _osm() -> str:
    nodes = "".join(
        f'<node id="{i}" version="1" lon="{9.2 + i % 3 / 1e3}" lat="{48.9 + i // 3 / 1e3}"/>' for i in range(9)
    )
    tags = {
        1: '<tag k="building" v="house"/><tag k="building:levels" v="2"/><tag k="start_date" v="1927-05"/>',
        2: '<tag k="highway" v="residential"/><tag k="name" v="Gasse"/>',
        3: '<tag k="leisure" v="park"/>',
        4: '<tag k="natural" v="water"/>',
    }
    ways = "".join(
        f'<way id="{k}" version="1">{"".join(f"<nd ref={chr(34)}{r}{chr(34)}/>" for r in (0, 1, 4, 3, 0))}{t}</way>'
        for k, t in tags.items()
    )
    member = '<member type="way" ref="1" role="outer"/>'
    told = '<tag k="type" v="multipolygon"/><tag k="building" v="yes"/>'
    relation = f'<relation id="1" version="1">{member}{told}</relation>'
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{ways}{relation}</osm>'


def _csv(head: str, *rows: str) -> dict[str, bytes]:
    return {"a.csv": "\n".join([head, *rows, ""]).encode()}


def _lists() -> list[Seed]:
    square = f"POLYGON (({X} {Y}, {X + 9} {Y}, {X + 9} {Y + 9}, {X} {Y}))"
    meters = {"level": "block", "unit": "MWh", "value": "mwh", "year": "jahr", "carrier": "traeger", "decimal": ","}
    meters |= {"carriers": {"Erdgas": "gas"}, "energy_basis": {"gas": "hs"}, "connections": "n", "remark": "hinweis"}
    roofs = {"building_id": "gml_id", "tilt_deg": "tilt", "azimuth_deg": "azimuth", "area_m2": "area"}
    old = "Gitter_ID_100m;Gitter_ID_100m_neu;Merkmal;Auspraegung_Code;Auspraegung_Text;Anzahl;Anzahl_q"
    cell = "100mN28695E42683;CRS3035RES100mN2869500E4268300"
    new = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Insgesamt_Gebaeude;Vor1919;a1919bis1948;a1949bis1978;a1979bis1990;"
    new += "a1991bis2000;a2001bis2010;a2011bis2019;a2020undspaeter"
    mastr = (
        "EinheitMastrNummer,NameStromerzeugungseinheit,Bruttoleistung,Inbetriebnahmedatum,Lage,EinheitBetriebsstatus,"
    )
    mastr += "Gemeindeschluessel,Postleitzahl,Ort,Strasse,Hausnummer,Laengengrad,Breitengrad"
    climate = "ID_Station,Name_Station,Latitude,Longitude,Altitude,Code_Quantity,month,value"
    return [
        Seed("table_file", _csv("oid;name;wkt", f"b1;x;{square}", f"b2;y;{square}"),
             {"table": "blocks", "id": "oid", "columns": {"name": "name"}, "wkt": "wkt", "source_crs": CRS}),
        Seed("table_file", _csv("oid;baujahr;h", "A1;1970;5,5", "A2;1985;7", "A3;;9"),
             {"table": "buildings", "id": "oid", "columns": {"year_built": "baujahr", "height_m": "h"}}),
        Seed("age_counts", _csv("nr;a;b", "1;1;2", "2;0;7", "3;;1"),
             {"id": "nr", "id_width": 3, "bands": {"a": [1900, 1950], "b": [1951, 2000]}}),
        Seed("census", _csv(old, f"{cell};INSGESAMT;0;Einheiten insgesamt;9;0", f"{cell};BAUJAHR_MZ;3;1949 - 1978;9;0"),
             {"counts": "buildings"}),
        Seed("census", _csv(new, *(f"CRS3035RES100mN2864{i}00E4258900;4258950;2864{i}50;30;3;4;5;12;10;10;9;–"
                                   for i in range(3)))),
        Seed("heritage_list", _csv("id;bezeichnung;adresse;art;lon;lat", "D1;Gasthaus;Gasse 4;Einzeldenkmal;9,28;48,94",
                                   "D2;Kirche;Gasse 12, 14;Ensemble;48,94;9,28")),
        Seed("meters", _csv("nr;jahr;traeger;mwh;n;hinweis", "1;2021;Erdgas;263,0;5;", "1;2022;Erdgas;250;5;x",
                            "2;2022;Erdgas;k.A.;2;"), {"id": "nr", **meters}),
        Seed("pv_register", _csv(mastr, "SEE1,x,9.9,2012-05-01,HausdachGebaeudeUndFassade,InBetrieb,08118048,,,,,,",
                                 "SEE2,P,749.5,1998-01-02,Freiflaeche,In Betrieb,8118048,71640,LB,Weg,4,48.9,9.2"),
             {"ags": "08118048"}),
        Seed("roof_points", _csv("gml_id;sid;x;y;azimuth;tilt;area", f"A;1;{X};{Y};274;40;169,3", f"B;2;{X};{Y};;0;20"),
             {"id": "sid", "x": "x", "y": "y", "source_crs": CRS, "columns": roofs}),
        Seed("climate_monthly", _csv(climate, *(f"4928.0,Stuttgart,48.8,9.2,314.0,{q},M_LTA_{m:02d},{m}.5"
                                                for q in ("TA", "I_Hor") for m in MONTHS))),
        Seed("heaters", _csv("Anschrift;Feuerstätte;Brennstoff;NWL [kW];Baujahr", "Gasse 1;Heizkessel;Erdgas H;22;1998",
                             "Gasse 2;Kaminofen;Scheitholz;7,5;2010-01-01"), {"id": "Anschrift", "level": "address"}),
        Seed("objections", _csv("Kennung;Anschrift", "DEBW1;Gasse 1", ";Gasse 2", "DEBW3;"),
             {"id": "Kennung", "address": "Anschrift"}),
        Seed("gtfs", {"a.zip": packed([(n, t.encode()) for n, t in FEED.items()])}),
    ]  # fmt: skip


FEED = {
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\ns1,A,48.9,9.2\ns2,B,48.91,9.21\n",
    "routes.txt": "route_id,route_short_name,route_type\nr1,1,3\n",
    "trips.txt": "route_id,service_id,trip_id\nr1,c1,t1\nr1,c1,t2\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,08:00:00,08:00:00,s1,1\n"
    "t1,08:10:00,08:10:00,s2,2\nt2,25:00:00,25:00:00,s1,1\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "c1,1,1,1,1,1,0,0,20240101,20241231\n",
    "calendar_dates.txt": "service_id,date,exception_type\nc1,20240305,2\n",
}


def _book(*rows: list[Any]) -> dict[str, bytes]:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return {"a.xlsx": out.getvalue()}


def _books() -> list[Seed]:
    charging = ["Betreiber", "Straße", "Hausnummer", "Postleitzahl", "Ort", "Breitengrad", "Längengrad"]
    charging += ["Inbetriebnahmedatum", "Nennleistung Ladeeinrichtung [kW]", "Anzahl Ladepunkte"]
    energy = ["Objekt-Nr", "Objekt", "BGF [m²]", "Jahr", "Energieträger", "Verbrauch [MWh]", "Bezug"]
    sweeps = ["Anschrift", "Feuerstätte", "Brennstoff", "NWL [kW]", "Baujahr"]
    return [
        Seed(
            "charging_register",
            _book(
                ["Register"],
                charging,
                ["SW", "Gasse", "5", "71638", "LB", 48.897, 9.192, "14.04.2020", 22, 2],
                ["SW", "Weg", None, "71640", "LB", "48,9", "9,2", "2021-05-01", "11,5", 1],
            ),
        ),
        Seed(
            "public_buildings",
            _book(
                energy,
                ["0101", "Rathaus", 2500, 2021, "Erdgas", 210.5, "Brennwert"],
                ["0102", "Schule", None, 2022, "Fernwärme", "320,5", "Nutzwärme"],
            ),
            {"id": "Objekt-Nr", "unit": "MWh"},
        ),
        Seed(
            "heaters",
            _book(["Auszug"], sweeps, ["Weg 1", "Kessel", "Erdgas H", 22, 1998], ["Weg 2", "Ofen", "Torf", "7,5", 0]),
            {"id": "Anschrift", "level": "address"},
        ),
        Seed("table_file", _book(["oid", "baujahr"], ["A1", 1970], ["A2", 1985], ["A3", 1999]),
             {"table": "buildings", "id": "oid", "columns": {"year_built": "baujahr"}}),
    ]  # fmt: skip


def _weather() -> list[Seed]:
    hours = pd.date_range("2021-01-01", periods=8760, freq="h")
    rows = [f"{t.year},{t.month},{t.day},{t.hour + 1},60,0,{i % 24},0,0,0,0,0,0,100,50,60,0,0,0,0,0,3.5" + ",0" * 13
            for i, t in enumerate(hours)]  # fmt: skip
    head = ["LOCATION,Musterstadt,Land,DE,synthetic,0,48.9,9.2,1.0,250"] + ["HEADER"] * 7
    told = "10.0  980 200  2.5 4  5.0  70  100   50  300 -350  1"
    local = [f"3943500 2467500 {t.month:2d} {t.day:2d} {t.hour + 1:2d}  {told}" for t in hours]
    told = "Koordinatensystem : Lambert konform konisch\nRechtswert        : 3943500 Meter\n"
    told += "Hochwert          : 2467500 Meter\n"
    told += (
        "Hoehenlage        : 294 Meter ueber NN\n\nArt des TRY       : mittleres Jahr\nBezugszeitraum    : 1995-2012\n"
    )
    told += "\n     RW      HW MM DD HH     t    p  WR   WG N    x  RF    B    D   A    E IL\n***\n"
    return [
        Seed("weather_epw", {"a.epw": "\n".join([*head, *rows, ""]).encode()}),
        Seed("weather_try", {"a.dat": (told + "\n".join(local) + "\n").encode("latin-1")}),
    ]


def _grids(folder: Path) -> list[Seed]:
    place = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -9999, "crs": CRS}
    with rasterio.open(
        folder / "a.tif", "w", width=30, height=20, transform=from_origin(X, Y, 1, 1), compress="deflate", **place
    ) as data:
        data.write(np.full((20, 30), 7.5, "float32"), 1)
    text = "\n".join(f"{X + i:.2f} {Y + j:.2f} {200 + j / 10:.2f}" for j in range(12) for i in range(12)).encode()
    return [
        Seed("surface_model", {"a.tif": (folder / "a.tif").read_bytes()}),
        Seed("surface_model", {"dgm1_32_513_5416_1_bw.xyz": text}, {"source_crs": CRS}),
        Seed("surface_model", {"dgm1_32_513_5416_1_bw.zip": packed([("dgm1_32_513_5416_1_bw.xyz", text)])}),
    ]


def _real(folder: Path) -> list[Seed]:
    def raw(name: str) -> bytes:
        return (folder / name).read_bytes()

    berlin = B = "EPSG:25833"
    site = "nrw_lod2/duisburg_baerl"
    return [
        Seed("citygml", {"n.gml": _cut_gml(raw("nrw_lod2/LoD2_32_280_5657_1_NW.gml"), b"cityObjectMember", 2)}),
        Seed("citygml", {"b.gml": _cut_gml(raw("mierendorff/lod2/Block020023.gml"), b"cityObjectMember", 1)}, crs=B),
        Seed("citygml", {"d.gml": _cut_gml(raw(f"{site}/Lod2existingbuilding.gml"), b"cityObjectMember", 1)}),
        Seed("citygml", {"v3.gml": _cut_gml(raw(f"{site}/site_full.gml"), b"cityObjectMember", 2)}),
        Seed("cityjson", {"r.json": raw("cityjson/rotterdam_subset.json")}, {"source_crs": "EPSG:28992"}, "EPSG:28992"),
        Seed("alkis_nas", {"f.gml": raw(f"{site}/flurstueckrequired.gml")}, {"table": "parcels"}),
        Seed("surface_model", {"dgm.tif": raw(f"{site}/nrw_dgm.tif")}),
        Seed("osm", {"h.osm.pbf": raw("osm/herrenberg-barrier-gates.osm.pbf")}, {"table": "streets"}),
        Seed("osm", {"e.osm.pbf": raw("osm/ehningen-minimal.osm.pbf")}, {"table": "streets"}),
        Seed("gtfs", {"v.zip": raw("gtfs/vvs-bus-764-only.gtfs.zip")}),
        Seed("heritage_list", {"f.json": json.dumps(json.loads(raw("heritage/stadt-flensburg-denkmalschutz.json"))[:8],
                                                    ensure_ascii=False).encode()}),
        Seed("areas", {f"b.{e}": raw(f"mierendorff/00_block_shape.{e}") for e in ("shp", "dbf", "shx", "prj", "cpg")},
             {"table": "blocks", "id": "blknr", "id_width": 6}, berlin),
        Seed("age_counts", {"a.csv": _lines(raw("mierendorff/02_Gebäudealter.csv"), 8)},
             {"id": "blknr", "id_width": 6, "bands": {"x_bis_1900": [1800, 1900], "x1901_1910": [1901, 1910]}}, berlin),
        Seed("table_file", {"p.csv": _lines(raw("mierendorff/buildings_and_building_parts.csv"), 6)},
             {"table": "buildings", "id": ["building_part_id", "gml_id"], "parent": "gml_id", "wkt": "geometry",
              "columns": {"block_id": "blknr", "parent_id": "gml_id"}, "source_crs": "EPSG:4839"}, berlin),
        Seed("climate_monthly", {"c.csv": _lines(raw("ludwigsburg/climate_monthly_clidamonger.csv"), 60)}),
        Seed("weather_epw", {"m.epw": raw("mierendorff/weather/AMY_2010_2022_2021.epw")}, {}, berlin),
        Seed("census", {"g.gpkg": raw("mierendorff/census2011_100m.gpkg")}, {}, berlin),
    ]  # fmt: skip
