"""Census 2022 in generated files of the published form: ids, dashes, brackets, classes of years, zips, areas."""

import zipfile

import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError
from klimastep.sources._census2022 import _split, _years
from klimastep.tables import CENSUS_AGE_BANDS

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
    assert a[["buildings_1979_1986", "buildings_1987_1990"]].tolist() == [pytest.approx(8), pytest.approx(4)]
    assert a[["buildings_1991_1995", "buildings_1996_2000"]].tolist() == [5, 5]
    assert a[["buildings_2001_2004", "buildings_2005_2008", "buildings_from_2009"]].tolist() == [4, 4, 9 + 2]
    assert a.drop("geometry").sum() == 3 + 4 + 5 + 12 + 10 + 10 + 9
    assert b.drop("geometry").notna().sum() == 1
    assert cells.geometry.area.tolist() == pytest.approx([10_000] * 2, rel=0.002)
    assert reading.attribution.startswith("© Statistische Ämter des Bundes und der Länder, Zensus 2022")
    split = next(f for f in reading.findings if f.kind == "classes_split")
    assert split.ids == ("a1979bis1990", "a1991bis2000", "a2001bis2010")
    assert reading.closes


def test_buildings_by_decades(tmp_path):
    cells = read(tmp_path, JZ, row(A, 100, 10, 31, 10, 10, 10, 10, 10, 10, 6, 7)).tables["cells"]
    a = cells.iloc[0]
    assert a.drop("geometry").sum() == pytest.approx(114)
    assert a["buildings_1919_1948"] == pytest.approx(30)
    assert a["buildings_1949_1978"] == pytest.approx(1 + 10 + 10 + 9)


def test_every_class_goes_somewhere_whole():
    for name in f"{MZ};{JZ}".split(";"):
        years = _years(name)
        if years is None:
            continue
        bands = _split(*years)
        assert sum(share for _, share in bands) == pytest.approx(1), name
        assert {band for band, _ in bands} <= {band for band, _, _ in CENSUS_AGE_BANDS}
    assert _years("Insgesamt_Gebaeude") is None
    assert _years("werterlaeuternde_Zeichen") is None


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
        ("Insgesamt_Gebaeude;FreiEFH", [row(A, 3, 3)], "a total of buildings alone"),
    ]:
        with pytest.raises(InputError, match=message):
            read(tmp_path, columns, *rows)
    reading = read(tmp_path, "Einwohner", row(A, 1), "CRS3035RES1kmN2864E4258;1;2;3")
    assert {f.kind: f.count for f in reading.findings if f.severity == "set_aside"} == {"bad_grid_id": 1}


def test_counts_of_several_files_meet_in_one_table(tmp_path):
    first = read(tmp_path, MZ, row(A, 30, 3, 4, 5, 12, 10, 10, 9, "–")).tables["cells"]
    second = read(tmp_path, "Einwohner", row(A, 12)).tables["cells"]
    assert list(first.index) == list(second.index)
