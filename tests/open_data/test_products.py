"""Which tiles an outline touches, and their addresses."""

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from klimastep.errors import InputError, PlanError
from klimastep.open_data.products import check_ags, items_of, kinds_of_data, outline_of, parse_district, tiles_of
from klimastep.reference import load

MIDDLE = (514_072, 5_416_024)  # of Ludwigsburg


def box(e, n, size=10):
    return outline_of(None, (e - size, n - size, e + size, n + size))


def test_tiles_have_odd_east_and_even_north():
    assert tiles_of(box(513_001 + 10, 5_416_000 + 10)) == [(513, 5416)]
    assert tiles_of(box(512_900, 5_416_100)) == [(511, 5416)]
    assert tiles_of(box(514_990, 5_417_985)) == [(513, 5416)]
    assert tiles_of(box(*MIDDLE, size=1000)) == [(513, 5414), (513, 5416), (515, 5414), (515, 5416)]


def test_a_shared_edge_is_no_tile_and_a_courtyard_neither():
    assert tiles_of(outline_of(None, (513_000, 5_416_000, 515_000, 5_418_000))) == [(513, 5416)]
    ring = shapely.box(511_500, 5_414_500, 518_500, 5_419_500).difference(
        shapely.box(512_900, 5_415_900, 515_100, 5_418_100)
    )
    frame = gpd.GeoDataFrame({"name": ["Ring"]}, geometry=[ring], crs="EPSG:25832")
    assert (513, 5416) not in tiles_of(frame)
    assert len(tiles_of(frame)) == 4 * 3 - 1


@given(st.floats(400_000, 600_000), st.floats(5_270_000, 5_500_000), st.floats(1, 9000), st.floats(1, 9000))
def test_tiles_cover_the_outline_and_only_it(e, n, width, height):
    shape = shapely.box(e, n, e + width, n + height)
    tiles = tiles_of(outline_of(None, shape.bounds))
    boxes = [shapely.box(a * 1000, b * 1000, a * 1000 + 2000, b * 1000 + 2000) for a, b in tiles]
    assert all(a % 2 == 1 and b % 2 == 0 for a, b in tiles)
    assert all(shape.intersection(b).area > 0 for b in boxes)
    assert shapely.union_all(boxes).intersection(shape).area == pytest.approx(shape.area)


def test_addresses_of_ludwigsburg():
    items = items_of(["lod2", "dgm", "dom", "alkis"], box(*MIDDLE), [parse_district("081234: Bad Oßweil")])
    urls = [i.url for i in items]
    assert "https://opengeodata.lgl-bw.de/data/lod2/LoD2_32_513_5416_2_bw.zip" in urls
    assert "https://opengeodata.lgl-bw.de/data/dgm/dgm1_32_513_5416_2_bw.zip" in urls
    assert "https://opengeodata.lgl-bw.de/data/dom1/dom1_32_513_5416_2_bw.zip" in urls
    assert urls[-1] == "https://opengeodata.lgl-bw.de/data/alkis/ALKIS-oE_081234_Bad_O%C3%9Fweil_nas.zip"
    assert items[-1].file == "alkis/ALKIS-oE_081234_Bad_Oßweil_nas.zip"
    assert all(i.licence and i.attribution for i in items)


def test_a_decomposed_umlaut_is_written_as_one_letter():
    assert parse_district("081234:O\u0308hringen")[1] == "Öhringen"


@pytest.mark.parametrize("text", ["081234", "081234:../x", "081234:a/b", "08:Ort", "081234:", "081234:a\\b", "x:Ort"])
def test_names_that_are_no_gemarkung_are_refused(text):
    with pytest.raises(PlanError, match="expected KEY:NAME"):
        parse_district(text)


def test_bad_requests_are_named(tmp_path):
    for ags, message in (("8118048", "eight digits"), ("09162000", "Baden-Württemberg only"), ("0811804x", "eight")):
        with pytest.raises(PlanError, match=message):
            check_ags(ags)
    with pytest.raises(PlanError, match="--boundary FILE or --bbox"):
        outline_of(None, None)
    with pytest.raises(PlanError, match="west,south,east,north"):
        outline_of(None, (5, 5, 1, 1))
    with pytest.raises(InputError, match="a place in Baden-Württemberg"):
        outline_of(None, (9.1, 48.8, 9.2, 48.9))
    with pytest.raises(InputError, match="at most 500"):
        tiles_of(outline_of(None, (400_000, 5_300_000, 500_000, 5_400_000)))
    with pytest.raises(PlanError, match="--what lod3: unknown; there are lod2, dgm, dom, alkis, census"):
        items_of(["lod3"], box(*MIDDLE), [])
    with pytest.raises(PlanError, match="--base-url"):
        items_of(["lod2"], box(*MIDDLE), [], "file:///etc")


def test_an_outline_from_a_file_in_degrees(tmp_path):
    frame = gpd.GeoDataFrame({"n": ["a", "b"]}, geometry=[shapely.box(9.15, 48.87, 9.2, 48.9), shapely.box(9.2, 48.87, 9.24, 48.9)], crs="EPSG:4326")  # fmt: skip  # noqa: E501
    frame.to_file(tmp_path / "gemeinde.geojson")
    assert set(tiles_of(outline_of(tmp_path / "gemeinde.geojson", None))) >= {(513, 5414), (515, 5414)}


def test_the_table_names_terms_for_every_product():
    table = load("open_data")
    assert kinds_of_data() == ["lod2", "dgm", "dom", "alkis", "census"]
    assert (table["url"].str.startswith("https://") & table["url"].str.endswith(".zip")).all()
    assert set(table["kind"]) == {"tile", "district", "whole"}
    assert not table["folder"].str.contains(r"[./\\]").any()


@pytest.mark.testdata
def test_ludwigsburg_lies_on_twenty_tiles(testdata, tmp_path):
    source = testdata / "ludwigsburg" / "ludwigsburg_base.gpkg"
    layer = next(n for n in gpd.list_layers(source)["name"] if "boundary" in n)
    gpd.read_file(source, layer=layer).to_file(tmp_path / "stadt.gpkg")
    outline = outline_of(tmp_path / "stadt.gpkg", None)
    assert outline.area.sum() / 1e6 == pytest.approx(44.29, abs=0.1)
    tiles = tiles_of(outline)
    assert len(tiles) == 20
    assert {(513, 5416), (513, 5414), (515, 5416), (515, 5414)} <= set(tiles)
