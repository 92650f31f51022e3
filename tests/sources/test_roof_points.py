"""Roof planes given as points."""

import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

OPTIONS = {
    "id": "surface_id",
    "x": "x",
    "y": "y",
    "source_crs": "EPSG:25833",
    "columns": {"building_id": "gml_id", "tilt_deg": "tilt", "azimuth_deg": "azimuth", "area_m2": "area"},
}


def read(path, **options):
    return sources.read("roof_points", path, crs="EPSG:25833", **{**OPTIONS, **options})


def write(folder, rows):
    path = folder / "roofs.csv"
    path.write_text("gml_id;surface_id;x;y;azimuth;tilt;area\n" + rows, encoding="utf-8")
    return path


def test_flat_planes_lose_their_azimuth_and_rows_without_place_are_reported(tmp_path):
    reading = read(
        write(tmp_path, "A;1;385509,3;5820772,6;274;4;169,3\nA;2;385509,3;5820772,6;180;0;20\nA;3;;;180;0;20\n")
    )
    frame = reading.tables["roof_points"]
    assert frame["azimuth_deg"].isna().tolist() == [False, True]
    assert frame["area_m2"].tolist() == [169.3, 20.0]
    assert {f.kind: f.severity for f in reading.findings} == {"no_geometry": "set_aside", "flat_azimuth": "note"}


def test_planes_without_area_are_set_aside(tmp_path):
    reading = read(write(tmp_path, "A;1;385509,3;5820772,6;274;4;169,3\nB;2;385509,3;5820772,6;180;35;0\n"))
    assert reading.tables["roof_points"]["building_id"].tolist() == ["A"]
    assert (reading.rows_in, reading.rows_set_aside) == (2, 1)
    assert [(f.kind, f.ids) for f in reading.findings] == [("no_area", ("2",))]


def test_impossible_planes_and_plans(tmp_path):
    with pytest.raises(InputError, match="line 2, id 1: tilt_deg = 120 °; expected from 0 to 90"):
        read(write(tmp_path, "A;1;385509,3;5820772,6;274;120;169,3\n"))
    with pytest.raises(PlanError, match="columns: tilt_deg is missing"):
        read(
            write(tmp_path, "A;1;1;1;1;1;1\n"),
            columns={"building_id": "gml_id", "area_m2": "area", "azimuth_deg": "azimuth"},
        )
    with pytest.raises(InputError, match="wrong CRS"):
        read(write(tmp_path, "A;1;13.3;52.5;274;4;169,3\n"))


@pytest.mark.testdata
def test_mierendorff_roofs(testdata):
    columns = {"building_id": "gml_id", "tilt_deg": "tilt_deg", "azimuth_deg": "azimuth_deg", "area_m2": "area_m2"}
    reading = read(testdata / "mierendorff" / "roof_surfaces.csv", columns=columns)
    frame = reading.tables["roof_points"]
    assert (reading.rows_in, len(frame)) == (2540, 2540)
    assert frame["area_m2"].min() == 40
    assert frame["azimuth_deg"].isna().sum() == (frame["tilt_deg"] == 0).sum() == 1198
