import zipfile

import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from lxml import etree

from klimastep.errors import OutputError, PlanError
from klimastep.sample import demo_plan, sample, write, write_tiles, write_town
from klimastep.sources import alkis_simple, citygml

MOST_BYTES = 4_000_000


def _files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _same_layers(a, b):
    names = [n for n, _ in pyogrio.list_layers(a)]
    assert names == [n for n, _ in pyogrio.list_layers(b)]
    for name in names:
        left, right = (pyogrio.read_dataframe(p, layer=name) for p in (a, b))
        assert left.crs == right.crs
        pd.testing.assert_frame_equal(left.drop(columns="geometry"), right.drop(columns="geometry"))
        assert shapely.equals_exact(left.geometry.to_numpy(), right.geometry.to_numpy(), 1e-3).all()


def _same(a, b):
    if a.suffix in (".gpkg", ".geojson"):
        _same_layers(a, b)
    elif a.suffix == ".zip":
        with zipfile.ZipFile(a) as left, zipfile.ZipFile(b) as right:
            assert left.namelist() == right.namelist()
            assert all(left.read(n) == right.read(n) for n in left.namelist())
            assert [i.date_time for i in left.infolist()] == [i.date_time for i in right.infolist()]
    elif a.suffix == ".tif":
        with rasterio.open(a) as left, rasterio.open(b) as right:
            assert (left.transform, left.crs, left.nodata, left.scales) == (
                right.transform,
                right.crs,
                right.nodata,
                right.scales,
            )
            np.testing.assert_array_equal(left.read(1), right.read(1))
    else:
        assert a.read_bytes() == b.read_bytes()


def test_the_generator_makes_the_bundled_town_again(musterstadt, tmp_path):
    write_town(tmp_path)
    assert _files(tmp_path) == _files(musterstadt)
    for name in _files(tmp_path):
        _same(tmp_path / name, musterstadt / name)


def test_the_bundled_town_is_small_and_says_what_it_is(musterstadt):
    assert sum(p.stat().st_size for p in musterstadt.rglob("*") if p.is_file()) < MOST_BYTES
    assert "ERFUNDEN" in (musterstadt / "LIESMICH.txt").read_text(encoding="utf-8")
    assert "CC0" in (musterstadt / "LICENSE.txt").read_text(encoding="utf-8")
    assert demo_plan().parent == musterstadt


def test_lists_are_written_as_offices_write_them(musterstadt):
    assert (musterstadt / "denkmale" / "denkmalliste.csv").read_bytes().startswith(b"\xef\xbb\xbfid;bezeichnung;")
    text = (musterstadt / "verbrauch" / "verbrauch_bloecke.csv").read_bytes().decode("latin-1")
    assert "Fernwärme" in text
    assert "geheim" in text
    assert "," in text.splitlines()[1]


def test_lod2_is_the_profile_of_the_offices(musterstadt):
    spaces = {"b": "http://www.opengis.net/citygml/building/1.0", "g": "http://www.opengis.net/gml"}
    parts, count, fewer = 0, 0, 0
    for path in sorted((musterstadt / "lod2").glob("LoD2_32_*_1_bw.zip")):
        with zipfile.ZipFile(path) as archive:
            (name,) = archive.namelist()
            root = etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False))
        assert name == f"{path.stem}.gml"
        ids = root.xpath("//@g:id", namespaces=spaces)
        assert len(ids) == len(set(ids))
        links = root.xpath("//@*[local-name()='href']")
        assert {link.removeprefix("#") for link in links} <= set(ids)
        assert root.xpath("string(//@srsName)") == "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016"
        count += len(root.xpath("//b:Building", namespaces=spaces))
        parts += len(root.xpath("//b:BuildingPart", namespaces=spaces))
        fewer += len(root.xpath("//b:Building[not(b:address)]", namespaces=spaces))
    assert 1440 < count < 1500
    assert parts > 5
    assert fewer > 0


def test_readers_take_the_town_without_loss(musterstadt):
    cadastre = alkis_simple.read(musterstadt / "alkis" / "gebaeude_flurstuecke.gpkg", crs="EPSG:25832")
    models = citygml.read(musterstadt / "lod2", crs="EPSG:25832")
    assert cadastre.closes
    assert models.closes
    buildings, lod2 = cadastre.tables["buildings"], models.tables["buildings"]
    assert len(buildings) == 1500
    assert set(lod2.index) < set(buildings.index)
    both = buildings.loc[lod2.index]
    assert both.geometry.area.to_numpy() == pytest.approx(lod2.geometry.area.to_numpy(), rel=1e-3, abs=0.05)
    assert both["storeys"].isna().mean() == pytest.approx(0.3, abs=0.05)


def test_surface_model_carries_the_roofs(musterstadt, full_town):
    with rasterio.open(musterstadt / "oberflaechenmodell" / "dom1.tif") as raster:
        assert raster.nodata == -32768
        heights = raster.read(1) * raster.scales[0]
        flat = full_town.buildings[(full_town.buildings["roof"] == "1000") & (full_town.buildings["role"] == "main")]
        for oid, point in flat.geometry.representative_point().items():
            base, solids = full_town.solids[oid]
            if len(solids) > 1:
                continue
            row, column = raster.index(point.x, point.y)
            assert heights[row, column] == pytest.approx(base + full_town.buildings.loc[oid, "height_m"], abs=0.06)


def test_many_towns_share_the_same_files(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "TILE_BUILDINGS", 100)
    write_tiles(tmp_path, 300, 7)
    path = tmp_path / "alkis" / "gebaeude_flurstuecke.gpkg"
    buildings = pyogrio.read_dataframe(path, layer="gebaeudeBauwerke")
    parcels = pyogrio.read_dataframe(path, layer="flurstueck")
    assert len(buildings) == 300
    assert buildings["oid"].is_unique
    assert parcels["flstkennz"].is_unique
    assert len(pyogrio.read_dataframe(tmp_path / "gebiete" / "stadtteile.geojson")) == 18
    assert pyogrio.read_dataframe(tmp_path / "gebiete" / "baubloecke.gpkg")["block_nr"].is_unique
    cells = pd.read_csv(tmp_path / "zensus" / "zensus2011_gebaeude100m.csv", sep=";")
    assert not cells.duplicated(["Gitter_ID_100m", "Merkmal", "Auspraegung_Code"]).any()
    with rasterio.open(tmp_path / "oberflaechenmodell" / "dom1.tif") as raster:
        assert raster.shape == (4000, 4000)
        spots = buildings.geometry.representative_point()
        values = np.array([v[0] for v in raster.sample([(p.x, p.y) for p in spots])])
    assert (values > 1500).all()
    names = [n for z in (tmp_path / "lod2").glob("*.zip") for n in zipfile.ZipFile(z).namelist()]
    assert len(names) == len(set(names)) >= 3


def test_sample_writes_a_plan_and_refuses_odd_sizes(tmp_path):
    plan = sample(tmp_path / "ort", 60, 2)
    assert plan == tmp_path / "ort" / "plan.yaml"
    assert not list((tmp_path / "ort").glob(".unfertig-*"))
    with pytest.raises(PlanError, match="expected 50"):
        sample(tmp_path, 3)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "datei").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="datei"):
        write_town(tmp_path / "datei", 60)


def test_a_failed_run_leaves_the_old_files(tmp_path, monkeypatch):
    sample(tmp_path, 60, 2)
    before = (tmp_path / "plan.yaml").read_bytes(), (tmp_path / "plan.yaml").stat().st_mtime_ns

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "_texts", full)
    with pytest.raises(OutputError, match="No space left"):
        sample(tmp_path, 70, 2)
    assert ((tmp_path / "plan.yaml").read_bytes(), (tmp_path / "plan.yaml").stat().st_mtime_ns) == before
