"""A tiny valid town on disk: ALKIS, LoD2, blocks, districts and a plan, made within a second."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import shapely
import yaml

from klimastep import cli

CRS = "EPSG:25832"
X, Y, GROUND_M = 513_000.0, 5_416_000.0, 290.0
WIDTH_M, DEPTH_M, EAVES_M, RIDGE_M, STEP_M, BLOCK_M = 10.0, 8.0, 5.0, 8.0, 16.0, 200.0
TWO_BLOCKS = (("Altstadt", 7), ("Südhang", 5))
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><core:CityModel xmlns:core="http://www.opengis.net/citygml/1.0" '
    'xmlns:bldg="http://www.opengis.net/citygml/building/1.0" xmlns:gml="http://www.opengis.net/gml">'
    '<gml:boundedBy><gml:Envelope srsName="urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"/></gml:boundedBy>'
)


@dataclass(frozen=True)
class Outcome:
    """Exit code of a command and what stood on both streams."""

    code: int
    out: str
    err: str

    def says(self, code: int, *words: str) -> None:
        """Assert the exit code, every word on stderr, nothing on stdout and no traceback."""
        assert self.code == code, self
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err, (word, self.err)
        assert not self.out


def command(*arguments: object) -> Outcome:
    """Run ``klimastep`` with arguments, as from the command line, in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["klimastep", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
    return Outcome(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Town:
    """The files of a town; `plan` is the plan's path, `content` what stands in it."""

    folder: Path
    plan: Path
    content: dict[str, Any]

    def read(self, name: str) -> gpd.GeoDataFrame:
        """Return the only layer of one of the town's files."""
        return gpd.read_file(self.folder / name)

    def rewrite(self, name: str, frame: gpd.GeoDataFrame, layer: str = "gebaeudeBauwerke") -> None:
        """Replace one of the town's files."""
        (self.folder / name).unlink()
        frame.to_file(self.folder / name, layer=layer, driver="GPKG")

    def replan(self, **changed: Any) -> Path:
        """Write the plan with some keys changed and return its path."""
        self.plan.write_text(yaml.safe_dump(self.content | changed, allow_unicode=True), encoding="utf-8")
        return self.plan

    def with_source(self, reader: str, path: str | None = None, *, first: bool = False, **options: Any) -> Path:
        """Write the plan with one more source, read last or first, and return its path."""
        entry = [{"reader": reader, "options": options} | ({"path": path} if path else {})]
        rest = self.content["sources"]
        return self.replan(sources=entry + rest if first else rest + entry)

    def without_source(self, reader: str, **changed: Any) -> Path:
        """Write the plan without the sources of one reader and return its path."""
        return self.replan(sources=[s for s in self.content["sources"] if s["reader"] != reader], **changed)

    def source(self, place: int, **changed: Any) -> Path:
        """Write the plan with one source changed and return its path."""
        sources = [dict(s) for s in self.content["sources"]]
        sources[place] |= changed
        return self.replan(sources=sources)


def make_town(
    folder: Path, blocks: Sequence[tuple[str, int]] = TWO_BLOCKS, *, name: str = "kleinstadt", synthetic: bool = True
) -> Town:
    """Write a town of detached and terraced houses.

    Parameters
    ----------
    folder : Path
    blocks : sequence of (district, houses)
        One entry a block, in a row from west to east.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(b, district, h, X + BLOCK_M * b + STEP_M * h) for b, (district, n) in enumerate(blocks) for h in range(n)]
    shapes = [shapely.box(x, Y, x + WIDTH_M, Y + DEPTH_M) for *_, x in rows]
    ids = [f"DEBWL{b:03d}{h:08d}" for b, _, h, _ in rows]
    houses = gpd.GeoDataFrame(
        {
            "oid": [f"{i}BL" for i in ids],
            "gebnutzbez": "Gebäude",
            "gfkzshh": ["31001_2463" if h == 6 else "31001_1010" for *_, h, _ in rows],
            "anzahlgs": 2,
            "baujahr": [1905 + 11 * (k % 9) for k in range(len(rows))],
            "lagebeztxt": [f"Bäckerstraße {k + 1}" for k in range(len(rows))],
        },
        geometry=shapes,
        crs=CRS,
    )
    houses.to_file(folder / "gebäude.gpkg", layer="gebaeudeBauwerke", driver="GPKG")
    squares = [_square(b, b + 1) for b in range(len(blocks))]
    gpd.GeoDataFrame({"nr": [f"{b:03d}" for b in range(len(blocks))]}, geometry=squares, crs=CRS).to_file(
        folder / "blocks.gpkg", layer="blocks", driver="GPKG"
    )
    names = list(dict.fromkeys(d for d, _ in blocks))
    parts = [shapely.union_all([s for s, (d, _) in zip(squares, blocks, strict=True) if d == n]) for n in names]
    gpd.GeoDataFrame({"name": names}, geometry=parts, crs=CRS).to_file(
        folder / "districts.gpkg", layer="districts", driver="GPKG"
    )
    text = f"{HEAD}{''.join(_house(i, x) for i, (*_, x) in zip(ids, rows, strict=True))}</core:CityModel>"
    (folder / "lod2.gml").write_text(text, encoding="utf-8")
    town = Town(folder, folder / "plan.yaml", _plan(name, synthetic))
    town.replan()
    return town


def _plan(name: str, synthetic: bool) -> dict[str, Any]:
    return {
        "name": name,
        "title_de": "Kleinstadt (synthetisch)" if synthetic else "Kleinstadt",
        "synthetic": synthetic,
        "crs": CRS,
        "sources": [
            {"reader": "alkis_simple", "path": "gebäude.gpkg"},
            {"reader": "citygml", "path": "lod2.gml"},
            {"reader": "areas", "path": "blocks.gpkg", "options": {"table": "blocks", "id": "nr"}},
            {
                "reader": "areas",
                "path": "districts.gpkg",
                "options": {"table": "districts", "id": "name", "columns": {"name": "name"}},
            },
            {"reader": "weather_try", "options": {"region": 12}},
        ],
    }


def _square(first: int, last: int) -> shapely.Polygon:
    return shapely.box(X + BLOCK_M * first - 5, Y - 50, X + BLOCK_M * last - 5, Y + 150)


def _house(gml_id: str, x: float) -> str:
    """Return a gabled house with its ridge along x."""
    west, east, south, north, middle = x, x + WIDTH_M, Y, Y + DEPTH_M, Y + DEPTH_M / 2
    low, eaves, ridge = GROUND_M, GROUND_M + EAVES_M, GROUND_M + RIDGE_M
    faces = (
        ("Ground", [(west, south, low), (west, north, low), (east, north, low), (east, south, low)]),
        ("Roof", [(west, south, eaves), (east, south, eaves), (east, middle, ridge), (west, middle, ridge)]),
        ("Roof", [(east, north, eaves), (west, north, eaves), (west, middle, ridge), (east, middle, ridge)]),
        ("Wall", [(west, south, low), (east, south, low), (east, south, eaves), (west, south, eaves)]),
        ("Wall", [(east, north, low), (west, north, low), (west, north, eaves), (east, north, eaves)]),
        *(
            ("Wall", [(x, a, low), (x, b, low), (x, b, eaves), (x, middle, ridge), (x, a, eaves)])
            for x, a, b in ((west, north, south), (east, south, north))
        ),
    )
    told = (
        f"<core:externalReference><core:externalObject><core:name>{gml_id}</core:name></core:externalObject>"
        "</core:externalReference><bldg:function>31001_1010</bldg:function><bldg:roofType>3100</bldg:roofType>"
        f'<bldg:measuredHeight uom="urn:adv:uom:m">{RIDGE_M}</bldg:measuredHeight>'
    )
    body = "".join(_surface(kind, points) for kind, points in faces)
    building = f'<bldg:Building gml:id="{gml_id}">{told}{body}</bldg:Building>'
    return f"<core:cityObjectMember>{building}</core:cityObjectMember>"


def _surface(kind: str, points: list[tuple[float, float, float]]) -> str:
    ring = " ".join(f"{value:.3f}" for point in (*points, points[0]) for value in point)
    return (
        f"<bldg:boundedBy><bldg:{kind}Surface><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>"
        f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior>"
        f"</gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:{kind}Surface>"
        "</bldg:boundedBy>"
    )
