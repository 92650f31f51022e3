"""Every file of the real geodata is read, or there is a reason why not; the table stands in VALIDATION.md."""

import pytest
from validation import readers

from klimastep import sources
from klimastep.errors import InputError

CRS = "EPSG:25832"
NEEDED = {
    "age_counts": {"id": "id", "bands": {"a": [1900, 1950]}},
    "areas": {"table": "boundary"},
    "features": {"table": "points", "kind": "tree"},
    "heaters": {"id": "id", "level": "address"},
    "meters": {"id": "id", "level": "block", "unit": "kWh", "energy_basis": {"gas": "hs"}, "value": "v", "year": 2020,
               "carrier": "gas"},
    "objections": {"id": "id"},
    "public_buildings": {"id": "id", "unit": "kWh"},
    "roof_points": {"id": "id", "x": "x", "y": "y", "source_crs": CRS,
                    "columns": {"building_id": "b", "tilt_deg": "t", "azimuth_deg": "a", "area_m2": "m"}},
    "table_file": {"table": "buildings", "id": "id"},
    "weather_try": {"latitude_deg": 48.9, "longitude_deg": 9.2},
}  # fmt: skip


@pytest.fixture
def real(testdata, monkeypatch):
    monkeypatch.setenv("KLIMASTEP_TESTDATA", str(testdata))
    return testdata


@pytest.mark.testdata
def test_every_file_has_a_reader_or_a_reason(real):
    assert readers.unmapped(real) == []
    assert [name for name in readers.REAL if not (real / name).exists()] == []


@pytest.mark.testdata
@pytest.mark.parametrize(("name", "place"), readers.inputs())
def test_rows_are_kept_or_set_aside_with_a_reason(real, name, place):
    reading = readers.reading(name, place)
    assert reading.rows_in == reading.rows_out + reading.rows_set_aside
    assert reading.rows_out > 0
    assert all(f.text_de and f.text_en and f.kind for f in reading.findings)


@pytest.mark.testdata
@pytest.mark.parametrize("name", readers.others())
def test_what_is_no_input_is_refused_with_words(real, name):
    way = readers.REAL[name][0]
    with pytest.raises(InputError, match=way.says):
        sources.read(way.reader, real / name, crs=CRS, **way.options)


@pytest.mark.testdata
def test_the_table_of_validation_is_that_of_the_readers(real):
    page = (readers.ROOT / "VALIDATION.md").read_text(encoding="utf-8")
    missing = [line for line in readers.table().splitlines() if line and line not in page]
    assert not missing, "run tests/validation/readers.py and put its table into VALIDATION.md"


@pytest.mark.parametrize("name", sources.names())
@pytest.mark.parametrize("content", [b"hello\n", b"\x00\x01\x02\xff" * 40, b""], ids=["text", "binary", "empty"])
def test_a_file_of_another_kind_is_refused_by_every_reader(tmp_path, name, content):
    path = tmp_path / "delivery.xyz123"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"delivery\.xyz123"):
        sources.read(name, path, crs=CRS, **NEEDED.get(name, {}))
