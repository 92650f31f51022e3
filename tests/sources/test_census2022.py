"""Census 2022 in generated files of the published form: ids, dashes, brackets, classes of years, zips, areas."""

import zipfile

import pandas as pd
import pytest

from klimastep import sources
from klimastep.census import CENSUS_2022, CENSUS_2022_DECADES, bands_of
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
HEAD = "GITTER_ID_100m;x_mp_100m;y_mp_100m;"
MZ = "Insgesamt_Gebaeude;Vor1919;a1919bis1948;a1949bis1978;a1979bis1990;a1991bis2000;a2001bis2010;a2011bis2019;a2020undspaeter"  # noqa: E501
JZ = "Insgesamt_Gebaeude;Vor1919;a1919bis1949;a1950bis1959;a1960bis1969;a1970bis1979;a1980bis1989;a1990bis1999;a2000bis2009;a2010bis2015;a2016undspaeter"  # fmt: skip  # noqa: E501
A, B = (2_864_200, 4_258_900), (2_864_300, 4_258_900)
A_ID = "CRS3035RES100mN2864200E4258900"


def row(cell, *values):
    north, east = cell
    return ";".join([f"CRS3035RES100mN{north}E{east}", str(east + 50), str(north + 50), *map(str, values)])


def read(folder, columns, *rows, name="Zensus2022_100m-Gitter.csv", encoding="utf-8", **options):
    path = folder / name
    path.write_bytes("\r\n".join([HEAD + columns, *rows, ""]).encode(encoding))
    return sources.read("census", path, crs=CRS, **options)


def test_buildings_by_microcensus_classes(tmp_path):
    reading = read(
        tmp_path, MZ, row(A, 30, 3, 4, 5, 12, 10, 10, 9, "–"), row(B, 3, "–", "–", 3, "–", "–", "–", "–", "–")
    )
    cells = reading.tables["cells"]
    a, b = cells.iloc[0], cells.iloc[1]
    assert list(cells.index)[0] == A_ID
    assert a[["buildings_until_1918", "buildings_1919_1948", "buildings_1949_1978"]].tolist() == [3, 4, 5]
    assert a[["buildings_1979_1990", "buildings_1991_2000", "buildings_2001_2010"]].tolist() == [12, 10, 10]
    assert a["buildings_2011_2019"] == 9
    assert pd.isna(a["buildings_from_2020"])
    assert a["buildings"] == 30
    assert bands_of(cells.columns) == CENSUS_2022
    assert b.drop("geometry").notna().sum() == 2
    assert cells.geometry.area.tolist() == pytest.approx([10_000] * 2, rel=0.002)
    assert reading.attribution.startswith("© Statistische Ämter des Bundes und der Länder, Zensus 2022")
    assert reading.closes


def test_buildings_by_decades(tmp_path):
    cells = read(tmp_path, JZ, row(A, 100, 10, 31, 10, 10, 10, 10, 10, 10, 6, 7)).tables["cells"]
    a = cells.iloc[0]
    assert bands_of(cells.columns) == CENSUS_2022_DECADES
    assert a[[f"buildings_{b}" for b in CENSUS_2022_DECADES.names]].tolist() == [10, 31, 10, 10, 10, 10, 10, 10, 6, 7]


def test_types_heating_and_carriers_keep_their_classes(tmp_path):
    types = "Insgesamt_Gebaeude;FreiEFH;EFH_DHH;EFH_Reihenhaus;Freist_ZFH;ZFH_DHH;ZFH_Reihenhaus;MFH_3bis6Wohnungen;MFH_7bis12Wohnungen;MFH_13undmehrWohnungen;AndererGebaeudetyp"  # fmt: skip  # noqa: E501
    cells = read(tmp_path, types, row(A, 40, *range(3, 13))).tables["cells"]
    assert cells["buildings_house_detached"].item() == 3
    assert cells["buildings_multi_13"].item() == 11
    carriers = "Insgesamt_Energietraeger;Gas;Heizoel;Holz_Holzpellets;Biomasse_Biogas;Solar_Geothermie_Waermepumpen;Strom;Kohle;Fernwaerme;kein_Energietraeger"  # noqa: E501
    values = row(A, 40, 20, "–", 3, "–", 4, "–", "–", 10, "–")
    cells = read(tmp_path, carriers, values, counts="buildings").tables["cells"]
    assert cells[["buildings_carrier_gas", "buildings_carrier_heat_pump"]].iloc[0].tolist() == [20, 4]
    assert cells["buildings_carrier_district_heat"].item() == 10
    heating = (
        "Insgesamt_Heizungsart;Fernheizung;Etagenheizung;Blockheizung;Zentralheizung;Einzel_Mehrraumoefen;keine_Heizung"  # noqa: E501
    )
    cells = read(tmp_path, heating, row(A, 9, 3, "–", "–", 6, "–", "–"), counts="dwellings").tables["cells"]
    assert cells[["dwellings_heating_district", "dwellings_heating_central"]].iloc[0].tolist() == [3, 6]
    with pytest.raises(InputError, match="counts: buildings or dwellings"):
        read(tmp_path, heating, values)


def test_residents_and_dwellings(tmp_path):
    reading = read(tmp_path, "Einwohner", row(A, 12), row(B, "–"), encoding="utf-8-sig")
    assert reading.tables["cells"]["residents"].iloc[0] == 12
    assert reading.tables["cells"]["residents"].isna().tolist() == [False, True]
    columns = "Insgesamt_Wohnungen;FreiEFH;werterlaeuternde_Zeichen"
    reading = read(tmp_path, columns, row(A, 9, 3, ""), row(B, "3", "–", "KLAMMERN"))
    assert reading.tables["cells"]["dwellings"].tolist() == [9, 3]
    assert next(f.count for f in reading.findings if f.kind == "brackets") == 1


def test_only_the_cells_of_the_area_from_the_published_zip(tmp_path):
    far = (3_400_000, 4_500_000)
    text = "\n".join([HEAD + "Einwohner", row(A, 12), row(far, 7), row(B, 3)])
    with zipfile.ZipFile(tmp_path / "Zensus2022_Bevoelkerungszahl.zip", "w") as archive:
        archive.writestr("Zensus2022_Bevoelkerungszahl_100m-Gitter.csv", text)
        archive.writestr("Zensus2022_Bevoelkerungszahl_1km-Gitter.csv", text)
        archive.writestr("Datensatzbeschreibung.xlsx", b"")
    path = tmp_path / "Zensus2022_Bevoelkerungszahl.zip"
    near = sources.read("census", path, crs=CRS).tables["cells"].iloc[[0]].total_bounds
    reading = sources.read("census", path, crs=CRS, bbox=[float(v) for v in near])
    assert len(reading.tables["cells"]) == 2
    assert next(f.count for f in reading.findings if f.kind == "outside_bbox") == 1
    with pytest.raises(InputError, match="no usable row"):
        sources.read("census", path, crs=CRS, bbox=[0.0, 0.0, 1.0, 1.0])
    with pytest.raises(PlanError, match="bbox"):
        sources.read("census", path, crs=CRS, bbox=[1.0, 2.0])


def test_a_dash_in_another_encoding_is_unknown(tmp_path):
    cells = read(tmp_path, "Einwohner", row(A, "–"), row(B, 4), encoding="cp1252").tables["cells"]
    assert cells["residents"].isna().tolist() == [True, False]


def test_damage_is_named(tmp_path):
    for columns, rows, message in [
        ("Einwohner", [row(A, 1), row(A, 2)], "line 3: the cell stands twice"),
        ("Einwohner", [row(A, "zwölf")], "line 2, column Einwohner: 'zwölf' is no count"),
        ("Einwohner", [row(A, -1)], "'-1' is no count"),
        ("Einwohner", [row(A, 1, 2)], "line 2 has 5 cells, the header 4"),
        ("Durchschnittsalter", [row(A, "40,1")], "klimastep uses residents, dwellings and buildings"),
        ("Insgesamt_Gebaeude;Sonstwas", [row(A, 3, 3)], "a total of buildings alone"),
    ]:
        with pytest.raises(InputError, match=message):
            read(tmp_path, columns, *rows)
    reading = read(tmp_path, "Einwohner", row(A, 1), "CRS3035RES1kmN2864E4258;1;2;3")
    assert {f.kind: f.count for f in reading.findings if f.severity == "set_aside"} == {"bad_grid_id": 1}


def test_counts_of_several_files_meet_in_one_table(tmp_path):
    first = read(tmp_path, MZ, row(A, 30, 3, 4, 5, 12, 10, 10, 9, "–")).tables["cells"]
    second = read(tmp_path, "Einwohner", row(A, 12)).tables["cells"]
    assert list(first.index) == list(second.index)
