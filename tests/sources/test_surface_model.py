"""The index of height models: files, zips and folders, what is odd about their tiles."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from klimastep import sources
from klimastep.errors import InputError, PlanError
from klimastep.rasters import Mosaic

CRS = "EPSG:25832"
ROOT = Path(__file__).resolve().parents[2]


def tif(path, east, values, north=5_417_000, step=1.0, crs=CRS):
    values = np.asarray(values, dtype="float32")
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype="float32",
        nodata=-9999, crs=crs, transform=from_origin(east, north, step, step),
    ) as data:  # fmt: skip
        data.write(values, 1)


def read(path, **options):
    return sources.read("surface_model", path, crs=CRS, **options)


@pytest.fixture
def delivery(tmp_path):
    """Return a folder as the state's office delivers: zips of 1 km tiles, XYZ text for the terrain."""
    folder = tmp_path / "dgm"
    folder.mkdir()
    for east in (513_000, 514_000):
        rows = "\n".join(f"{east + i}.50 {5_416_000 + j}.50 {200 + j / 10:.2f}" for j in range(20) for i in range(20))
        with zipfile.ZipFile(folder / f"dgm1_32_{east // 1000}_5416_2_bw.zip", "w") as archive:
            archive.writestr(f"dgm1_32_{east // 1000}_5416_1_bw.xyz", rows)
            archive.writestr("liesmich.txt", "Datenquelle: LGL")
    return folder


def test_zips_of_text_tiles(delivery):
    reading = read(delivery, kind="terrain")
    tiles = reading.tables["surface_tiles"]
    assert list(tiles.index) == ["terrain-dgm1_32_513_5416_1_bw", "terrain-dgm1_32_514_5416_1_bw"]
    assert (
        tiles[["lowest_m", "highest_m", "known_share", "resolution_m"]].to_numpy().tolist()
        == [[200.0, pytest.approx(201.9), 1.0, 1.0]] * 2
    )
    assert tiles.total_bounds.tolist() == [513_000, 5_416_000, 514_020, 5_416_020]
    assert (tiles["kind"].unique().tolist(), reading.rows_in) == (["terrain"], 2)
    assert [Path(f).suffix for f in reading.files] == [".zip", ".zip"]
    assert not reading.findings
    with Mosaic(tiles["path"], crs=CRS) as mosaic:
        assert mosaic.read((514_000, 5_416_000, 514_002, 5_416_001)).values.tolist() == [[200, 200]]


def test_empty_and_odd_tiles_are_told(tmp_path):
    tif(tmp_path / "a.tif", 513_000, np.full((10, 10), 210))
    tif(tmp_path / "b.tif", 513_010, np.full((10, 10), -9999))
    tif(tmp_path / "c.tif", 513_020.5, np.full((10, 10), 211))
    tif(tmp_path / "d.tif", 513_040, np.full((10, 10), 212), step=2)
    tif(tmp_path / "e.tif", 513_000, np.full((10, 10), 213))
    reading = read(tmp_path)
    kinds = {f.kind: f.ids for f in reading.findings}
    assert kinds == {
        "empty_tile": ("surface-b",), "offset": ("c.tif",), "resolution": ("d.tif",), "overlap": ("e.tif",)
    }  # fmt: skip
    assert (reading.rows_in, reading.rows_out) == (5, 4)


def test_undeclared_nodata_is_an_error_that_says_what_to_do(tmp_path):
    values = np.full((10, 10), 210.0)
    values[0, 0] = -32768
    tif(tmp_path / "a.tif", 513_000, values)
    with pytest.raises(InputError, match=r"a height of -32768 m; expected -500 to 9000 m; .* nodata: -32768"):
        read(tmp_path / "a.tif")
    assert read(tmp_path / "a.tif", nodata=-32768).tables["surface_tiles"]["known_share"].tolist() == [0.99]


def test_crowns_are_heights_above_the_ground(tmp_path):
    tif(tmp_path / "a.tif", 513_000, np.full((10, 10), 30.0))
    assert read(tmp_path / "a.tif", kind="canopy").rows_in == 1
    tif(tmp_path / "b.tif", 513_000, np.full((10, 10), 230.0))
    with pytest.raises(InputError, match=r"a crown of 230 m; expected heights of crowns above the ground.*datum"):
        read(tmp_path / "b.tif", kind="canopy")


def test_wrong_places_are_named(tmp_path):
    with pytest.raises(InputError, match="no grid among 0 files"):
        read(tmp_path)
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../a.tif", b"")
    with pytest.raises(InputError, match="points out of the zip"):
        read(tmp_path / "evil.zip")
    with pytest.raises(PlanError, match="kind"):
        read(tmp_path, kind="heights")


def test_the_town(tmp_path):
    reading = read(ROOT / "data" / "musterstadt" / "oberflaechenmodell" / "dom1.tif")
    tile = reading.tables["surface_tiles"].iloc[0]
    assert (tile["lowest_m"], tile["highest_m"], tile["known_share"]) == (pytest.approx(210.5), pytest.approx(277), 1.0)


@pytest.mark.testdata
def test_gothenburg_comes_out_in_the_crs_of_the_run(testdata):
    reading = read(testdata / "gothenburg_dsm")
    tiles = reading.tables["surface_tiles"]
    assert tiles["crs"].unique().tolist() == ["EPSG:3007"]
    assert tiles.crs == CRS
    assert len(tiles) == 3
    assert [f.kind for f in reading.findings] == ["overlap"]
    assert tiles.to_crs("EPSG:3007").area.iloc[0] == pytest.approx(223 * 234, rel=1e-3)
