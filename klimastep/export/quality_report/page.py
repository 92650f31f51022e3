"""The page of the quality report, German and English, without scripts and without network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from klimastep.contract import Catalogue, Category, Language, Table
from klimastep.export import files, geopackage
from klimastep.export.about import DISCLAIMER_DE, DISCLAIMER_EN, About
from klimastep.export.quality_report.outline import drawing
from klimastep.export.quality_report.words import ADVICE, COUNTS, SEVERITY, TOPIC_TEXTS, WORDS
from klimastep.export.style import format_number, format_quantity

POINTS_FILE = "pruefung.gpkg"
BESIDE = ("pruefung.en.html", "index.en.html", POINTS_FILE)
LANGUAGES: tuple[Language, ...] = ("de", "en")
LEVELS = ("coverage_blocks", "coverage_districts", "coverage_zones")
AREAS_SHOWN, MEASURES_SHOWN, WORTH_TELLING_SHARE = 12, 8, 0.02
DARK = ("#1b7837",)  # white text on these, ink on the others


def write(
    tables: Mapping[str, Any],
    catalogue: Catalogue,
    folder: Path,
    about: About,
    records: Mapping[str, Any],
    stem: str = "index",
) -> list[Path]:
    """Write ``<stem>.html``, ``<stem>.en.html`` and ``pruefung.gpkg``.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``spots``, ``coverage_<level>``, ``coverage``, ``improvements``, ``summary`` and context for the GeoPackage.
    catalogue : Catalogue
    folder : Path
    about : About
    records : mapping
        ``sources`` and ``oddities`` (lists of dictionaries) and ``counts``.
    stem : str

    Returns
    -------
    list of Path

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    written = []
    for language in LANGUAGES:
        path = folder / (f"{stem}.html" if language == "de" else f"{stem}.en.html")
        text = render(tables, catalogue, about, records, language, stem)
        with files.beside(path) as fresh:
            fresh.write_text(text, encoding="utf-8", newline="\n")
            files.put(fresh, path)
        written.append(path)
    layers = {name: frame for name, frame in tables.items() if len(frame)}
    named = replace(about, name=Path(POINTS_FILE).stem, title_de=f"{WORDS['title'][0]}: {about.title_de}")
    made = geopackage.write(layers, catalogue, folder, named)[0]
    return [*written, made if made.name == POINTS_FILE else geopackage.rename(made, POINTS_FILE)]


def render(
    tables: Mapping[str, Any],
    catalogue: Catalogue,
    about: About,
    records: Mapping[str, Any],
    language: Language,
    stem: str = "index",
) -> str:
    """Return the page as text."""
    german = language == "de"
    place = 0 if german else 1
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["number"] = lambda v, digits=3: format_number(v, language, digits)
    environment.filters["percent"] = lambda v: format_quantity(v, "1", language)
    areas = next((tables[name] for name in LEVELS if name in tables and len(tables[name])), None)
    return environment.from_string(_asset("report.html")).render(
        lang=language,
        w={key: both[place] for key, both in WORDS.items()},
        about=about,
        title=about.title_de if german else about.title_en,
        made_on=".".join(reversed(about.made_on[:10].split("-"))) if german else about.made_on[:10],
        other=f"{stem}.en.html" if german else f"{stem}.html",
        styles=Markup(_asset("report.css")),
        disclaimer=DISCLAIMER_DE if german else DISCLAIMER_EN,
        summary=list(_summary(tables["summary"], language)),
        counts=[(text[place], _counted(records["counts"][k], text[2], language)) for k, text in COUNTS.items()],
        sources=records["sources"],
        bars=list(_bars(tables["coverage"], catalogue["coverage"], language)),
        legend=[(c.label(language), c.colour) for c in catalogue["coverage"]["knowledge"].categories],
        improvements=list(_improvements(tables["improvements"], catalogue["improvements"], language)),
        areas=_areas(areas),
        map=Markup(drawing(areas, tables["spots"], language)) if areas is not None else "",
        oddities=[_oddity(o, language) for o in records["oddities"]],
    )


def _asset(name: str) -> str:
    folder = resources.files("klimastep.export.quality_report").joinpath("assets")
    return folder.joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _counted(value: float, unit: str, language: Language) -> str:
    return format_quantity(value, unit, language) if unit else format_number(value, language, 9)


def _summary(table: pd.DataFrame, language: Language) -> Iterator[dict[str, str]]:
    place = 0 if language == "de" else 1
    for row in table.to_dict("records"):
        title, text = TOPIC_TEXTS[row["topic"]][place]
        share = format_quantity(row["good_share"], "1", language)
        state = WORDS[f"state_{row['state']}"][place]
        yield {"title": title, "text": text.format(share=share), "state": state, "key": row["state"]}


def _bars(table: pd.DataFrame, declared: Table, language: Language) -> Iterator[dict[str, Any]]:
    for attribute in declared["attribute"].categories:
        rows = table[table["attribute"] == attribute.value].set_index("knowledge")["floor_area_share"].fillna(0.0)
        parts = [
            {"label": k.label(language), "colour": k.colour, "dark": k.colour in DARK, "share": float(rows[k.value])}
            for k in declared["knowledge"].categories
        ]
        yield {"label": _capital(attribute.label(language)), "parts": parts}


def _improvements(table: pd.DataFrame, declared: Table, language: Language) -> Iterator[dict[str, Any]]:
    labels = {c.value: _capital(c.label(language)) for c in declared["attribute"].categories}
    shown = table[(table["guessed_share"] + table["estimated_share"]) > WORTH_TELLING_SHARE].head(MEASURES_SHOWN)
    for row in shown.to_dict("records"):
        yield {
            "label": labels[row["attribute"]],
            "guessed": row["guessed_share"],
            "estimated": row["estimated_share"],
            "area": format_quantity(row["guessed_m2"], "m²", language),
            "advice": ADVICE[row["attribute"]][0 if language == "de" else 1],
        }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _areas(areas: gpd.GeoDataFrame | None) -> list[dict[str, Any]]:
    if areas is None:
        return []
    shown = areas[areas["heated_count"] > 0].sort_values(["known_share", "heated_count"], ascending=[True, False])
    columns = ["heated_count", "known_share", "year_built_known_share", "storeys_known_share", "height_known_share"]
    first = shown.head(AREAS_SHOWN)
    names = first["name"].astype("object").where(first["name"].notna(), first.index)
    return [{"name": n, **r} for n, r in zip(names, first[columns].to_dict("records"), strict=True)]


def _oddity(row: Mapping[str, Any], language: Language) -> dict[str, Any]:
    kind: Category | None = row["kind"]
    place = 0 if language == "de" else 1
    ids = ", ".join(row["ids"])
    ids = ids.replace("line ", "Zeile ") if language == "de" else ids
    return {
        "source": row["source"],
        "title": kind.label(language) if kind else "",
        "text": row["text"][language],
        "count": row["count"],
        "ids": ids + (" …" if row["count"] > len(row["ids"]) > 0 else ""),
        "severity": SEVERITY[row["severity"]][place],
    }
