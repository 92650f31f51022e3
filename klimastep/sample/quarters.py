"""The drawing of Musterstadt: its quarters, main streets, kinds of building; all invented."""

from __future__ import annotations

from dataclasses import dataclass

from klimastep.sample.plane import Point

TOWN = "Musterstadt"
TOWN_LABEL = "Musterstadt (synthetisch)"
CRS = "EPSG:25832"
ORIGIN: Point = (521000.0, 5421000.0)
MUNICIPALITY = "08999001"
BUILDINGS_OF_DRAWING = 1400

NODES: dict[str, Point] = {
    "A0": (-545, 135), "A1": (-350, 186), "A2": (-178, 208), "A3": (95, 218), "A4": (330, 192), "A5": (545, 238),
    "B0": (-545, 200), "B1": (-350, 250), "B2": (-178, 272), "B3": (95, 284), "B4": (330, 260), "B5": (545, 300),
    "C1": (-372, 455), "C2": (-170, 515), "C3": (105, 535), "C4": (335, 490), "C5": (500, 430),
    "M0": (-560, -92), "M1": (-350, -32), "M2": (-180, 6), "M3": (105, -4), "M4": (335, -66), "M5": (560, -128),
    "K2": (-174, 112), "K3": (102, 122), "L2": (-176, -82), "L3": (110, -94), "P1": (-342, -150),
    "S0": (-505, -325), "S1": (-338, -318), "S2": (-162, -308), "S3": (126, -315), "S4": (345, -298),
    "S5": (520, -318), "T0": (-395, -520), "T2": (-150, -570), "T3": (140, -578), "T4": (360, -520),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """How a quarter is built: street grid, lots, houses, years."""

    name: str
    fabric: str
    block: Point
    widths: tuple[float, ...]
    wobble: float
    forms: dict[str, float]
    year: tuple[float, float]
    names: str


@dataclass(frozen=True)
class Form:
    """A form of house: lot width, house width and depth, setback [m]; how many stand in a row."""

    lot: Point
    width: Point
    depth: Point
    setback: Point
    group: tuple[int, int] = (1, 1)
    garage: float = 0.0


KINDS = {
    k.name: k
    for k in (
        Kind("core", "perimeter", (66, 46), (7.5, 6, 5), 0.13, {"medieval": 1}, (1755, 60), "core"),
        Kind("gruenderzeit", "perimeter", (102, 76), (15, 13, 12), 0.02, {"tenement": 1}, (1892, 9), "poets"),
        Kind("villas", "rows", (125, 66), (13, 10, 9), 0.04,
             {"villa": 5, "house": 2, "infill": 1}, (1926, 12), "poets"),
        Kind("terraces", "rows", (118, 62), (11, 8.5, 7), 0.04,
             {"row": 5, "semi": 2, "house": 1}, (1942, 14), "birds"),
        Kind("postwar", "rows", (125, 74), (12, 10, 9), 0.03,
             {"zeile": 4, "block": 3, "infill": 1}, (1958, 7), "towns"),
        Kind("slabs", "slabs", (170, 135), (13, 11, 10), 0.03, {"slab": 1}, (1966, 5), "towns"),
        Kind("slope", "rows", (150, 62), (10, 8, 7), 0.05, {"house": 7, "semi": 2, "block": 0.9}, (1967, 9), "trees"),
        Kind("new", "rows", (105, 60), (10, 8, 6.5), 0.06,
             {"house": 3, "semi": 2.5, "row": 2, "block": 2.6}, (1996, 14), "flowers"),
        Kind("estate", "halls", (180, 125), (15, 13, 12), 0.02, {"hall": 1}, (1984, 16), "engineers"),
        Kind("park", "open", (900, 900), (5,), 0.0, {}, (1900, 1), "core"),
    )
}  # fmt: skip

FORMS = {
    "medieval": Form((11, 18), (11, 18), (10, 13.5), (0, 0.5), (4, 9)),
    "tenement": Form((16, 23), (16, 23), (11.5, 13.5), (0, 0), (3, 6)),
    "villa": Form((19, 27), (12, 16), (10.5, 13.5), (4, 7), garage=0.25),
    "house": Form((16, 23), (9, 12.5), (8.5, 11.5), (4, 8), garage=0.85),
    "semi": Form((11.5, 14.5), (7.5, 9), (9.5, 12), (4, 6.5), (2, 2), garage=0.7),
    "row": Form((5.7, 7.2), (5.7, 7.2), (9.5, 11.5), (3, 5), (4, 8)),
    "zeile": Form((15, 19), (15, 19), (10.5, 12), (4.5, 7), (2, 4)),
    "block": Form((24, 31), (15, 20), (11, 14.5), (5, 8), garage=0.15),
    "infill": Form((22, 28), (13, 17), (11, 13), (5, 8), garage=0.2),
    "slab": Form((27, 31), (14, 17), (10.5, 12), (5, 5)),
    "hall": Form((42, 75), (25, 55), (22, 48), (8, 14)),
}


@dataclass(frozen=True)
class Quarter:
    """One quarter of the drawing: corners counter-clockwise, kind of building, district."""

    corners: tuple[str, ...]
    kind: str
    district: str


def _quarter(corners: str, kind: str, district: str) -> Quarter:
    return Quarter(tuple(corners.split()), kind, district)


DISTRICTS = ("Altstadt", "Weststadt", "Gartenstadt", "Sonnenhalde", "Oststadt", "Talwiesen")
QUARTERS = (
    _quarter("M2 M3 K3 K2", "core", "Altstadt"),
    _quarter("L2 L3 M3 M2", "core", "Altstadt"),
    _quarter("K2 K3 A3 A2", "park", "Altstadt"),
    _quarter("M1 M2 K2 A2 A1", "gruenderzeit", "Weststadt"),
    _quarter("P1 L2 M2 M1", "villas", "Weststadt"),
    _quarter("M0 M1 A1 A0", "villas", "Weststadt"),
    _quarter("S0 S1 P1 M1 M0", "terraces", "Gartenstadt"),
    _quarter("S1 S2 L2 P1", "postwar", "Gartenstadt"),
    _quarter("S2 S3 L3 L2", "postwar", "Gartenstadt"),
    _quarter("T0 T2 S2 S1 S0", "slope", "Sonnenhalde"),
    _quarter("T2 T3 S3 S2", "slope", "Sonnenhalde"),
    _quarter("T3 T4 S4 S3", "new", "Sonnenhalde"),
    _quarter("L3 S3 S4 M4 M3", "slabs", "Oststadt"),
    _quarter("M3 M4 A4 A3 K3", "postwar", "Oststadt"),
    _quarter("S4 S5 M5 M4", "slope", "Oststadt"),
    _quarter("M4 M5 A5 A4", "estate", "Oststadt"),
    _quarter("B1 B2 C2 C1", "new", "Talwiesen"),
    _quarter("B2 B3 C3 C2", "new", "Talwiesen"),
    _quarter("B3 B4 C4 C3", "estate", "Talwiesen"),
    _quarter("B4 B5 C5 C4", "estate", "Talwiesen"),
)
RIVER = tuple(_quarter(f"A{i} A{i + 1} B{i + 1} B{i}", "river", "Talwiesen") for i in range(5))
RIVER_NAME = "Muster"

# name: (class, width [m], corners); edges that no street names are field paths at the rim of the town
STREETS: dict[str, tuple[str, float, str]] = {
    "Hauptstraße": ("Hauptstraße", 17, "M0 M1 M2 M3 M4 M5"),
    "Heilbronner Straße": ("Hauptstraße", 15, "M2 K2 A2 B2 C2"),
    "Stuttgarter Straße": ("Hauptstraße", 15, "M4 S4 T4"),
    "Ostring": ("Wohnstraße", 12, "L3 M3 K3 A3"),
    "Mühlstraße": ("Wohnstraße", 11, "M4 A4 B4 C4"),
    "Westendstraße": ("Wohnstraße", 12, "S1 P1 M1 A1"),
    "Südring": ("Wohnstraße", 12, "P1 L2 L3"),
    "Panoramastraße": ("Wohnstraße", 11, "S0 S1 S2 S3 S4 S5"),
    "Bergstraße": ("Wohnstraße", 10, "T2 S2 L2"),
    "Weinsteige": ("Wohnstraße", 10, "T3 S3 L3"),
    "Zwingerstraße": ("Wohnstraße", 9, "L2 M2"),
    "Am Stadtgraben": ("Erschließungsweg", 6, "K2 K3"),
    "Uferstraße": ("Wohnstraße", 9, "A0 A1 A2 A3 A4 A5"),
    "Auweg": ("Erschließungsweg", 7, "B0 B1 B2 B3 B4 B5"),
    "Wiesenstraße": ("Wohnstraße", 11, "B3 C3"),
}
RIM = ("Weg", 5.0)
