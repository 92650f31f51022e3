import re

import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.census import CENSUS_AGE_BANDS
from klimastep.reference import load
from klimastep.sample import make_town
from klimastep.sample.citygml import surfaces
from klimastep.sample.names import Namer
from klimastep.sample.plane import Dice
from klimastep.sample.public import census, meters, monuments, survey
from klimastep.sample.quarters import DISTRICTS


@pytest.mark.parametrize(("buildings", "seed"), [(50, 1), (120, 2), (400, 3), (900, 4)])
def test_any_size_has_parcels_without_gap_or_overlap(buildings, seed):
    town = make_town(buildings, seed)
    assert len(town.buildings) == buildings
    parcels = town.parcels.geometry.to_numpy()
    assert shapely.is_valid(parcels).all()
    assert shapely.area(parcels).sum() == pytest.approx(shapely.union_all(parcels).area, abs=0.01 * len(parcels) ** 0.5)
    blocks = town.parcels[town.parcels["block_nr"] != ""].dissolve("block_nr").geometry.area
    assert blocks.to_numpy() == pytest.approx(town.blocks.geometry.area.reindex(blocks.index).to_numpy(), abs=0.01)


def test_quarters_of_every_kind_stand_in_six_districts(full_town):
    b = full_town.buildings
    assert len(b) == 1500
    assert set(b["district"]) == set(DISTRICTS) == set(full_town.districts["name"])
    forms = {"medieval", "tenement", "villa", "row", "semi", "house", "zeile", "block", "slab", "hall", "garage"}
    assert forms <= set(b["form"])
    assert {"church", "town_hall", "school", "kindergarten", "shop", "works", "office"} <= set(b["role"])
    assert {"1000", "2100", "3100", "3200", "3400"} <= set(b["roof"])
    assert len(full_town.water) == 1


def test_buildings_stand_on_their_parcel_and_not_in_each_other(full_town):
    b = full_town.buildings
    own = full_town.parcels.set_index("lot").geometry[b["lot"]].to_numpy()
    outside = shapely.area(shapely.difference(b.geometry.to_numpy(), own))
    assert outside.max() < 0.1
    left, right = b.sindex.query(b.geometry, predicate="intersects")
    left, right = left[left < right], right[left < right]
    shapes = b.geometry.to_numpy()
    assert shapely.area(shapely.intersection(shapes[left], shapes[right])).max() < 5e-3


def test_attached_houses_share_their_wall_point_for_point(full_town):
    b = full_town.buildings
    rows = b[b["form"].isin(["medieval", "tenement", "row", "semi", "zeile", "slab"]) & (b["role"] == "main")]
    shapes = rows.geometry.to_numpy()
    left, right = rows.sindex.query(shapes, predicate="dwithin", distance=0.05)
    left, right = left[left < right], right[left < right]
    shared = shapely.length(shapely.intersection(shapely.boundary(shapes[left]), shapely.boundary(shapes[right])))
    assert len(left) > 300
    assert (shared > 4).mean() > 0.95  # the others touch at a corner
    gaps = shapely.symmetric_difference(shapely.union(shapes[left], shapes[right]).view(np.ndarray), shapes[left])
    assert shapely.is_valid(gaps).all()
    whole = shapely.union_all(shapes)
    holes = [shapely.Polygon(r).area for p in shapely.get_parts(whole) for r in p.interiors]
    assert not holes or min(holes) > 1  # courtyards, no slivers


def _vector(ring):
    points = np.array(ring) - ring[0]
    return np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0) / 2


def test_bodies_are_closed_with_planar_roofs_vertical_walls_and_the_footprint_of_the_cadastre(full_town):
    for oid, (base, solids) in full_town.solids.items():
        ground = []
        for solid in solids:
            total, volume, origin = np.zeros(3), 0.0, np.array([*solid.rings[0][0], base])
            for kind, ring in surfaces(solid, base):
                vector = _vector(ring)
                size = np.linalg.norm(vector)
                total += vector
                volume += (np.array(ring[0]) - origin) @ vector / 3
                if kind == "WallSurface":
                    assert abs(vector[2]) < 1e-4 * size + 2e-3, oid
                else:
                    off = np.abs((np.array(ring) - ring[0]) @ (vector / size)).max()
                    assert off < 0.01, (oid, kind, off)
                    assert (vector[2] > 0) == (kind == "RoofSurface"), oid
                if kind == "GroundSurface":
                    ground.append(shapely.Polygon(ring))
            assert np.linalg.norm(total) < 0.25, oid
            assert volume > 0, oid
        footprint = full_town.buildings.geometry[oid]
        assert shapely.symmetric_difference(shapely.union_all(ground), footprint).area < 1e-6, oid


def test_heights_follow_storeys(full_town):
    b = full_town.buildings[full_town.buildings["dwellings"] > 0]
    assert (b["eaves_m"] / b["storeys"]).between(2.6, 4.2).all()
    assert (b["height_m"] >= b["eaves_m"] - 1e-6).all()
    assert (b["height_m"] - b["eaves_m"]).max() < 9


@pytest.mark.parametrize("seed", [8118, 5])
def test_ages_and_dwellings_follow_the_real_totals(seed):
    b = make_town(1500, seed).buildings
    b = b[b["is_residential"] & (b["year_built"] <= 2011)]
    band = np.searchsorted([last for _, _, last in CENSUS_AGE_BANDS], b["year_built"])
    totals = load("sample_town_totals")
    found = np.bincount(band, minlength=10) / len(b)
    assert found == pytest.approx((totals["buildings"] / totals["buildings"].sum()).to_numpy(), abs=0.025)
    mean = totals["dwellings"].sum() / totals["buildings"].sum()
    assert b["dwellings"].sum() / len(b) == pytest.approx(mean, rel=0.15)


def test_same_seed_same_town_other_seed_other_town(town):
    again, other = make_town(400, 3), make_town(400, 4)
    pd.testing.assert_frame_equal(again.buildings, town.buildings)
    assert shapely.equals_exact(again.parcels.geometry.to_numpy(), town.parcels.geometry.to_numpy()).all()
    assert not other.buildings.geometry.iloc[0].equals(town.buildings.geometry.iloc[0])


def test_ids_have_the_form_of_the_cadastre(town):
    assert town.buildings.index.is_unique
    assert all(re.fullmatch(r"DEBW[A-Z0-9]{12}BL", oid) for oid in town.buildings.index)
    key = town.parcels["flstkennz"]
    assert key.is_unique
    assert key.str.fullmatch(r"08\d{4}\d{3}\d{5}[0-9_]{4}__").all()
    address = town.buildings["address"].dropna()
    assert address.is_unique


def test_streets_are_split_where_they_meet(full_town):
    streets = full_town.streets
    assert {"Hauptstraße", "Wohnstraße", "Erschließungsweg", "Weg"} == set(streets["klasse"])
    lines = streets.geometry.to_numpy()
    left, right = streets.sindex.query(lines, predicate="crosses")
    assert len(left) == len(right) == 0
    net = shapely.union_all(shapely.buffer(lines, 0.05))
    assert max(shapely.area(shapely.get_parts(net))) > 0.97 * net.area  # one connected network


def test_census_withholds_ones_and_twos(full_town):
    cells = census(full_town, "dwellings")
    assert cells["Anzahl"].min() == 3
    assert cells["Gitter_ID_100m_neu"].str.fullmatch(r"CRS3035RES100mN\d{7}E\d{7}").all()
    bands = cells[cells["Merkmal"] == "BAUJAHR_MZ"]
    assert set(bands["Auspraegung_Code"]) <= set(range(1, 11))
    known = full_town.buildings[full_town.buildings["year_built"] <= 2011]
    share = bands["Anzahl"].sum() / known["dwellings"].sum()
    assert 0.8 < share < 1


def test_survey_knows_more_than_half_of_the_years(full_town):
    rows = survey(full_town).set_index("oid")["baujahr"]
    truth = full_town.buildings["year_built"]
    assert (truth[rows.index] == rows).all()
    heated = ~full_town.buildings["role"].isin(["garage", "garages", "shed"])
    assert len(rows) / heated.sum() == pytest.approx(0.6, abs=0.05)


def test_meters_have_the_gaps_of_real_lists(full_town):
    rows = meters(full_town)
    secret = rows["hinweis"] == "geheim"
    assert rows.loc[secret, "verbrauch_mwh"].isna().all()
    told = rows[rows["hinweis"] == ""]
    assert ((told["anschluesse"] >= 5) | ((told["anschluesse"] == 0) & (told["verbrauch_mwh"] == 0.0))).all()
    assert (told["anschluesse"] == 0).any()
    assert (rows["hinweis"] == "Sammelzähler").any()
    assert (rows["verbrauch_mwh"].isna() & ~secret).any()
    assert set(rows["energietraeger"]) == {"Erdgas", "Fernwärme"}
    assert not rows.duplicated(["block_nr", "jahr", "energietraeger"]).any()
    assert set(rows["block_nr"]) <= set(full_town.blocks.index)


def test_monuments_are_named_and_lie_in_the_town(full_town):
    rows = monuments(full_town)
    assert {"Rathaus", "Evangelische Stadtkirche"} <= set(rows["bezeichnung"])
    assert set(rows["art"]) == {"Einzeldenkmal", "Sachgesamtheit", "Gesamtanlage"}
    assert rows["lon"].between(9.27, 9.30).all()
    assert rows["lat"].between(48.93, 48.95).all()


def test_street_names_never_repeat():
    namer = Namer(Dice(1))
    names = [namer("core") for _ in range(300)]
    assert len(set(names)) == 300


def test_a_town_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        make_town(0)
