"""The print layout: small print that fits, a frame that shows everything."""

from __future__ import annotations

from klimastep.export.qgis_layout import fitting_pt, imprint, layout, sources


def test_long_notes_get_smaller_letters() -> None:
    assert fitting_pt("eine Zeile") == 7.0
    assert 4.5 <= fitting_pt("\n".join(["x" * 200] * 14)) < 7.0


def test_small_print_names_disclaimer_sources_and_kind_of_data(town) -> None:
    assert sources(town.about).startswith("Modellergebnis, keine Zusage")
    assert all(line in sources(town.about) for line in (*town.about.attribution, *town.about.notes_de))
    assert "Stand 23.11.2026" in imprint(town.about)
    assert "synthetisch" in imprint(town.about)
    assert "INTERN" in imprint(town.edition(synthetic=False))
    assert "INTERN" not in imprint(town.edition(synthetic=False, edition="oeffentlich"))


def test_the_frame_shows_the_whole_extent(town) -> None:
    shown = layout(town.about, "Wärme", (0.0, 0.0, 100.0, 1000.0)).find(".//Extent")
    xmin, ymin, xmax, ymax = (float(shown.get(k)) for k in ("xmin", "ymin", "xmax", "ymax"))
    assert xmin <= 0
    assert ymin <= 0
    assert xmax >= 100
    assert ymax >= 1000
    assert abs((xmax - xmin) / (ymax - ymin) - 300 / 232) < 1e-9
