"""Healing of cells by hand, what is told of it, and the real grid of Ludwigsburg."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.cadastre import heal
from klimastep.cadastre.census_cells import counts, neighbour_mean
from klimastep.census import CENSUS_2011, CENSUS_2022, bands_of

NONE_BUILT = dict.fromkeys(CENSUS_2011.names, 0.0)


def grid(**columns):
    """Return hectare cells in a row."""
    n = len(next(iter(columns.values())))
    x = np.arange(n) * 100.0
    index = pd.Index([f"c{i}" for i in range(n)], name="cell_id", dtype="str")
    shapes = shapely.box(x, 0, x + 100, 100)
    return gpd.GeoDataFrame({k: pd.array(v, "float64") for k, v in columns.items()}, index, geometry=shapes, crs=25832)


def test_what_is_suppressed_takes_the_gap_and_the_published_stays():
    cells = grid(buildings_1949_1978=[10, np.nan, np.nan, np.nan])
    healed = heal(cells, CENSUS_2011, {"buildings": NONE_BUILT | {"1949_1978": 13.0}})
    found = healed.cells["buildings_1949_1978_fitted"]
    assert found.sum() == pytest.approx(13.0, abs=1e-12)
    assert found.iloc[0] == pytest.approx(10.0, abs=1e-6)
    assert found.iloc[1] == pytest.approx(2.0, abs=1e-6)  # beside the ten; two is the most that is suppressed
    assert found.iloc[2:].sum() == pytest.approx(1.0, abs=1e-6)
    assert healed.cells["buildings_1949_1978"].tolist()[0] == 10
    row = healed.report.loc[("buildings", "1949_1978")]
    assert (row["gap_before"], row["suppressed_cells"]) == (-3.0, 3)
    assert abs(row["gap_after"]) < 1e-9
    assert [f.kind for f in healed.findings] == ["fitted_buildings"]


def test_published_counts_move_only_within_the_noise():
    cells = grid(buildings_1949_1978=[10.0, 4.0])
    healed = heal(cells, CENSUS_2011, {"buildings": NONE_BUILT | {"1949_1978": 17.0}})
    moved = (healed.cells["buildings_1949_1978_fitted"] - cells["buildings_1949_1978"]).abs()
    assert moved.sum() == pytest.approx(3.0)
    assert moved.max() <= 2.0 + 1e-9
    still = heal(cells, CENSUS_2011, {"buildings": NONE_BUILT | {"1949_1978": 17.0}}, noise=1.0)
    assert still.report.loc[("buildings", "1949_1978"), "gap_after"] == pytest.approx(-1.0)
    lost = next(f for f in still.findings if f.kind == "total_out_of_reach_buildings")
    assert lost.ids == ("1949_1978",)


def test_buildings_by_type_show_where_a_suppressed_one_stands():
    cells = grid(
        buildings_1949_1978=[10.0, 10.0],
        buildings_1979_1986=[np.nan, np.nan],
        buildings_multi_3_6=[14.0, np.nan],
    )
    town = {"buildings": NONE_BUILT | {"1949_1978": 20.0, "1979_1986": 2.0}}
    blind = heal(cells.drop(columns="buildings_multi_3_6"), CENSUS_2011, town).cells
    assert blind["buildings_1979_1986_fitted"].tolist() == pytest.approx([1.0, 1.0])
    found = heal(cells, CENSUS_2011, town).cells
    assert found["buildings_1979_1986_fitted"].iloc[0] > 1.05
    assert found[["buildings_1949_1978_fitted", "buildings_1979_1986_fitted"]].iloc[0].sum() > 12 - 1e-5


def test_a_class_that_the_file_lacks_follows_the_buildings():
    cells = grid(buildings_1949_1978=[10.0, 30.0], dwellings_1919_1948=[np.nan, np.nan])
    totals = {
        "buildings": NONE_BUILT | {"1949_1978": 40.0},
        "dwellings": NONE_BUILT | {"1949_1978": 200.0},
    }
    healed = heal(cells, CENSUS_2011, totals)
    assert healed.cells["dwellings_1949_1978_fitted"].tolist() == pytest.approx([50.0, 150.0])


def test_no_totals_no_fit_and_it_is_said():
    cells = grid(buildings_1949_1978=[10.0, np.nan])
    healed = heal(cells, CENSUS_2011, {"buildings": {}, "dwellings": {}})
    assert healed.columns == ()
    assert healed.report.empty
    assert [f.kind for f in healed.findings] == ["not_fitted"]
    pd.testing.assert_frame_equal(healed.cells, cells)


def test_noise_is_that_of_the_census():
    cells = grid(buildings_2011_2019=[10.0])
    town = {"buildings": dict.fromkeys(CENSUS_2022.names, 0.0) | {"2011_2019": 14.0}}
    assert heal(cells, CENSUS_2022, town).report.loc[("buildings", "2011_2019"), "reached"]
    assert not heal(cells, CENSUS_2022, town, noise=2.0).report.loc[("buildings", "2011_2019"), "reached"]


def test_cell_totals_of_2022_hold_within_their_noise():
    cells = grid(buildings_1949_1978=[10.0, 10.0], buildings_1979_1990=[np.nan, np.nan], buildings=[12.0, 10.0])
    totals = {"buildings": dict.fromkeys(CENSUS_2022.names, 0.0) | {"1949_1978": 20.0, "1979_1990": 2.0}}
    healed = heal(cells, CENSUS_2022, totals, noise=0.25)
    assert healed.cells["buildings_1979_1990_fitted"].tolist() == pytest.approx([1.75, 0.25], abs=0.3)


def test_neighbours_are_the_eight_around():
    cells = grid(a=[4.0, np.nan, 8.0, np.nan])
    assert neighbour_mean(cells, cells[["a"]].to_numpy())[:, 0].tolist() == [0.0, 6.0, 0.0, 8.0]


@pytest.mark.testdata
def test_ludwigsburg_exact_and_within_the_noise(testdata):
    from validation import ludwigsburg

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLIMASTEP_TESTDATA", str(testdata))
        cells = ludwigsburg.city().tables["cells"]
        config = ludwigsburg.plan_of().census
    bands = bands_of([c for c in cells.columns if not c.endswith("_fitted")])
    assert bands is CENSUS_2011
    for kind, town in (("buildings", config.buildings), ("dwellings", config.dwellings)):
        published = counts(cells, kind, bands)
        fitted = cells[[f"{kind}_{band}_fitted" for band in bands.names]].to_numpy()
        assert fitted.sum(axis=0) == pytest.approx([town[b] for b in bands.names], abs=1e-8)
        assert np.nanmax(np.abs(fitted - published)) <= 2.0 + 1e-9
        absent = np.isnan(published).all(axis=0)
        assert fitted[:, ~absent][np.isnan(published[:, ~absent])].max() <= 2.0 + 1e-9
