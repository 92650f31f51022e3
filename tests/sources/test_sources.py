"""The door: readers found by name, options refused or passed on, what comes out checked."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import ContractError, InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.tables import TABLES

CRS = "EPSG:25832"


class FakeEntry:
    """Entry point of a foreign reader."""

    def __init__(self, reader):
        self.name, self.value, self.reader = "foreign", "other:foreign", reader

    def load(self):
        return self.reader


class Foreign:
    """A foreign reader; `frame` is what it delivers."""

    TABLE = "districts"

    def __init__(self, frame, rows_in=None, findings=()):
        self.reading = Reading("town.gpkg", {"districts": frame}, rows_in or len(frame), findings)

    def read(self, path, *, crs, layer="areas"):  # noqa: ARG002
        return self.reading


def districts(**columns):
    index = pd.Index(["1", "2"], name="district_id", dtype="str")
    data = {"name": pd.array(["Nord", "Süd"], dtype="str"), "residents": [10.0, 20.0]} | columns
    shapes = shapely.box([513000, 513100], 5416000, [513100, 513200], 5416100)
    return gpd.GeoDataFrame(data, index=index, geometry=shapes, crs=CRS)


def foreign(monkeypatch, *args, **options):
    monkeypatch.setattr(sources, "entry_points", lambda **_: [FakeEntry(Foreign(*args, **options))])


def test_every_reader_has_its_table_and_says_its_options():
    known = {*TABLES, "weather", "roof_points", "age_counts", "context"}
    assert {"areas", "census", "meters", "streets", "table_file", "weather_epw", "weather_try"} <= set(sources.names())
    for name in sources.names():
        module = sources.load(name)
        assert module.TABLE in known | set(getattr(module, "DECLARATIONS", {}))
        assert module.read.__doc__
        assert "path" not in sources.options(name)


def test_a_misspelt_reader_names_the_nearest():
    with pytest.raises(PlanError, match="unknown reader 'metres'; did you mean 'meters'"):
        sources.read("metres", None, crs=CRS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tabel": "blocks"}, "unknown option 'tabel'; did you mean 'table'"),
        ({}, "the option table is missing"),
        ({"table": "buildings"}, "table: 'buildings'; expected 'blocks' or"),
        ({"table": "blocks"}, "need id:"),
        ({"table": "blocks", "id": "nr", "id_width": "6"}, "id_width: '6'; expected a whole number"),
        ({"table": "context"}, "expected 'blocks' or 'districts'"),
    ],
)
def test_wrong_options_are_plan_errors(tmp_path, options, message):
    with pytest.raises(PlanError, match=message):
        sources.read("areas", tmp_path / "a.gpkg", crs=CRS, **options)


def test_a_foreign_reader_is_used_like_a_built_in_one(monkeypatch):
    foreign(monkeypatch, districts())
    reading = sources.read("foreign", None, crs=CRS, attribution="Stadt X", layer="b")
    assert "foreign" in sources.names()
    assert (reading.rows_out, reading.attribution) == (2, "Stadt X")
    with pytest.raises(PlanError, match="unknown option 'lajer'; did you mean 'layer'"):
        sources.read("foreign", None, crs=CRS, lajer="b")


def test_lost_rows_are_refused(monkeypatch):
    foreign(monkeypatch, districts(), rows_in=3)
    with pytest.raises(ContractError, match="3 rows in, 2 out, 0 set aside"):
        sources.read("foreign", None, crs=CRS)


def test_a_source_without_usable_row_is_refused(monkeypatch):
    gone = Finding("t", "no_id", 2, (), "2 Zeilen ohne Kennung", "2 rows without id", "set_aside")
    foreign(monkeypatch, districts().iloc[:0], rows_in=2, findings=(gone,))
    with pytest.raises(InputError, match=r"town\.gpkg: no usable row; 2 rows without id"):
        sources.read("foreign", None, crs=CRS)


def test_bad_values_are_the_files_fault_and_bad_kinds_the_readers(monkeypatch):
    foreign(monkeypatch, districts(residents=[-3.0, 1.0]))
    with pytest.raises(InputError, match=r"town\.gpkg: districts\.residents: expected >= 0, got -3"):
        sources.read("foreign", None, crs=CRS)
    for frame in (districts(residents=["a", "b"]), districts(foreign=[1, 2]), districts().to_crs("EPSG:25833")):
        foreign(monkeypatch, frame)
        with pytest.raises(ContractError, match=r"town\.gpkg: districts"):
            sources.read("foreign", None, crs=CRS)
