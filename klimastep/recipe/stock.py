"""From deliveries to one building stock with roofs."""

from __future__ import annotations

from klimastep import cadastre, solar
from klimastep.contract import check as check_table
from klimastep.inputs import Inputs
from klimastep.recipe.bench import Bench, with_all_columns
from klimastep.recipe.registers import registers
from klimastep.tables import BUILDINGS


def stock(bench: Bench, inputs: Inputs) -> None:
    """Make the tables ``buildings`` and ``roofs``."""
    with bench.recorder.step("cadastre.merge") as entry:
        merged, matches, found = cadastre.merge(inputs.buildings)
        merged, dropped = cadastre.clean(with_all_columns(merged, BUILDINGS))
        bench.recorder.note([*found, *dropped])
        entry["rows"] = len(merged)
    with bench.recorder.step("cadastre.keys", len(merged)):
        merged = cadastre.assign_keys(merged, inputs.tables)
        if "blocks" in inputs.tables:
            bench.recorder.note(cadastre.odd_footprints(merged, inputs.tables["blocks"]))
    bench.put("buildings", merged)
    bench.apply(cadastre.use, "buildings")
    with bench.recorder.step("cadastre.heritage", len(merged)):
        bench.put("buildings", cadastre.heritage(bench.tables["buildings"], inputs.tables.get("monuments")))
    registers(bench, inputs)
    with bench.recorder.step("cadastre.age", len(merged)):
        dated, found = cadastre.default_years(bench.tables["buildings"])
        bench.recorder.note(found)
        counts, key = cadastre.age_counts(dated, inputs.tables)
        bench.put("buildings", cadastre.age_from_areas(dated, counts, key), cadastre.AGE_COLUMNS)
    bench.apply(cadastre.party_walls, "buildings")
    bench.apply(cadastre.envelope, "buildings")
    check_table(bench.tables["buildings"], bench.catalogue["buildings"])
    roofs, found = solar.collect_roofs(
        inputs.roofs, inputs.tables.get("roof_points"), bench.tables["buildings"], matches
    )
    bench.recorder.note(found)
    bench.put("roofs", roofs)
