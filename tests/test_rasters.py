"""Mosaics of height grids: windows, nodata, offsets, resolutions, XYZ text, memory."""

import tracemalloc
import zipfile

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from klimastep.errors import InputError
from klimastep.rasters import Mosaic

CRS = "EPSG:25832"
E, N = 513_000.0, 5_417_000.0


def plane(west, north, rows, columns, step=1.0):
    x = west + step * (np.arange(columns) + 0.5)
    y = north - step * (np.arange(rows) + 0.5)
    return (200 + 0.01 * (x[None, :] - E) + 0.02 * (N - y[:, None])).astype("float32")


def tif(path, values, west=E, north=N, step=1.0, crs=CRS, nodata=-9999.0, **more):
    values = np.asarray(values)
    profile = {"width": values.shape[1], "height": values.shape[0], "count": 1, "dtype": values.dtype, "crs": crs}
    with rasterio.open(path, "w", driver="GTiff", nodata=nodata, transform=from_origin(west, north, step, step), **profile, **more) as data:  # fmt: skip  # noqa: E501
        data.write(values, 1)
    return path


def xyz(path, west, north, rows, columns, *, step=1.0, order="row", form="{:.2f} {:.2f} {:.2f}", keep=None):
    z = plane(west, north, rows, columns, step)
    i, j = np.indices(z.shape)
    points = np.c_[(west + step * (j + 0.5)).ravel(), (north - step * (i + 0.5)).ravel(), z.ravel()]
    if order == "column":
        points = points[np.lexsort((points[:, 1], points[:, 0]))]
    if keep is not None:
        points = points[keep]
    path.write_text("\n".join(form.format(*p) for p in points) + "\n", encoding="ascii")
    return path


def test_two_tiles_are_one_grid(tmp_path):
    a = tif(tmp_path / "a.tif", plane(E, N, 10, 10))
    b = tif(tmp_path / "b.tif", plane(E + 10, N, 10, 10), west=E + 10)
    with Mosaic([a, b]) as mosaic:
        patch = mosaic.read((E + 8, N - 2, E + 12, N))
        assert patch.bounds == (E + 8, N - 2, E + 12, N)
        assert np.array_equal(patch.values, plane(E + 8, N, 2, 4))
        assert (mosaic.bounds, mosaic.resolution_m) == ((E, N - 10, E + 20, N), 1.0)
        assert mosaic.odd_tiles() == {"resolution": [], "offset": [], "oblong": [], "overlap": []}


def test_outside_and_nodata_are_unknown(tmp_path):
    values = plane(E, N, 4, 4)
    values[1, 1] = -9999
    with Mosaic([tif(tmp_path / "a.tif", values)]) as mosaic:
        patch = mosaic.read((E - 1, N - 5, E + 5, N + 1))
        assert patch.values.shape == (6, 6)
        assert np.isnan(patch.values).sum() == 36 - 15
        low, high, share = mosaic.extremes(mosaic.tiles[0])
        assert (low, high, share) == (values[0, 0], values[3, 3], 15 / 16)


def test_nodata_that_the_header_cuts_or_forgets(tmp_path):
    values = plane(E, N, 4, 4).astype("float64")
    values[0, 0] = -3.4028234663852886e38
    with Mosaic([tif(tmp_path / "cut.tif", values, nodata=-3.40282346638529e38)]) as mosaic:
        assert np.isnan(mosaic.read(mosaic.bounds).values).sum() == 1
    values[0, 0] = -32768
    path = tif(tmp_path / "none.tif", values, nodata=None)
    with Mosaic([path], nodata=-32768) as mosaic:
        assert np.isnan(mosaic.read(mosaic.bounds).values).sum() == 1


def test_the_first_tile_that_knows_wins(tmp_path):
    first, second = np.full((4, 4), 1.0, "float32"), np.full((4, 4), 2.0, "float32")
    first[0, 0] = -9999
    tiles = [tif(tmp_path / "a.tif", first), tif(tmp_path / "b.tif", second)]
    with Mosaic(tiles) as mosaic:
        values = mosaic.read(mosaic.bounds).values
        assert values[0, 0] == 2
        assert values.sum() == 17
        assert [p.rsplit("b.tif")[-1] for p in mosaic.odd_tiles()["overlap"]] == [""]


def test_stored_decimetres_become_metres(tmp_path):
    path = tif(tmp_path / "dm.tif", np.full((3, 3), 2105, "int16"), nodata=-32768)
    with rasterio.open(path, "r+") as data:
        data.scales, data.offsets = (0.1,), (1.0,)
    with Mosaic([path]) as mosaic:
        assert mosaic.read(mosaic.bounds).values == pytest.approx(np.full((3, 3), 211.5))
        assert mosaic.read(mosaic.bounds, resolution_m=3).values == pytest.approx(np.array([[211.5]]))


def test_other_offsets_and_resolutions_are_noticed_and_resampled(tmp_path):
    a = tif(tmp_path / "a.tif", plane(E, N, 20, 20))
    shifted = tif(tmp_path / "shifted.tif", plane(E + 20.5, N, 20, 20), west=E + 20.5)
    coarse = tif(tmp_path / "coarse.tif", plane(E, N - 20, 10, 10, 2.0), north=N - 20, step=2.0)
    with Mosaic([a, shifted, coarse]) as mosaic:
        odd = mosaic.odd_tiles()
        assert odd["offset"] == [str(shifted)]
        assert odd["resolution"] == [str(coarse)]
        inner = mosaic.read((E + 24, N - 12, E + 34, N - 4))
        assert inner.values == pytest.approx(plane(E + 24, N - 4, 8, 10), abs=1e-3)
        below = mosaic.read((E + 4, N - 34, E + 14, N - 24))
        assert below.values == pytest.approx(plane(E + 4, N - 24, 10, 10), abs=1e-3)


def test_a_coarser_window_is_the_mean(tmp_path):
    values = np.random.default_rng(1).uniform(200, 300, (20, 20)).astype("float32")
    with Mosaic([tif(tmp_path / "a.tif", values)]) as mosaic:
        mean = mosaic.read(mosaic.bounds, resolution_m=5).values
    assert mean == pytest.approx(values.reshape(4, 5, 4, 5).mean(axis=(1, 3)), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 39), st.integers(0, 39), st.integers(1, 30), st.integers(1, 30))
def test_a_window_is_a_cut_of_the_whole(tmp_path_factory, i, j, rows, columns):
    folder = tmp_path_factory.getbasetemp()
    whole = np.random.default_rng(2).uniform(0, 100, (40, 40)).astype("float32")
    parts = {"nw": (0, 0), "ne": (0, 25), "sw": (25, 0), "se": (25, 25)}
    paths = []
    for name, (r, c) in parts.items():
        piece = whole[r : 40 if r else 25, c : 40 if c else 25]
        path = folder / f"{name}.tif"
        paths.append(path if path.exists() else tif(path, piece, west=E + c, north=N - r))
    with Mosaic(paths) as mosaic:
        patch = mosaic.read((E + j, N - i - rows, E + j + columns, N - i))
    cut = whole[i : i + rows, j : j + columns]
    assert np.array_equal(patch.values[: cut.shape[0], : cut.shape[1]], cut)
    assert np.isnan(patch.values[cut.shape[0] :]).all()


@pytest.mark.parametrize("form", ["{:.2f} {:.2f} {:.2f}", "{:.2f},{:.2f},{:.2f}", "{:.2f};{:.2f};{:.2f}", "  {:.2f}\t{:.2f}\t{:.2f}"])  # fmt: skip  # noqa: E501
@pytest.mark.parametrize("order", ["row", "column"])
def test_xyz_text_of_any_order_and_separator(tmp_path, form, order):
    path = xyz(tmp_path / "a.xyz", E, N, 30, 20, order=order, form=form)
    with Mosaic([path], crs=CRS) as mosaic:
        assert mosaic.tiles[0].bounds == (E, N - 30, E + 20, N)
        assert mosaic.read(mosaic.bounds).values == pytest.approx(plane(E, N, 30, 20), abs=0.006)


def test_xyz_with_header_german_decimals_gaps_and_in_a_zip(tmp_path):
    path = xyz(tmp_path / "a.xyz", E, N, 30, 20, keep=np.arange(600) != 41)
    text = path.read_text(encoding="ascii")
    path.write_text("x y z\n" + text.replace(".", ",").replace("513000,50 5416998,50 200,04", "513000,50 5416998,50 -9999"), encoding="ascii")  # fmt: skip  # noqa: E501
    with zipfile.ZipFile(tmp_path / "tile.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "folder/tile.xyz")
    with Mosaic([f"{tmp_path / 'tile.zip'}!folder/tile.xyz"], crs=CRS) as mosaic:
        values = mosaic.read(mosaic.bounds).values
    assert values.shape == (30, 20)
    assert {tuple(p) for p in np.argwhere(np.isnan(values)).tolist()} >= {(2, 1)}
    assert np.nanmax(np.abs(values - plane(E, N, 30, 20))) < 0.006


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a line is ''"),
        ("hello world\n", "a line is"),
        ("1 2 3\n1 2 x\n", "cannot be read as points"),
        ("0.5 0.5 1\n1.5 0.5 1\n2.5 0.5 1\n", "lie on one line"),
        ("0 0 1\n1 0 1\n0 1 1\n1 1 1\n2.4 1 1\n", "do not fill the span|beside the grid"),
        ("0 0 1\n0.001 0 1\n90000 0 1\n0 0.001 1\n0 90000 1\n", "cells; expected at most"),
        ("0 0 nan\n1 1 1\n", "no point|three numbers|first line|points"),
    ],
)
def test_damaged_xyz_is_named(tmp_path, text, message):
    path = tmp_path / "bad.xyz"
    path.write_text(text, encoding="ascii")
    with pytest.raises(InputError, match=message), Mosaic([path], crs=CRS) as mosaic:
        mosaic.read(mosaic.bounds)


def test_wrong_files_are_named(tmp_path):
    good = tif(tmp_path / "a.tif", plane(E, N, 4, 4))
    for path, options, message in [
        (tif(tmp_path / "deg.tif", plane(9, 49, 4, 4, 0.1), 9, 49, 0.1, "EPSG:4326"), {}, "a projected one in metres"),
        (tif(tmp_path / "none.tif", plane(E, N, 4, 4), crs=None), {}, "names no CRS; name it with source_crs"),
        (xyz(tmp_path / "a.xyz", E, N, 4, 4), {}, "names no CRS"),
        (good, {"crs": "EPSG:25833"}, "the CRS is ETRS89 / UTM zone 32N; expected ETRS89 / UTM zone 33N"),
        (tmp_path / "missing.tif", {}, "cannot be read as a grid"),
        (tmp_path / "a.jpg", {}, "unknown kind of grid"),
    ]:
        with pytest.raises(InputError, match=message):
            Mosaic([path], **options)
    with pytest.raises(InputError, match="as in"):
        Mosaic([good, tif(tmp_path / "b.tif", plane(E, N, 4, 4), crs="EPSG:25833")])
    with pytest.raises(InputError, match="no file"):
        Mosaic([])
    (tmp_path / "text.tif").write_text("<VRTDataset/>", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as a grid"):
        Mosaic([tmp_path / "text.tif"])
    (tmp_path / "half.tif").write_bytes(good.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be read"), Mosaic([tmp_path / "half.tif"]) as mosaic:
        mosaic.read(mosaic.bounds)
    with Mosaic([good]) as mosaic, pytest.raises(InputError, match="at most 5"):
        mosaic.read(mosaic.bounds, max_cells=5)
    with Mosaic([good]) as mosaic, pytest.raises(InputError, match="is empty"):
        mosaic.read((E, N, E, N))


@pytest.mark.parametrize(
    ("crs", "unit", "told"),
    [
        ("EPSG:25832+6360", None, "US survey foot"),
        (CRS, "ft", "ft"),
        (CRS, "Feet", "Feet"),
        (CRS, "US survey foot", "US survey foot"),
        (CRS, "cm", "cm"),
        ("EPSG:25832+7837", None, ""),
        (CRS, "m", ""),
        (CRS, "metre", ""),
        (CRS, None, ""),
    ],
)
def test_heights_that_say_they_are_no_metres_are_refused(tmp_path, crs, unit, told):
    path = tif(tmp_path / "a.tif", plane(E, N, 4, 4), crs=crs)
    with rasterio.open(path, "r+") as data:
        if unit:
            data.units = (unit,)
    if not told:
        with Mosaic([path]) as mosaic:
            assert mosaic.crs.to_epsg() == 25832
        return
    with pytest.raises(InputError, match=f"the heights are in {told}; expected metres; convert the heights"):
        Mosaic([path])


def test_a_turned_or_unplaced_grid_is_refused(tmp_path):
    path = tmp_path / "turned.tif"
    turned = rasterio.Affine(1, 0.2, E, 0.2, -1, N)
    with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="float32", crs=CRS, transform=turned) as data:  # fmt: skip  # noqa: E501
        data.write(plane(E, N, 4, 4), 1)
    with pytest.raises(InputError, match="has no place or is turned"):
        Mosaic([path])


def test_memory_does_not_grow_with_the_mosaic(tmp_path):
    paths = [
        tif(tmp_path / f"{k}.tif", np.full((2000, 2000), k, "float32"), west=E + 2000 * k, tiled=True, compress="lzw")
        for k in range(8)
    ]
    tracemalloc.start()
    with Mosaic(paths) as mosaic:
        cells = sum(int(np.isfinite(p.values).sum()) for p in mosaic.blocks(size=1024))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cells == 8 * 2000 * 2000
    assert peak < 40e6 < cells * 4


@pytest.mark.testdata
def test_gothenburg_and_baerl(testdata):
    folder = testdata / "gothenburg_dsm"
    with Mosaic([folder / "DSM_KRbig.tif"]) as surface, Mosaic([folder / "DEM_KRbig.tif"]) as ground:
        assert surface.crs.to_epsg() == 3007
        above = surface.read(surface.bounds).values - ground.read(surface.bounds).values
        assert above.shape == (223, 234)
        assert above.max() > 20
    with Mosaic([testdata / "nrw_lod2" / "duisburg_baerl" / "nrw_dgm.tif"]) as terrain:
        assert len(terrain.odd_tiles()["oblong"]) == 1
        values = terrain.read(terrain.bounds, resolution_m=1).values
        assert 29 < np.nanmin(values) < np.nanmax(values) < 30.5
