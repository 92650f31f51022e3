"""Census cells in the published long form and in the wide form of a GeoPackage."""

import geopandas as gpd
import pytest
import shapely

from klimastep import sources
from klimastep.census import CENSUS_AGE_BANDS
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
HEAD = "Gitter_ID_100m;Gitter_ID_100m_neu;Merkmal;Auspraegung_Code;Auspraegung_Text;Anzahl;Anzahl_q\n"
A, B = "100mN28642E42589", "100mN28643E42589"
A_LONG = "CRS3035RES100mN2864200E4258900"
AGES = [f"buildings_{band}" for band, _, _ in CENSUS_AGE_BANDS]


def read(folder, rows, head=HEAD, encoding="cp1252", **options):
    path = folder / "zensus.csv"
    path.write_bytes((head + rows).encode(encoding))
    return sources.read("census", path, crs=CRS, **{"counts": "buildings", **options})


def line(cell, code, count, feature="BAUJAHR_MZ"):
    return f"{cell};;{feature};{code};Text;{count};0\n"


def test_long_form(tmp_path):
    rows = (
        line(A, 1, 3)
        + line(A, 10, 7)
        + line(A, 2, 5, "HEIZTYP")
        + line(A, 2, 5, "EIGENTUM")
        + line(B, 0, 12, "INSGESAMT")
    )
    reading = read(tmp_path, rows)
    frame = reading.tables["cells"]
    assert list(frame.index) == [A_LONG, "CRS3035RES100mN2864300E4258900"]
    assert frame.loc[A_LONG, ["buildings_until_1918", "buildings_from_2009"]].tolist() == [3, 7]
    assert frame.loc[A_LONG, "buildings_heating_storey"] == 5
    assert frame.loc["CRS3035RES100mN2864300E4258900"].drop("geometry").dropna().to_dict() == {"buildings": 12}
    assert reading.rows_in == 2
    assert reading.attribution.startswith("© Statistische Ämter")
    square = shapely.box(4258900, 2864200, 4259000, 2864300)
    assert frame.to_crs("EPSG:3035").geometry.iloc[0].symmetric_difference(square).area < 1
    unread = next(f for f in reading.findings if f.kind == "features_not_used")
    assert (unread.count, "EIGENTUM (1)" in unread.text_en) == (1, True)


def test_suppressed_counts_are_unknown_not_zero(tmp_path):
    frame = read(tmp_path, line(A, 1, -1) + line(A, 2, "") + line(A, 3, ".") + line(A, 4, 0)).tables["cells"]
    assert frame.drop(columns="geometry").isna().to_numpy().tolist() == [[True, True, True, False]]


def test_dwellings_have_a_total_and_residents_their_own_file(tmp_path):
    frame = read(tmp_path, line(A, 0, 30, "INSGESAMT") + line(A, 3, 20), counts="dwellings").tables["cells"]
    assert frame.loc[A_LONG, ["dwellings", "dwellings_1949_1978"]].tolist() == [30, 20]
    head = "Gitter_ID_100m;x_mp_100m;y_mp_100m;Einwohner\n"
    rows = f"{A};4258950;2864250;12\n{B};4258950;2864350;-1\n"
    frame = read(tmp_path, rows, head=head, counts="residents").tables["cells"]
    assert frame["residents"].tolist()[0] == 12
    assert frame["residents"].isna().tolist() == [False, True]


def test_bad_rows_and_plans_are_named(tmp_path):
    reading = read(tmp_path, line(A, 1, 3) + line("100mX", 1, 3))
    assert {f.kind: f.count for f in reading.findings if f.severity == "set_aside"} == {"bad_grid_id": 1}
    assert reading.closes
    with pytest.raises(InputError, match="line 3: another count for the same cell"):
        read(tmp_path, line(A, 1, 3) + line(A, 1, 4))
    with pytest.raises(InputError, match="column Anzahl: 'drei' is no number"):
        read(tmp_path, line(A, 1, "drei"))
    with pytest.raises(PlanError, match="does not say what it counts"):
        read(tmp_path, line(A, 1, 3), counts=None)


def test_wide_form_from_midpoints(tmp_path):
    shapes = [shapely.box(4258900, 2864200, 4259000, 2864300)]
    data = {"x": [4258950], "y": [2864250], "buildings_BAUJAHR_MZ_3": [4.0], "dwellings_BAUJAHR_MZ_1": [None]}
    frame = gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:3035").astype({"dwellings_BAUJAHR_MZ_1": "float64"})
    frame.to_file(tmp_path / "grid.gpkg")
    reading = sources.read("census", tmp_path / "grid.gpkg", crs=CRS)
    cells = reading.tables["cells"]
    assert list(cells.index) == [A_LONG]
    assert cells["buildings_1949_1978"].tolist() == [4]
    assert cells["dwellings_until_1918"].isna().all()
    missing = next(f for f in reading.findings if f.kind == "class_missing")
    assert missing.count == 2 * len(CENSUS_AGE_BANDS) - 2
    frame.drop(columns="x").to_file(tmp_path / "grid.gpkg")
    with pytest.raises(InputError, match="no grid id"):
        sources.read("census", tmp_path / "grid.gpkg", crs=CRS)


@pytest.mark.testdata
def test_ludwigsburg_and_mierendorff(testdata):
    path = testdata / "ludwigsburg" / "ludwigsburg_base.gpkg"
    reading = sources.read("census", path, crs=CRS, layer="census2011_100m")
    cells = reading.tables["cells"]
    buildings = cells.filter(items=AGES)
    assert (len(cells), buildings.sum().sum(), buildings.min().min()) == (1293, 12_485, 3)
    assert buildings["buildings_1949_1978"].sum() == 6417
    given = gpd.read_file(path, layer="census2011_100m").set_index("cell_id").geometry
    assert cells.geometry.centroid.distance(given.loc[cells.index].centroid).max() < 0.01
    berlin = sources.read("census", testdata / "mierendorff" / "census2011_100m.gpkg", crs="EPSG:25833").tables["cells"]
    assert (len(berlin), berlin.filter(items=AGES).sum().sum()) == (111, 760)
    assert cells["buildings_multi_3_6"].sum() == 3750
    assert "buildings_house_detached" not in cells
