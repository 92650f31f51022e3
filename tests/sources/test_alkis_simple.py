import zipfile

import geopandas as gpd
import pytest
import shapely

from klimastep import cadastre
from klimastep.addresses import count_house_numbers
from klimastep.contract import check
from klimastep.errors import InputError, PlanError
from klimastep.sources import alkis_simple, read
from klimastep.tables import BUILDINGS, PARCELS

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0


def frame(n=4, **columns):
    shapes = [shapely.box(X + 20 * i, Y, X + 20 * i + 10, Y + 8) for i in range(n)]
    oid = [f"DEBWL0010000000{i}BL" for i in range(n)]
    return gpd.GeoDataFrame({"oid": oid, **columns}, geometry=shapes, crs=CRS)


BUILDING = {
    "gebnutzbez": ["Gebäude", "Gebäude", "Gebäude", "Bauteil"],
    "funktion": ["Wohnhaus", "Garage", "Luftschloss", "Wohnhaus"],
    "gfkzshh": ["31001_1010", "31001_2463", None, "31001_1010"],
    "name": [None, None, "Schloss", None],
    "anzahlgs": [2, 0, 3, 1],
    "lagebeztxt": ["Hauptstraße 12, 14; Marktplatz 3a", "Obere Wiesen", None, None],
}


@pytest.fixture
def buildings(tmp_path):
    def _read(data, layer="gebaeudeBauwerke", **options):
        path = tmp_path / "gebaeude_flurstuecke.gpkg"
        data.to_file(path, layer=layer, driver="GPKG")
        reading = alkis_simple.read(path, crs=CRS, **options)
        for name, out in reading.tables.items():
            check(out, {"buildings": BUILDINGS, "parcels": PARCELS}[name], partial=True)
        assert reading.closes
        return reading

    return _read


def finding(reading, kind):
    return next(f for f in reading.findings if f.kind == kind)


@pytest.mark.parametrize("layer", ["gebaeudeBauwerke", "GebauedeBauwerk", "GebaeudeBauwerk", "GEBAEUDEBAUWERKE"])
def test_three_good_and_one_set_aside_under_every_layer_name(buildings, layer):
    reading = buildings(frame(**BUILDING), layer)
    out = reading.tables["buildings"]
    assert list(out.index) == ["DEBWL00100000000", "DEBWL00100000001", "DEBWL00100000002"]
    assert list(out["function_code"][:2]) == ["31001_1010", "31001_2463"]
    assert out["storeys"].to_list() == pytest.approx([2, float("nan"), 3], nan_ok=True)
    assert out["storeys_source"].to_list()[::2] == ["cadastre", "cadastre"]
    assert out["addresses"].to_list() == pytest.approx([3, float("nan"), float("nan")], nan_ok=True)
    assert out["footprint_m2"].to_list() == pytest.approx([80] * 3)
    assert finding(reading, "building_part").ids == ("DEBWL00100000003",)
    assert finding(reading, "unknown_function").ids == ("DEBWL00100000002 (Luftschloss)",)


def test_function_from_the_german_text_alone(buildings):
    columns = {k: v for k, v in BUILDING.items() if k != "gfkzshh"}
    columns["funktion"] = ["Wohnhaus", " garage ", "GEBÄUDE FÜR WIRTSCHAFT ODER GEWERBE", "Überdachung"]
    columns["gebnutzbez"] = ["Gebäude"] * 4
    out = buildings(frame(**columns)).tables["buildings"]
    assert list(out["function_code"]) == ["31001_1010", "31001_2463", "31001_2000", "51009_1610"]


def test_neither_code_nor_text_is_refused(buildings):
    with pytest.raises(InputError, match=r"neither the column gfkzshh nor funktion.*did you mean 'funktio'"):
        buildings(frame(funktio=["Wohnhaus"] * 4))


@pytest.mark.parametrize("rellage", [1200, "1200", "unter der Erdoberfläche"])
def test_underground_is_set_aside(buildings, rellage):
    data = frame(gfkzshh=["31001_1000"] * 4, rellage=[None, rellage, None, None])
    assert finding(buildings(data), "underground").ids == ("DEBWL00100000001",)


def test_duplicate_and_missing_oid(buildings):
    data = frame(gfkzshh=["31001_1000"] * 4)
    data.loc[2, "oid"] = data.loc[0, "oid"]
    data.loc[3, "oid"] = None
    reading = buildings(data)
    assert reading.rows_out == 2
    assert finding(reading, "duplicate_id").ids == ("DEBWL00100000000",)
    assert finding(reading, "no_id").ids == ("row 3",)


def test_impossible_values_become_unknown_and_are_named(buildings):
    data = frame(
        gfkzshh=["31001_1000"] * 4,
        baujahr=["1965", "20255", "um 1900", ""],
        objekthoehe=[-3.0, 8.5, 9999.0, None],
        anzahlgs=["2", "-1", "3", "zwei"],
    )
    reading = buildings(data)
    out = reading.tables["buildings"]
    assert out["year_built"].dropna().to_list() == [1965]
    assert out["height_m"].dropna().to_list() == [8.5]
    assert out["storeys"].dropna().to_list() == [2, 3]
    named = {i for f in reading.findings if f.kind == "implausible_value" for i in f.ids}
    assert named == {
        "DEBWL00100000001 (baujahr = 20255)",
        "DEBWL00100000002 (baujahr = um 1900)",
        "DEBWL00100000000 (objekthoehe = -3.0)",
        "DEBWL00100000002 (objekthoehe = 9999.0)",
        "DEBWL00100000001 (anzahlgs = -1)",
        "DEBWL00100000003 (anzahlgs = zwei)",
    }


def test_number_column_full_of_text_is_refused(buildings):
    with pytest.raises(InputError, match=r"anzahlgs: no cell is a number, row 0, id DEBWL00100000000: 'zwei'"):
        buildings(frame(gfkzshh=["31001_1000"] * 4, anzahlgs=["zwei"] * 4))


def test_self_intersecting_footprint_is_repaired_and_reported(buildings):
    data = frame(gfkzshh=["31001_1000"] * 4)
    bow_tie = [(X, Y), (X + 2, Y + 2), (X + 2, Y), (X, Y + 2)]
    data = data.set_geometry([shapely.Polygon(bow_tie), *data.geometry[1:]], crs=CRS)
    reading = buildings(data)
    assert finding(reading, "repaired").ids == ("DEBWL00100000000",)
    assert reading.tables["buildings"]["footprint_m2"].iloc[0] == pytest.approx(2)


PARCEL = {
    "flstkennz": ["08118001000123______", "080118001000124_____", "08118001000125______", None],
    "flaeche": [80, 0, 83, 80],
    "tntxt": ["Wohnbaufläche;80", None, "Weg;83", None],
    "lagebeztxt": ["Hauptstraße 12", None, None, None],
}


def test_parcels(buildings):
    reading = buildings(frame(**PARCEL), "flurstueck", table="parcels")
    out = reading.tables["parcels"]
    assert list(out.index) == PARCEL["flstkennz"][:3]
    assert out["area_m2"].to_list() == pytest.approx([80, 80, 83])
    assert out["land_use"].iloc[0] == "Wohnbaufläche;80"
    assert finding(reading, "no_id").count == 1


def test_zips_of_several_gemarkungen_in_a_folder(tmp_path):
    for n, start in (("0001", 0), ("0002", 3)):
        data = frame(6, gfkzshh=["31001_1000"] * 6)[start : start + 4]
        data.to_file(tmp_path / "gebaeudeBauwerke.shp")
        with zipfile.ZipFile(tmp_path / f"ALKIS_08{n}.zip", "w") as archive:
            for path in tmp_path.glob("gebaeudeBauwerke.*"):
                archive.write(path, f"{n}/{path.name}")
                path.unlink()
    reading = alkis_simple.read(tmp_path, crs=CRS)
    assert (reading.rows_in, reading.rows_out, len(reading.files)) == (7, 6, 2)


def test_through_the_front_door_with_unknown_options(tmp_path):
    path = tmp_path / "x.gpkg"
    frame(gfkzshh=["31001_1000"] * 4).to_file(path, layer="gebaeudeBauwerke", driver="GPKG")
    assert read("alkis_simple", path, crs=CRS).rows_out == 4
    with pytest.raises(PlanError, match="did you mean 'layer'"):
        read("alkis_simple", path, crs=CRS, layr="x")
    with pytest.raises(PlanError, match=r"expected buildings or parcels"):
        read("alkis_simple", path, crs=CRS, table="roofs")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Hauptstraße 12", 1),
        ("Hauptstraße 12, 14, 16a", 3),
        ("Hauptstraße 12;Marktplatz 12", 2),
        ("Hauptstraße 12;Hauptstraße 12", 1),
        ("Straße des 17. Juni 5", 1),
        ("Hauptstraße 12-16", 2),
        ("Im Winkel", 0),
    ],
)
def test_house_numbers(text, count):
    assert count_house_numbers(text) == count


def test_the_date_of_a_building_in_any_form(buildings):
    dates = ["2024-03-01", "01.03.2024", "20240301", "neulich"]
    out = buildings(frame(aktualit=dates, **(BUILDING | {"gebnutzbez": ["Gebäude"] * 4}))).tables["buildings"]
    assert out["recorded_on"].tolist()[:3] == ["2024-03-01"] * 3
    assert out["recorded_on"].isna().tolist() == [False, False, False, True]


def test_functions_by_name_as_in_baden_wuerttemberg(buildings):
    names = ["Wohnhaus", "Wohn- und Geschäftsgebäude", "Garage", "Gebäude für Wirtschaft oder Gewerbe"]
    data = {k: v for k, v in BUILDING.items() if k not in ("gfkzshh", "gebnutzbez")} | {"funktion": names}
    out = buildings(frame(fktkurz=[None] * 4, **data)).tables["buildings"]
    used = cadastre.use(out.assign(height_m=9.0))
    assert used["use_class"].tolist() == ["residential", "mixed", "garage", "production"]
    assert used["is_heated"].tolist()[:3] == [True, True, False]
