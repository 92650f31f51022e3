import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely

from klimastep.errors import InputError
from klimastep.sources._vector import files_with, read_vector, valid

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0


def boxes(n=3, x=X, y=Y):
    return [shapely.box(x + 20 * i, y, x + 20 * i + 10, y + 10) for i in range(n)]


def frame(shapes=None, crs=CRS, **columns):
    shapes = boxes() if shapes is None else shapes
    return gpd.GeoDataFrame({"oid": [f"a{i}" for i in range(len(shapes))], **columns}, geometry=shapes, crs=crs)


@pytest.fixture
def gpkg(tmp_path):
    def _write(data, layer="flurstueck", name="daten.gpkg"):
        data.to_file(tmp_path / name, layer=layer, driver="GPKG")
        return tmp_path / name

    return _write


def test_reads_and_reprojects_to_two_dimensions(gpkg):
    path = gpkg(frame([shapely.force_3d(b, 5.0) for b in boxes()]).to_crs("EPSG:4326"))
    out, findings = read_vector(path, crs=CRS)
    assert findings == []
    assert out.crs == CRS
    assert not out.has_z.any()
    assert out.area.to_numpy() == pytest.approx(100, rel=1e-6)


def test_missing_file_names_the_nearest(gpkg):
    path = gpkg(frame())
    with pytest.raises(InputError, match=r"daten1\.gpkg: the file is missing; did you mean 'daten\.gpkg'"):
        read_vector(path.with_name("daten1.gpkg"), crs=CRS)
    with pytest.raises(InputError, match="folder"):
        read_vector(path.parent / "nirgends" / "daten.gpkg", crs=CRS)
    with pytest.raises(InputError, match="names no path"):
        read_vector(None, crs=CRS)


def test_unknown_layer_and_column_name_what_is_there(gpkg):
    path = gpkg(frame())
    with pytest.raises(InputError, match=r"no layer flurstück, there are flurstueck; did you mean 'flurstueck'"):
        read_vector(path, crs=CRS, layer="flurstück")
    with pytest.raises(InputError, match=r"no column oidd, there are oid; did you mean 'oid'"):
        read_vector(path, crs=CRS, columns=["oidd"])


def test_layer_and_column_names_in_another_case(gpkg):
    out, _ = read_vector(gpkg(frame()), crs=CRS, layer=["gebaeude", "FLURSTUECK"], columns=["OID"])
    assert list(out["OID"]) == ["a0", "a1", "a2"]


def test_several_layers_ask_for_one(gpkg):
    gpkg(frame())
    with pytest.raises(InputError, match="several layers: flurstueck, gebaeude"):
        read_vector(gpkg(frame(), layer="gebaeude"), crs=CRS)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_no_crs_asks_for_it(gpkg, tmp_path):
    frame(crs=None).to_file(tmp_path / "ohne.shp")
    for path in (tmp_path / "ohne.shp", gpkg(frame(crs=None))):
        with pytest.raises(InputError, match=r"names no CRS; name it with source_crs"):
            read_vector(path, crs=CRS)
        out, findings = read_vector(path, crs=CRS, source_crs=CRS)
        assert len(out) == 3
        assert findings == []


def test_crs_of_the_plan_wins_with_a_finding(gpkg):
    out, findings = read_vector(gpkg(frame()), crs=CRS, source_crs="EPSG:25833")
    assert [f.kind for f in findings] == ["crs_overridden"]
    assert out.total_bounds[0] > 900_000
    with pytest.raises(InputError, match=r"unknown CRS 'EPSG:99999999'"):
        read_vector(gpkg(frame()), crs=CRS, source_crs="EPSG:99999999")


@pytest.mark.parametrize(
    ("x", "y", "hint"),
    [
        (9.19, 48.9, "degrees"),
        (3_513_000, 5_416_000, "Gauß-Krüger"),
        (32_513_000, 5_416_000, "zone number"),
        (5_416_000, 513_000, "swapped|Gauß"),
    ],
)
def test_wrong_crs_is_refused_with_a_guess(gpkg, x, y, hint):
    with pytest.raises(InputError, match=rf"wrong CRS.*expected x from.*(?:{hint})"):
        read_vector(gpkg(frame(boxes(x=x, y=y))), crs=CRS)


def test_empty_layer_and_layer_without_geometry(gpkg, tmp_path):
    with pytest.raises(InputError, match="the layer is empty"):
        read_vector(gpkg(frame([])), crs=CRS)
    with pytest.raises(InputError, match="none of 2 features"):
        read_vector(gpkg(frame([None, None]), name="leer.gpkg"), crs=CRS)


def test_rows_without_usable_geometry_are_set_aside(gpkg):
    nan = shapely.transform(boxes(1)[0], lambda c: np.where(np.arange(len(c))[:, None] == 2, np.nan, c))
    far = shapely.box(3e7, 3e7, 3.1e7, 3.1e7)
    out, findings = read_vector(gpkg(frame([*boxes(), None, nan, far])), crs=CRS)
    assert list(out.index) == [0, 1, 2]
    assert {f.kind: (f.count, f.ids, f.severity) for f in findings if f.severity != "note"} == {
        "no_geometry": (1, ("3",), "set_aside"),
        "nan_geometry": (1, ("4",), "set_aside"),
        "outside_crs": (1, ("5",), "set_aside"),
    }


@pytest.mark.parametrize("name", ["x.txt", "x.vrt", "x.gpkg", "x.shp", "x.geojson", "x.zip"])
def test_foreign_and_damaged_files(tmp_path, name):
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(InputError, match=r"unknown kind of file|cannot be"):
        read_vector(tmp_path / name, crs=CRS)


def test_truncated_geopackage(gpkg):
    path = gpkg(frame(boxes(500)))
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(InputError, match="cannot be read"):
        read_vector(path, crs=CRS)


def shapefile(tmp_path, encoding, label, text="Königstraße"):
    path = tmp_path / "gebaeude.shp"
    frame(name=[text] * 3).to_file(path, encoding=encoding)
    cpg = path.with_suffix(".cpg")
    cpg.unlink(missing_ok=True)
    if label:
        cpg.write_text(label, encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8", None),
        ("utf-8", "ISO-8859-1"),
        ("ISO-8859-1", "ISO-8859-1"),
        ("ISO-8859-1", "UTF-8"),
    ],
)
def test_umlauts_survive_mislabelled_shapefiles(tmp_path, encoding, label):
    out, findings = read_vector(shapefile(tmp_path, encoding, label), crs=CRS)
    assert list(out["name"]) == ["Königstraße"] * 3
    assert all(f.severity == "note" for f in findings)


def test_character_cut_in_half_by_the_dbf_is_dropped(tmp_path):
    path = shapefile(tmp_path, "utf-8", "UTF-8", "Straßenmeisterei X")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("Straßenmeisterei X".encode(), "Straßenmeisterei ".encode() + b"\xc3"))
    out, _ = read_vector(path, crs=CRS)
    assert [n.strip() for n in out["name"]] == ["Straßenmeisterei"] * 3


def zipped(tmp_path, name="lieferung.zip", folder="ALKIS Musterstadt/"):
    frame().to_file(tmp_path / "gebaeudeBauwerke.shp")
    frame(boxes(2)).to_file(tmp_path / "flurstueck.shp")
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        for path in [*tmp_path.glob("gebaeudeBauwerke.*"), *tmp_path.glob("flurstueck.*")]:
            archive.write(path, folder + path.name)
    return tmp_path / name


def test_zip_with_shapefiles(tmp_path):
    out, _ = read_vector(zipped(tmp_path), crs=CRS, layer=["flurstueck"])
    assert len(out) == 2


def test_zip_that_points_out_of_itself_is_refused(tmp_path):
    with pytest.raises(InputError, match="points out of the zip"):
        read_vector(zipped(tmp_path, folder="../"), crs=CRS)


def test_files_with_a_layer_in_a_folder(tmp_path):
    path = zipped(tmp_path)
    assert files_with(tmp_path, ["GebauedeBauwerk", "gebaeudebauwerke"]) == [tmp_path / "gebaeudeBauwerke.shp", path]
    with pytest.raises(InputError, match="no file with a layer strassen"):
        files_with(tmp_path, "strassen")


def test_invalid_polygons_are_mended_and_lines_set_aside():
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    spike = shapely.from_wkt("POLYGON ((0 0, 4 0, 4 4, 8 8, 4 4, 0 4, 0 0))")
    line = shapely.LineString([(0, 0), (1, 1)])
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    data = frame([*boxes(1), bow_tie, spike, line, flat])
    out, findings = valid(data, "Polygon", "x", data["oid"])
    assert out.area.to_list() == pytest.approx([100, 2, 16])
    assert out.is_valid.all()
    assert np.isin(out.geom_type, ["Polygon", "MultiPolygon"]).all()
    assert {f.kind: f.ids for f in findings} == {"repaired": ("a1", "a2"), "unusable_geometry": ("a3", "a4")}
