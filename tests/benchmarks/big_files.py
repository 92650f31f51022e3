"""Large files for the benchmarks of readers: a tile repeated with new ids, lines repeated, buildings made lean."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

OID = re.compile(rb"\bDE([A-Z]{2})[A-Za-z0-9_]{4}(?=[A-Za-z0-9_]{8}\b)")
EXTRAS = re.compile(rb"\s*<gen:(\w+Attribute).*?</gen:\1>|\s*<core:creationDate>.*?</core:creationDate>", re.DOTALL)
X, Y = 513_000.0, 5_416_000.0
BYTES_OF_A_ROW, BYTES_OF_A_BLOCK, BYTES_OF_A_FEATURE, BYTES_OF_A_WAY = 270, 640, 660, 120
BETWEEN = re.compile(rb">\s+<")


def _new_ids(block: bytes, number: int) -> bytes:
    """Return a block whose identifiers of the cadastre carry the number of the copy."""
    return OID.sub(rb"DE\g<1>" + f"{number:04X}".encode(), block)


def repeat(tile: Path, target: Path, size: int, member: bytes = b"cityObjectMember", lean: bool = False) -> int:
    """Write an XML file of at least `size` bytes whose members are those of `tile`, each copy with new ids.

    Parameters
    ----------
    tile : Path
        File with members (``<…:cityObjectMember>``), whose ids have the form of the AdV.
    target : Path
    size : int
        Bytes.
    member : bytes
        Local name of the element that holds one object.
    lean : bool
        Whether generic attributes, dates and blanks between elements are left out.

    Returns
    -------
    int
        How often the members were written.
    """
    raw = tile.read_bytes()
    tags = list(re.finditer(rb"<(/?)(?:\w+:)?" + member + rb"\b[^>]*>", raw))
    head, block, tail = raw[: tags[0].start()], raw[tags[0].start() : tags[-1].end()], raw[tags[-1].end() :]
    if lean:
        block = BETWEEN.sub(b"><", EXTRAS.sub(b"", block))
    copies = 0
    with target.open("wb") as file:
        file.write(head)
        while file.tell() < size or not copies:
            file.write(_new_ids(block, copies) + b"\n")
            copies += 1
        file.write(tail)
    return copies


def layer(path: Path, size: int) -> None:
    """Write a layer of buildings as the ALKIS of Baden-Württemberg has it, of about `size` bytes."""
    import geopandas as gpd
    import numpy as np
    from shapely import box

    number = max(10, size // BYTES_OF_A_ROW)
    side = int(np.sqrt(number)) + 1
    x, y = X + 20.0 * (np.arange(number) % side), Y + 20.0 * (np.arange(number) // side)
    told = {"oid": [f"DEBW{i:012d}" for i in range(number)], "funktion": "Wohnhaus", "name": None}
    frame = gpd.GeoDataFrame(told, geometry=box(x, y, x + 9, y + 12), crs="EPSG:25832")
    frame.to_file(path, layer="gebaeudeBauwerke", engine="pyogrio")


def cityjson(path: Path, size: int, lines: bool) -> None:
    """Write blocks as CityJSON or as a CityJSON sequence, of about `size` bytes."""
    head = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "transform": {"scale": [0.001] * 3, "translate": [X, Y, 200.0]},
        "CityObjects": {},
        "vertices": [],
    }
    number = max(10, size // (BYTES_OF_A_FEATURE if lines else BYTES_OF_A_BLOCK))
    if lines:
        with path.open("w", encoding="utf-8") as file:
            file.write(json.dumps(head) + "\n")
            for i in range(number):
                feature = {"type": "CityJSONFeature", "id": f"b{i}", **_block(i, 0)}
                file.write(json.dumps(feature) + "\n")
        return
    objects: dict[str, object] = {}
    vertices: list[list[int]] = []
    for i in range(number):
        block = _block(i, 8 * i)
        objects |= block["CityObjects"]
        vertices += block["vertices"]
    path.write_text(json.dumps({**head, "CityObjects": objects, "vertices": vertices}), encoding="utf-8")


def _block(number: int, first: int) -> dict[str, Any]:
    x, y = 20_000 * (number % 1000), 20_000 * (number // 1000)
    corners = ((0, 0), (9000, 0), (9000, 9000), (0, 9000))
    walls = [[[first + k for k in (i, (i + 1) % 4, (i + 1) % 4 + 4, i + 4)]] for i in range(4)]
    floor, roof = [[first + k for k in (3, 2, 1, 0)]], [[first + k for k in (4, 5, 6, 7)]]
    solid = {
        "type": "Solid",
        "lod": "2",
        "boundaries": [[floor, roof, *walls]],
        "semantics": {
            "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
            "values": [[0, 1, 2, 2, 2, 2]],
        },
    }
    told = {"measuredHeight": 5.0, "function": "31001_1000"}
    thing = {"type": "Building", "attributes": told, "geometry": [solid]}
    return {
        "CityObjects": {f"b{number}": thing},
        "vertices": [[x + a, y + b, z] for z in (0, 5000) for a, b in corners],
    }


def pbf(path: Path, size: int) -> None:
    """Write buildings of four nodes as an OSM extract of a twentieth of `size` bytes: as XML they would fill it."""
    import osmium
    from osmium.osm.mutable import Node, Way

    number = max(10, size // BYTES_OF_A_WAY)
    with osmium.SimpleWriter(str(path)) as file:
        for i in range(number):
            lon, lat = 9.0 + 0.0003 * (i % 2000), 48.5 + 0.0003 * (i // 2000)
            for k, (a, b) in enumerate(((0, 0), (1, 0), (1, 1), (0, 1))):
                file.add_node(Node(id=4 * i + k + 1, version=1, location=(lon + a * 1e-4, lat + b * 1e-4)))
        for i in range(number):
            refs = [4 * i + k + 1 for k in (0, 1, 2, 3, 0)]
            file.add_way(
                Way(id=i + 1, version=1, nodes=refs, tags={"building": "house", "addr:housenumber": str(i % 200)})
            )
