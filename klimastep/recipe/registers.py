"""What registers and lists say of single buildings."""

from __future__ import annotations

from klimastep import cadastre
from klimastep.inputs import Inputs
from klimastep.recipe.bench import Bench


def registers(bench: Bench, inputs: Inputs) -> None:
    """Add meter group, carrier of the chimney sweeps' register, public buildings and installed photovoltaics."""
    tables = inputs.tables
    with bench.recorder.step("cadastre.registers") as entry:
        buildings, findings = bench.tables["buildings"], []
        for name, place in (
            ("meters", cadastre.meter_groups),
            ("heaters", cadastre.heated_by),
            ("public_buildings", cadastre.public_ones),
        ):
            if name in tables:
                buildings, found = place(buildings, tables[name])
                findings += found
        if "pv_units" in tables:
            buildings, found = cadastre.installed_pv(buildings, tables["pv_units"], tables.get("pv_sites"))
            findings += found
        bench.recorder.note(findings)
        bench.put("buildings", buildings, [cadastre.PV_INSTALLED] if "pv_units" in tables else [])
        entry["rows"] = len(buildings)
