"""Clean, keys and use on hand-made buildings."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from klimastep import cadastre
from klimastep.cadastre.use import normal_code
from klimastep.tables import BUILDINGS

CRS = "EPSG:25832"


def _frame(shapes, ids, name="building_id", **columns):
    return gpd.GeoDataFrame(columns, index=pd.Index(ids, name=name, dtype="str"), geometry=shapes, crs=CRS)


def test_duplicates_keep_the_row_that_knows_more():
    shapes = [box(0, 0, 10, 10), box(0, 0, 10, 10).reverse(), box(20, 0, 30, 10), box(50, 0, 50.5, 0.5)]
    stock = _frame(shapes, ["parent", "part", "other", "sliver"], name_=[None, "Kirche", None, None])
    kept, findings = cadastre.clean(stock)
    assert kept.index.tolist() == ["part", "other"]
    assert {f.kind: f.count for f in findings} == {"duplicate_footprint": 1, "sliver": 1}
    assert sum(f.count for f in findings if f.severity == "set_aside") + len(kept) == len(stock)


def test_keys_by_representative_point():
    stock = _frame([box(0, 0, 10, 10), box(200, 0, 210, 10)], ["a", "b"])
    blocks = _frame([box(-5, -5, 50, 50)], ["k1"], "block_id")
    keyed = cadastre.assign_keys(stock, {"blocks": blocks})
    assert keyed["block_id"].tolist()[0] == "k1"
    assert keyed["block_id"].isna().tolist() == [False, True]
    assert keyed["district_id"].isna().all()


def test_codes_bare_and_unlisted():
    codes = normal_code(pd.Series(["1010", "31001_2523", "31001_1010", None, "quatsch"]))
    assert codes.tolist()[:3] == ["31001_1010", "31001_2523", "31001_1010"]
    assert pd.isna(codes.iloc[3])


@pytest.mark.parametrize(
    ("code", "size", "height", "heated"),
    [
        ("31001_1000", 5, 2.0, True),  # a dwelling is heated whatever its size
        ("31001_2463", 20, 9.0, False),  # garage
        ("31001_2143", 20, 9.0, True),  # maybe, large
        ("31001_2143", 5, 9.0, False),  # maybe, 25 m²
        (None, 20, float("nan"), True),  # unknown function and height
        (None, 20, 2.0, False),  # too low
        ("53001_1800", 20, 9.0, False),  # a bridge is no building
    ],
)
def test_heated(code, size, height, heated):
    stock = _frame([box(0, 0, size, size)], ["a"], function_code=pd.array([code], dtype="str"), height_m=[height])
    assert cadastre.use(stock)["is_heated"].tolist() == [heated]


def test_a_use_that_a_source_names_comes_before_the_function():
    codes = pd.array(["31001_1010", "31001_1010", None], dtype="str")
    given = BUILDINGS["use_class"].cast(["office", None, None], pd.Index(["a", "b", "c"], name="building_id"))
    shapes = [box(20 * i, 0, 20 * i + 10, 10) for i in range(3)]
    stock = _frame(shapes, ["a", "b", "c"], function_code=codes, height_m=[9.0] * 3, use_class=given.to_numpy())
    stock = stock.assign(use_class_source=["survey", None, None])
    used = cadastre.use(stock)
    assert used["use_class"].tolist()[:2] == ["office", "residential"]
    assert used["use_class_source"].tolist()[:2] == ["survey", "cadastre"]
    assert used[["use_class", "use_class_source"]].iloc[2].isna().all()


def test_a_monument_with_several_house_numbers_marks_its_buildings():
    addresses = pd.array(["Gasse 12", "Gasse 14", "Gasse 16"], dtype="str")
    shapes = [box(x, 0, x + 10, 10) for x in (0, 30, 60)]
    stock = _frame(shapes, ["a", "b", "c"], address=addresses)
    monuments = _frame([Point(5, 5)], ["m"], "monument_id", heritage=["single"], address=["Gasse 12, 14"])
    assert cadastre.heritage(stock, monuments)[0]["heritage"].tolist() == ["single", "single", "none_known"]
    alone = monuments.assign(address="Gasse 16")  # the point wins where there is one number
    assert cadastre.heritage(stock, alone)[0]["heritage"].tolist() == ["single", "none_known", "none_known"]


def test_an_outline_as_large_as_its_block_is_told():
    blocks = _frame([box(0, 0, 100, 100), box(200, 0, 230, 30)], ["k", "l"], "block_id")
    stock = _frame([box(0, 0, 100, 90), box(200, 0, 230, 30)], ["a", "b"], block_id=["k", "l"])
    told = cadastre.odd_footprints(stock, blocks)
    assert [(f.kind, f.ids) for f in told] == [("block_as_building", ("a",))]
    assert not cadastre.odd_footprints(stock.iloc[1:], blocks)
