# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Wärme: ein Haus, ein Block, eine Stadt
#
# Vom einzelnen Haus über den Baublock zur ganzen Stadt **Musterstadt (synthetisch)**: wie viel Wärme gebraucht
# wird, wann und wo, was die drei Bilanzen (Heizzeit, Monat, Stunde) darüber sagen und wie sicher das ist.

# %%
import tempfile

import figures as fig
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

import klimastep
from klimastep import heat, sources, weather
from klimastep.heat import archetypes as types
from klimastep.heat import balance_hourly as hourly
from klimastep.heat import stock
from klimastep.heat.balance_seasonal import balance
from klimastep.reference import load
from klimastep.sample import demo_plan

tables = klimastep.run(demo_plan(), tempfile.mkdtemp())
buildings = tables["buildings"]

# %% [markdown]
# Dasselbe Wetter wie im Lauf: das Testreferenzjahr, Monat für Monat auf das heutige Klima am Ort gebracht.

# %%
reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
middle = buildings.geometry.union_all().centroid
spot = buildings.set_geometry([middle] * len(buildings)).head(1).to_crs("EPSG:4326").geometry.iloc[0]
today = weather.present_climate(spot.y, spot.x)
year = weather.scale_monthly(
    weather.prepare(reading.tables["weather"], **place),
    temp_air_degc=today.temp_air_degc,
    ghi_w_m2=today.ghi_w_m2,
    name=today.name,
)
season = weather.heating_season(year)
hours = weather.hourly_climate(year)
climate = f"DWD-Testreferenzjahr Region 12, gebracht auf {today.name}"
model = f"klimastep, {fig.TOWN}; Wetter: {climate}"

# %% [markdown]
# ## Ein Haus
# Ein Einfamilienhaus der Baualtersklasse E (1958–1968) nach allen drei Bilanzen. Nur die Stundenbilanz weiß etwas
# über den Sommer; ihre Heizlast ist die höchste Stunde des Wetterjahres, die der anderen die Normheizlast bei -12 °C.
# Die ersten drei rechnen mit TABULAs teils beheiztem Haus; mit Nachtabsenkung sind alle Räume beheizt, tags auf 20 °C,
# darum ist der Bedarf dort trotz Absenkung höher (`docs/heat_methods.md`).

# %%
dwellings = buildings[(buildings["type_code"] == "SFH_E") & buildings["floor_area_m2"].notna()]
house = dwellings.iloc[[0]]
methods = {
    "Heizzeit (TABULA)": heat.Method(),
    "Monat": heat.Method(weather.monthly_climate(year)),
    "Stunde": heat.Method(hours),
    "Stunde, 3 K Nachtabsenkung": heat.Method(hours, heat.Operation(setback_k=3.0)),
}
names = {
    "space_heat_kwh_a": "Raumwärme, kWh/a",
    "hot_water_kwh_a": "Warmwasser, kWh/a",
    "heat_load_kw": "Heizlast, kW",
    "overheating_h_a": "zu warm, h/a",
}
base = house.drop(columns=[*names])
found = {name: heat.demand(base, season, method=m)[[*names]].iloc[0] for name, m in methods.items()}
pd.DataFrame(found).T.rename(columns=names).astype("float64").round(1)

# %% [markdown]
# ### Eine Woche im Winter
# Mit Nachtabsenkung: die Heizung läuft nachts schwächer und holt am Morgen auf.

# %%
kind = types.archetypes("existing", "national")
row = np.array([types.type_matrix()[0, 4]])
envelope = stock.envelope(stock.geometry(house), kind, row)
use = types.conditions(kind.multi_unit[row], kind.air_infiltration_1_h[row])
course = hourly.course(envelope, use, hours, stock.LIGHT, heat.Operation(setback_k=3.0))
coldest = int(np.convolve(hours.temp_external_degc[:2000], np.ones(168), "valid").argmin()) // 24 * 24
week = slice(coldest, coldest + 168)
days = np.arange(168) / 24
_, (upper, lower) = fig.panels(8, 4.6, f"{model}; Stundenbilanz 5R1C (ISO 13790)", 2, sharex=True)
spots = {"Raumluft": 26.5, "Oberflächen": 14, "außen": 4}
for values, colour, style, name in (
    (course.air_degc, fig.HEAT, "-", "Raumluft"),
    (course.surface_degc, "#e07b39", "--", "Oberflächen"),
    (hours.temp_external_degc, fig.COLD, "-", "außen"),
):
    upper.plot(days, values[week], color=colour, linestyle=style, linewidth=1.3)
    upper.text(1.1, spots[name], name, color=colour, va="center")
upper.set(
    ylabel="Temperatur, °C", ylim=(-12, 30), title="Die kälteste Woche in einem Haus der Klasse E, nachts 3 K weniger"
)
lower.fill_between(days, course.heat_w_m2[week], color=fig.HEAT, alpha=0.6, step="post", linewidth=0)
lower.set(xlabel="Tage", ylabel="Heizleistung, W/m²", xlim=(0, 7.0), ylim=(0, None))
fig.german(upper.yaxis, lower.yaxis)
for axes in (upper, lower):
    axes.grid(axis="y")

# %% [markdown]
# ## Ein Block
# Die Stunden eines Baublocks nach Standardlastprofilen (BDEW) im Wetter des Jahres; bei mehreren Häusern zählt die
# Gleichzeitigkeit (Winter u. a. 2001).

# %%
shapes = heat.load_shapes(year)
biggest = buildings.groupby("block_id", observed=True)["expected_heat_kwh_a"].sum().idxmax()
block = buildings[buildings["block_id"] == biggest]
load_kw = heat.hourly_load(block, shapes)
daily = load_kw[: 24 * 365].reshape(365, 24)
heated = int(block["is_heated"].sum())
at_once = block["heat_load_kw"].sum() * float(heat.simultaneity(heated))
_, axes = fig.panels(8, 3.2, f"{model}; Standardlastprofile Gas (BDEW), demandlib")
axes.fill_between(np.arange(365), daily.min(axis=1), daily.max(axis=1), color=fig.PALE_HEAT, linewidth=0)
axes.plot(np.arange(365), daily.mean(axis=1), color=fig.HEAT, linewidth=1.2)
axes.axhline(at_once, color=fig.INK, linewidth=0.9, linestyle=(0, (5, 3)))
axes.text(182, at_once, f"Normheizlasten × Gleichzeitigkeit: {fig.number(at_once, 'kW')}", va="bottom", ha="center")
axes.annotate("Tagesmittel", (105, daily[105].mean()), (140, 330), color=fig.HEAT, arrowprops={"arrowstyle": "-"})
axes.annotate("kleinste bis höchste Stunde", (47, daily[47].max() * 0.97), (80, 560), arrowprops={"arrowstyle": "-"})
told = f"Block {biggest}, {heated} beheizte Gebäude: {fig.number(load_kw.sum() / 1e3, 'MWh/a')}"
axes.set(ylabel="Wärmelast, kW", xlim=(0, 365), ylim=(0, 1.15 * at_once))
axes.set_title(f"{told}, höchste Stunde {fig.number(load_kw.max(), 'kW')}")
fig.months(axes, days=True)
fig.german(axes.yaxis)

# %% [markdown]
# ## Eine Stadt
# ### Bedarf nach Baualter neben TABULA
# TABULA zeigt einen Beispielbau je Klasse, wie er gebaut wurde; der Punkt ist klimasteps Rechnung desselben Hauses in
# TABULAs Klima. Daneben steht die Stadt zweimal: mit derselben Bauweise (was sie von TABULA trennt, sind nur Maße,
# Nachbarhäuser und Klima) und mit dem national üblichen Anteil sanierter Bauteile, mit dem sie rechnet.

# %%
homes = buildings[buildings["is_heated"] & buildings["size_class"].isin(["SFH", "TH", "MFH"])]
built = heat.demand(homes.drop(columns=[*names]), season, refurbished="none")
examples = load("tabula_types").set_index(["size_class", "age_class"])
plain, unknown = types.archetypes("existing", "none"), np.full(len(examples), np.nan)
own_size = stock.Geometry(examples["reference_area_m2"].to_numpy(), unknown, unknown, unknown)
shells = stock.envelope(own_size, plain, np.arange(len(examples)))
potsdam = weather.HeatingSeason(*(v for (group, _), v in types.boundary().items() if group == "climate_de"))
own_use = types.conditions(plain.multi_unit, plain.air_infiltration_1_h)
examples["computed"] = balance(shells, own_use, potsdam).space_heat_kwh_m2a
ages = load("age_classes")
_, panes = fig.panels(8, 6.2, f"{model}; TABULA/EPISCOPE (IWU 2015)", 3, sharex=True, sharey=True)
for axes, (size, title) in zip(
    panes, {"SFH": "Einfamilienhäuser", "TH": "Reihenhäuser", "MFH": "Mehrfamilienhäuser"}.items(), strict=True
):
    for shift, table, colour, edge in ((0, built, "#fc8d59", "#fc8d59"), (0.27, homes, fig.HEAT, fig.HEAT)):
        own = table[table["size_class"] == size].groupby("age_class", observed=False)
        known = own["space_heat_kwh_a"].sum() / own["floor_area_m2"].sum()
        axes.bar(np.arange(12) + shift, known, 0.25, color=colour, edgecolor=edge, linewidth=0.8)
    of_tabula = examples.loc[size].reindex(ages["age_class"])
    axes.bar(np.arange(12) - 0.27, of_tabula["published_space_heat_kwh_m2a"], 0.25, color="white", edgecolor=fig.INK)
    axes.plot(np.arange(12) - 0.27, of_tabula["computed"], "o", color=fig.INK, markersize=3)
    for missing, shift, text in ((known, 0.13, "keine"), (of_tabula["computed"], -0.4, "kein Typ")):
        for spot_of in np.flatnonzero(missing.isna()):
            axes.text(spot_of + shift, 4, text, ha="center", fontsize=7, color=fig.MUTED)
    axes.set_title(title)
    axes.grid(axis="y")
panes[1].set_ylabel("Raumwärme, kWh/(m²·a) je m² Energiebezugsfläche")
years = ages["label_de"].str.replace("–", "–\n")
panes[2].set_xticks(np.arange(12), [f"{a}\n{n}" for a, n in zip(ages["age_class"], years, strict=True)])
panes[2].tick_params(axis="x", labelsize=7)
bars = [("white", fig.INK, "TABULA, wie gebaut"), ("#fc8d59", "#fc8d59", "Musterstadt, wie gebaut")]
bars += [(fig.HEAT, fig.HEAT, "Musterstadt, heutiger Zustand")]
handles = [fig.Patch(facecolor=face, edgecolor=edge, label=text) for face, edge, text in bars]
label = "klimastep rechnet TABULAs Haus"
handles.insert(1, Line2D([], [], linestyle="", marker="o", markersize=3, color=fig.INK, label=label))
panes[0].legend(handles=handles, loc="upper right")

# %% [markdown]
# ### Berechnet und gemessen
# **Die Zähler von Musterstadt sind erfunden**: eine Faustformel (kWh je m² nach Baujahr, mit Streuung), die die
# Modelle von klimastep nicht kennt. Das Bild zeigt, *wie* verglichen wird, nicht wie gut. Der Vergleich mit wirklichen
# Zählern (Berlin-Mierendorffinsel) steht mit allen Fehlern in `VALIDATION.md`.
#
# Links ohne Zähler: der Balken reicht vom 10. zum 90. Perzentil der Ziehungen über Baualter, Sanierung, Flächen,
# U-Werte und Nutzung. Rechts aus Zählern gelernt, jeder Block vorhergesagt, **ohne dass seine eigenen Zähler gesehen
# wurden** (in zehn Teilen; ohne `parts` lässt `heat.held_back` jeden Block einzeln aus). Hohl: Blöcke, in denen weniger
# als 80 % der beheizten Gebäude einen Zähler haben; die übrigen heizen mit Öl, Holz oder Wärmepumpe, und die Rechnung
# liegt schon deshalb über den Zählern. Kein Eintrag eines Energieträgers heißt hier: nicht angeschlossen.

# %%
units = heat.metered_units(buildings, tables["meters"], empty="not_connected")
units = units.assign(block_id=units["unit_id"].str.removeprefix("block:"))
bands = tables["blocks"][["expected_heat_kwh_a_p10", "expected_heat_kwh_a_p90", "heated_count"]]
given = tables["meters"].groupby(["unit_id", "year"], as_index=False)["connections"].sum()
given = given.rename(columns={"unit_id": "block_id"}).astype({"block_id": "str"})
units = units.merge(bands, left_on="block_id", right_index=True).merge(given, on=["block_id", "year"])
learned = heat.held_back(units, parts=10)
learned = learned[learned["year"] == learned["year"].max()]
alone = learned.assign(
    predicted_kwh_a=learned["expected_kwh_a"],
    low_kwh_a=learned["expected_heat_kwh_a_p10"],
    high_kwh_a=learned["expected_heat_kwh_a_p90"],
)
most = learned["connections"] / learned["heated_count"] >= 0.8
_, panes = fig.panels(9, 4.9, f"{model}; Zähler {learned['year'].max()} erfunden", 1, 2)
titles = ("Ohne Zähler berechnet, mit Band aus Ziehungen", "Aus den Zählern anderer Blöcke gelernt")
fig.against(panes, dict(zip(titles, (alone, learned), strict=True)), most, ("≥ 80 % der Gebäude mit Zähler", "weniger"))

# %% [markdown]
# ### Jahresdauerlinie eines Handlungsraums
# Die Stunden des Jahres nach ihrer Last geordnet: die Spitze währt nur wenige Stunden, die Grundlast (Warmwasser) das
# ganze Jahr. Ein Erzeuger für 40 % der höchsten Last deckt den größten Teil der Wärme.

# %%
curves = tables["load_curves"].merge(tables["zones"]["name"], left_on="zone_id", right_index=True)
first = tables["zones"].sort_values("priority_rank").index[0]
_, axes = fig.panels(8, 3.6, f"{model}; Standardlastprofile Gas (BDEW), demandlib")
for zone, curve in curves.groupby("zone_id"):
    if zone != first:
        axes.plot(8760 * curve["duration_share"], curve["load_kw"] / 1e3, color="#9aa5b1", linewidth=0.8)
curve = curves[curves["zone_id"] == first]
duration, load_mw = 8760 * curve["duration_share"].to_numpy(), curve["load_kw"].to_numpy() / 1e3
base_mw = np.minimum(load_mw, 0.4 * load_mw[0])
covered = np.trapezoid(base_mw, duration) / np.trapezoid(load_mw, duration)
axes.fill_between(duration, base_mw, color=fig.HEAT, alpha=0.25, linewidth=0)
axes.plot(duration, load_mw, color=fig.HEAT, linewidth=1.8)
axes.plot([0, duration[load_mw > base_mw].max()], [base_mw[0]] * 2, color=fig.HEAT, linewidth=0.8, linestyle="--")
energy = np.trapezoid(load_mw, duration)
told = f"{curve['name'].iloc[0]}: {fig.number(energy / 1e3, 'GWh/a')}, Spitze {fig.number(load_mw[0], 'MW')}"
axes.set_title(f"{told}, {fig.number(energy / load_mw[0], 'Volllaststunden', 2)}")
axes.text(300, base_mw[0] / 2, f"40 % der Spitze decken {fig.number(100 * covered, '%', 2)} der Wärme", va="center")
others = curves[(curves["zone_id"] != first) & (curves["duration_share"].round(2) == 0.3)]
axes.annotate(
    "die übrigen Handlungsräume", (0.3 * 8760, others["load_kw"].max() / 1e3), (3600, 2.6), color=fig.MUTED,
    arrowprops={"arrowstyle": "-", "color": fig.MUTED},
)  # fmt: skip
axes.set(xlabel="Stunden im Jahr", ylabel="Wärmelast, MW", xlim=(0, 8760), ylim=(0, None))
fig.german(axes.xaxis, axes.yaxis)

# %% [markdown]
# ### Wärme je Meter Straße
# Jedes beheizte Gebäude zählt zu dem Straßenabschnitt, an dem es liegt; Wege sind keine Trassen. Ein Hinweis, wo ein
# Wärmenetz sich lohnen kann, kein Versorgungsgebiet.

# %%
_, _, classes = heat.line_density_columns()
(axes,), (key,) = fig.maps(8, 9, f"{model}; erwartete Nutzwärme ohne Hausanschlussleitungen")
fig.town(axes, tables["streets"].total_bounds, tables)
buildings.plot(ax=axes, color="#cbd2d9")
handles = []
for one, width in zip(classes.categories, (1.2, 2.2, 3.4, 4.8, 0.7), strict=True):
    sections = tables["streets"][tables["streets"]["line_density_class"] == one.value]
    style = {"color": one.colour, "linewidth": width}
    if one.value == "no_route":
        style |= {"color": fig.MUTED, "linestyle": "--"}
    sections.plot(ax=axes, **style)
    length = fig.number(sections.length.sum() / 1e3, "km", 2)
    handles.append(Line2D([], [], label=f"{one.label_de}; {length}", **style))
fig.named(key, handles, classes.label_de)
