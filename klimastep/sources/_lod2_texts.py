"""What can be odd about LoD2 buildings, said in German and English, by kind of finding."""

from __future__ import annotations

from klimastep.findings import Severity

TEXTS: dict[str, tuple[str, str, Severity]] = {
    "duplicate_building": (
        "Gebäude stehen mehrfach (in mehreren Dateien oder Kacheln), je einmal behalten",
        "buildings stand more than once (in several files or tiles), each kept once",
        "set_aside",
    ),
    "no_geometry": (
        "Gebäude ohne Grund- oder Dachfläche, zurückgestellt",
        "buildings without ground or roof surface, set aside",
        "set_aside",
    ),
    "outside_crs": (
        "Gebäude außerhalb des Koordinatensystems, zurückgestellt",
        "buildings outside the coordinate system, set aside",
        "set_aside",
    ),
    "no_id": ("Gebäude ohne Kennung, fortlaufend benannt", "buildings without id, numbered", "warning"),
    "shared_oid": (
        "Gebäude teilen die ALKIS-Kennung mit einem anderen, nach gml:id benannt",
        "buildings share the ALKIS id of another, named by gml:id",
        "warning",
    ),
    "no_ground": (
        "Gebäude ohne Bodenfläche, Grundriss aus den Dachflächen",
        "buildings without ground surface, footprint from the roofs",
        "warning",
    ),
    "not_closed": (
        "Gebäude mit offener Hülle, Volumen aus Grundfläche mal mittlerer Höhe",
        "buildings with an open surface, volume from footprint times mean height",
        "warning",
    ),
    "inside_out": (
        "Gebäude oder Teile mit nach innen gerichteten Flächen, gewendet",
        "buildings or parts with surfaces that look inwards, turned",
        "note",
    ),
    "no_surfaces": (
        "Gebäude ohne Flächenarten, Dach, Wand und Boden nach der Richtung bestimmt",
        "buildings without kinds of surfaces, roof, wall and ground told by direction",
        "warning",
    ),
    "lod1_block": (
        "Gebäude nur als Klotz (LoD1): Dach flach auf Höhe der Oberkante, Dachform unbekannt",
        "buildings that are a block only (LoD1): flat roof at the top, shape of the roof unknown",
        "warning",
    ),
    "text_too_long": (
        "Gebäude mit überlangem Text (über 10.000 Zeichen), unbekannt gesetzt",
        "buildings with a text of more than 10,000 characters, set unknown",
        "warning",
    ),
    "part_missing": (
        "Gebäude, deren Teile in der Datei fehlen",
        "buildings whose parts are missing in the file",
        "warning",
    ),
    "part_alone": (
        "Gebäudeteile ohne ihr Gebäude, als eigene Gebäude gelesen",
        "building parts without their building, read as buildings of their own",
        "warning",
    ),
    "broken_ring": ("Ringe ohne brauchbare Koordinaten", "rings without usable coordinates", "warning"),
    "rings_swapped": (
        "Flächen, deren äußerer Ring als Loch angegeben ist, getauscht",
        "polygons whose outer ring is given as a hole, swapped",
        "warning",
    ),
    "inner_walls": (
        "Gebäude mit Innenwänden zwischen ihren Teilen; Wandfläche auf Umriss mal Höhe begrenzt",
        "buildings with inner walls between their bodies; wall area limited to outline times height",
        "warning",
    ),
    "roof_off_ground": (
        "Gebäude, deren Dach im Grundriss über 3 % von der Bodenfläche abweicht (Überstand, Durchfahrt)",
        "buildings whose roof in plan view differs by more than 3 % from the ground (overhang, passage)",
        "note",
    ),
    "other_structure": (
        "Bauwerke, die kein Gebäude nach ALKIS 31001 sind (Überdachung, Brücke, …)",
        "structures that are no building by ALKIS 31001 (canopy, bridge, …)",
        "note",
    ),
    "degenerate_polygon": ("Flächen unter 10 cm²", "polygons under 10 cm²", "note"),
    "not_planar": ("Flächen über 5 cm uneben", "polygons more than 5 cm off their plane", "note"),
    "vertical_roof": (
        "senkrechte Dachflächen, zu den Wänden gezählt",
        "upright roof surfaces, counted as walls",
        "note",
    ),
    "roof_turned": ("Dachflächen mit Normale nach unten, gewendet", "roof surfaces that look down, turned", "note"),
    "roof_without_plan": (
        "Dachflächen ohne Fläche im Grundriss, weggelassen",
        "roof surfaces without area in plan view, left out",
        "warning",
    ),
    "height_implausible": (
        "Gebäude mit measuredHeight 0 oder negativ oder keine Zahl, Höhe aus der Geometrie",
        "buildings with measuredHeight zero, negative or no number, height from the geometry",
        "warning",
    ),
    "height_default": (
        "Gebäude mit measuredHeight 1,0 m (Vorgabewert, nicht gemessen)",
        "buildings with measuredHeight 1.0 m (a default, not measured)",
        "warning",
    ),
    "height_differs": (
        "Gebäude, deren measuredHeight über 1 m von der Geometrie abweicht, so belassen",
        "buildings whose measuredHeight differs by more than 1 m from the geometry, left as they are",
        "note",
    ),
    "year_implausible": (
        "Gebäude mit unmöglichem Baujahr, unbekannt gesetzt",
        "buildings with an impossible year of construction, set unknown",
        "warning",
    ),
    "function_unusual": (
        "Gebäude, deren Funktion kein ALKIS-Code (31001_xxxx) ist",
        "buildings whose function is no ALKIS code (31001_xxxx)",
        "note",
    ),
    "no_function": ("Gebäude ohne Funktion", "buildings without function", "note"),
}
