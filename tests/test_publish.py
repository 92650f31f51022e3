"""The public edition: no single houses, no heat that is theirs, and none that can be computed from the rest."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_town import BLOCK_M, CRS, Town, X, Y, command, make_town

import klimastep
from klimastep.publish import LEVELS, MIN_HEATED_BUILDINGS, secret_areas

SINGLE = {"buildings", "roofs", "parcels", "meters", "monuments"}
# heated houses: 6, 3, 7, 6 in two districts, and 2 in a district of their own
BLOCKS = (("Altstadt", 7), ("Altstadt", 3), ("Südhang", 8), ("Südhang", 6), ("Weiler", 2))
HEAT = ["expected_heat_kwh_a", "expected_heat_kwh_m2a", "heat_saving_kwh_a", "heat_demand_kwh_a", "space_heat_kwh_a"]
TELLING = [*HEAT, "heat_density_kwh_haa", "solar_cover_ratio", "u_wall_w_m2k", "built_before_1979_share"]


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> tuple[Town, Path]:
    """Return a real (not synthetic) town and its run folder with both editions."""
    town = make_town(tmp_path_factory.mktemp("town"), BLOCKS, name="echtstadt", synthetic=False)
    lane = shapely.LineString([(X, Y - 10), (X + BLOCK_M * len(BLOCKS), Y - 10)])
    lanes = gpd.GeoDataFrame({"name": ["Ringweg"]}, geometry=[lane], crs=CRS)
    lanes.to_file(town.folder / "lanes.gpkg", layer="lanes", driver="GPKG")
    town.with_source("streets", "lanes.gpkg", columns={"name": "name"})
    maps = tmp_path_factory.mktemp("maps")
    assert command("run", town.plan, "--maps", maps).code == 0
    shown = command("publish", maps / "echtstadt")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines() == [
        str(maps / "echtstadt" / "oeffentlich" / n) for n in ("echtstadt.gpkg", "index.html")
    ]
    return town, maps / "echtstadt"


def test_no_single_house_anywhere(published):
    town, folder = published
    public = folder / "oeffentlich"
    names = {p.relative_to(public).as_posix() for p in public.rglob("*") if p.is_file()}
    records = {"index.html", "echtstadt.gpkg", "columns.json", "provenance.json", "checks.json", "log.txt", "plan.yaml"}
    assert names == records | {f"tables/{t}.parquet" for t in ("blocks", "districts", "streets", "zones")}
    assert not SINGLE & {str(layer) for layer, _ in pyogrio.list_layers(public / "echtstadt.gpkg")}
    assert not SINGLE & set(klimastep.read(public))
    ids = [i[:16] for i in town.read("gebäude.gpkg")["oid"]]
    for path in public.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not any(i.encode() in raw for i in ids), path
            assert "Bäckerstraße".encode() not in raw, path
    assert not SINGLE & {t["name"] for t in json.loads((public / "columns.json").read_text(encoding="utf-8"))}


def test_heat_per_metre_and_hectare_stays_inside(published):
    """A section or a hectare may hold one house, and their sums cut across those of the blocks."""
    _, folder = published
    inside, public = klimastep.read(folder / "intern"), klimastep.read(folder / "oeffentlich")
    assert inside["streets"]["line_density_kwh_ma"].gt(0).all()
    assert inside["heat_grid"]["expected_heat_kwh_a"].sum() == pytest.approx(inside["streets"][HEAT[0]].sum())
    assert "heat_grid" not in public
    assert set(public["streets"].columns) == {"name", "road_class", "length_m", "geometry"}
    columns = json.loads((folder / "oeffentlich" / "columns.json").read_text(encoding="utf-8"))
    assert "heat_grid" not in {t["name"] for t in columns}


def test_intern_stands_on_the_internal_edition_and_only_there(published):
    _, folder = published
    intern, public = folder / "intern", folder / "oeffentlich"
    assert (intern / "echtstadt_INTERN.gpkg").is_file()
    assert "INTERN" in (intern / "index.html").read_text(encoding="utf-8")
    titles = _titles(intern / "echtstadt_INTERN.gpkg")
    assert all("INTERN" in title for title in titles)
    for path in public.rglob("*"):
        assert "INTERN" not in path.name
    assert not any("INTERN" in title for title in _titles(public / "echtstadt.gpkg"))
    page = (public / "index.html").read_text(encoding="utf-8")
    assert "INTERN" not in page.replace(page[page.index("<script") : page.rindex("</script>")], "")


def _titles(path: Path) -> list[str]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT identifier FROM gpkg_contents WHERE data_type = 'features'")]


def test_a_synthetic_town_says_so_and_not_intern(tmp_path):
    town = make_town(tmp_path / "town")
    assert command("run", town.plan, "--maps", tmp_path / "maps").code == 0
    assert command("publish", tmp_path / "maps" / "kleinstadt" / "intern").code == 0
    for edition in ("intern", "oeffentlich"):
        folder = tmp_path / "maps" / "kleinstadt" / edition
        assert (folder / "kleinstadt.gpkg").is_file()
        assert "synthetisch" in (folder / "index.html").read_text(encoding="utf-8")


def test_areas_with_fewer_than_five_heated_buildings_have_no_heat(published):
    _, folder = published
    tables = klimastep.read(folder / "oeffentlich")
    inside = klimastep.read(folder / "intern")
    for name, small in (("blocks", ["001", "004"]), ("districts", ["Weiler"]), ("zones", ["Weiler"])):
        assert (inside[name].loc[small, "heated_count"] < MIN_HEATED_BUILDINGS).all()
        assert inside[name].loc[small, "expected_heat_kwh_a"].notna().all()
        telling = [c for c in TELLING if c in tables[name]]
        assert set(HEAT) <= set(telling)
        assert tables[name].loc[small, telling].isna().all(axis=None)
        assert tables[name].loc[small, ["area_m2", "heated_count", "pv_yield_kwh_a"]].notna().all(axis=None)


def test_the_withheld_block_cannot_be_computed_from_its_district(published):
    """Altstadt has blocks of 6 and 3 heated houses: one alone withheld would be the district less the other."""
    _, folder = published
    tables = klimastep.read(folder / "oeffentlich")
    heat = tables["blocks"]["expected_heat_kwh_a"]
    assert heat[["000", "001"]].isna().all(), "the second block of the district is withheld too"
    assert heat[["002", "003"]].notna().all(), "a district without a small block keeps its values"
    assert tables["districts"].loc[["Altstadt", "Südhang"], "expected_heat_kwh_a"].notna().all()


def test_what_is_shown_is_what_was_computed(published):
    _, folder = published
    tables, inside = klimastep.read(folder / "oeffentlich"), klimastep.read(folder / "intern")
    for name in ("blocks", "districts"):
        for column in HEAT:
            shown = tables[name][column].dropna()
            assert len(shown) == 2
            pd.testing.assert_series_equal(shown.sort_index(), inside[name][column].reindex(shown.index).sort_index())


def test_zones_that_are_withheld_are_not_ranked_and_say_why(published):
    _, folder = published
    zones = klimastep.read(folder / "oeffentlich")["zones"]
    assert zones.loc["Weiler", "priority_class"] == "not_ranked"
    assert "Datenschutz" in zones.loc["Weiler", "reason_de"]
    assert "privacy" in zones.loc["Weiler", "reason_en"]
    scores = [c for c in zones if c.endswith(("_score", "_contribution", "_certainty_share"))]
    assert len(scores) == 10
    assert zones.loc["Weiler", scores].isna().all()
    assert sorted(zones["priority_rank"].dropna()) == [1, 2]
    shown = zones.drop(index="Weiler")["heat_density_score"]
    assert sorted(shown) == [0.0, 1.0], "the scale ends at the zones that are shown, not at the one that is not"


def test_the_outputs_say_that_values_are_missing_and_no_total_gives_them_away(published):
    _, folder = published
    told = json.loads((folder / "oeffentlich" / "provenance.json").read_text(encoding="utf-8"))["about"]
    note = next(n for n in told["notes_de"] if "Datenschutz" in n)
    assert note.startswith("5 Gebiete ohne Wärmewerte")
    assert not any("Summe" in n for n in told["notes_de"])
    assert not any("Sum " in n for n in told["notes_en"])
    page = (folder / "oeffentlich" / "index.html").read_text(encoding="utf-8")
    assert "Datenschutz" in page
    inside = json.loads((folder / "intern" / "provenance.json").read_text(encoding="utf-8"))["about"]
    assert any("Summe der bekannten Gebäude" in n for n in inside["notes_de"])


def test_no_path_of_this_machine_is_published(published):
    town, folder = published
    for path in (folder / "oeffentlich").rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert str(town.folder) not in text
        assert str(Path(klimastep.__file__).parent.parent) not in text


def test_publishing_again_replaces_and_leaves_the_internal_edition_alone(published):
    _, folder = published
    before = {p: p.read_bytes() for p in (folder / "intern").rglob("*") if p.is_file()}
    assert command("publish", folder).code == 0
    assert {p: p.read_bytes() for p in (folder / "intern").rglob("*") if p.is_file()} == before
    assert {p.name for p in folder.iterdir()} == {"intern", "oeffentlich"}


# --- by hand, then against an attacker who solves all equations -----------------------------------------------------


def places(*rows: tuple[int, str | None, str | None, str | None]) -> pd.DataFrame:
    """Return buildings from (how many, block, district, zone)."""
    return pd.DataFrame([row[1:] for row in rows for _ in range(row[0])], columns=list(LEVELS), dtype="object")


def test_enough_buildings_everywhere_hide_nothing():
    assert secret_areas(places((5, "a", "x", "x"), (6, "b", "x", "x"), (9, "c", "y", "y"))) == {
        "blocks": set(),
        "districts": set(),
        "zones": set(),
    }


def test_one_small_block_takes_the_smallest_other_with_it():
    town = places((4, "a", "x", "x"), (9, "b", "x", "x"), (6, "c", "x", "x"), (9, "d", "y", "y"))
    assert secret_areas(town)["blocks"] == {"a", "c"}
    assert not secret_areas(town)["districts"]


def test_two_small_blocks_protect_each_other():
    town = places((3, "a", "x", "x"), (2, "b", "x", "x"), (9, "c", "x", "x"))
    assert secret_areas(town)["blocks"] == {"a", "b"}


def test_few_buildings_outside_the_blocks_count_as_a_block():
    assert secret_areas(places((2, None, "x", "x"), (9, "b", "x", "x")))["blocks"] == {"b"}
    assert not secret_areas(places((5, None, "x", "x"), (9, "b", "x", "x")))["blocks"]


def test_a_block_across_a_boundary_is_not_shown():
    """Else district y less block b would leave the one house of block a that lies in y."""
    town = places((9, "a", "x", None), (1, "a", "y", None), (9, "b", "y", None))
    assert secret_areas(town[["blocks", "districts"]]) == {"blocks": {"a", "b"}, "districts": set()}


def test_a_district_across_zones_is_not_shown():
    town = places((9, None, "x", "a"), (9, None, "x", "b"), (9, None, "y", "b"), (9, None, "z", "c"))
    assert secret_areas(town[["districts", "zones"]]) == {"districts": {"x"}, "zones": set()}


def test_blocks_as_zones_stay_and_the_district_goes():
    town = places((4, "a", "x", "a"), (9, "b", "x", "b"), (7, "c", "x", "c"))
    assert secret_areas(town) == {"blocks": {"a"}, "districts": {"x"}, "zones": {"a"}}


def test_a_zone_stays_and_the_area_around_it_goes():
    town = places((9, None, "x", "a"), (2, None, "x", None), (9, None, "y", "b"))
    assert secret_areas(town[["districts", "zones"]]) == {"districts": {"x"}, "zones": set()}


def test_a_district_of_one_block_and_few_others():
    town = places((9, "a", "x", "x"), (6, "b", "y", "y"), (2, None, "y", "y"))
    assert secret_areas(town) == {"blocks": {"b"}, "districts": set(), "zones": set()}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(*(st.integers(a, b) for a, b in ((1, 7), (0, 5), (0, 2), (0, 3)))),
        min_size=1,
        max_size=9,
    ),
    st.booleans(),
    st.sampled_from(["blocks", "districts", "own"]),
)
def test_no_published_sums_determine_the_heat_of_few_houses(groups, nested, zones):
    """Whatever equations an attacker solves: no block and no group of one to four houses gets a value."""
    rows = [(n, f"b{b}", f"d{b // 2 if nested else d}" if d else None, f"z{z}") for n, b, d, z in groups]
    town = places(*rows)
    if zones != "own":
        town["zones"] = town[zones]
    secret = secret_areas(town)
    known = [
        (town[level] == area).to_numpy(dtype=float)
        for level in LEVELS
        for area in sorted(town[level].dropna().unique())
        if area not in secret[level]
    ]
    groups_of_few = [*(town["blocks"] == b for b in town["blocks"].unique())]
    kinds = town.fillna("").agg("|".join, axis=1)
    groups_of_few += [kinds == kind for kind in kinds.unique()]
    groups_of_few += [town.index == i for i in town.index]
    rank = np.linalg.matrix_rank(np.array(known)) if known else 0
    for members in groups_of_few:
        wanted = np.asarray(members, dtype=float)
        if 0 < wanted.sum() < MIN_HEATED_BUILDINGS:
            assert np.linalg.matrix_rank(np.array([*known, wanted])) == rank + 1
