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
# wird, wann, und was die drei Bilanzen (Heizzeit, Monat, Stunde) darüber sagen.

# %%
import tempfile

import matplotlib.pyplot as plt
import numpy as np

import klimastep
from klimastep import heat, sources, weather
from klimastep.heat import archetypes as types
from klimastep.heat import balance_hourly as hourly
from klimastep.heat import stock
from klimastep.reference import load
from klimastep.sample import demo_plan

tables = klimastep.run(demo_plan(), tempfile.mkdtemp())
buildings = tables["buildings"]
reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
year = weather.prepare(reading.tables["weather"], **place)
season = weather.heating_season(year)
hours = weather.hourly_climate(year)

# %% [markdown]
# ## Ein Haus
# Ein Einfamilienhaus der Baualtersklasse E (1958–1968) nach allen drei Bilanzen. Nur die Stundenbilanz weiß etwas
# über den Sommer; ihre Heizlast ist die höchste Stunde des Wetterjahres, die der anderen die Normheizlast bei -12 °C.

# %%
dwellings = buildings[(buildings["type_code"] == "SFH_E") & buildings["floor_area_m2"].notna()]
house = dwellings.iloc[[0]]
methods = {
    "Heizzeit (TABULA)": heat.Method(),
    "Monat": heat.Method(weather.monthly_climate(year)),
    "Stunde": heat.Method(hours),
    "Stunde, 3 K Nachtabsenkung": heat.Method(hours, heat.Operation(setback_k=3.0)),
}
columns = ["space_heat_kwh_a", "hot_water_kwh_a", "heat_load_kw", "overheating_h_a"]
base = house.drop(columns=columns)
{name: heat.demand(base, season, method=m)[columns].iloc[0].round(1).to_dict() for name, m in methods.items()}

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
figure, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4.5), sharex=True)
upper.plot(days, course.air_degc[week], color="#bd0026", label="Raumluft")
upper.plot(days, course.surface_degc[week], color="#fd8d3c", label="Oberflächen")
upper.plot(days, hours.temp_external_degc[week], color="#2c7fb8", label="außen")
upper.set(ylabel="°C")
upper.legend(ncol=3, frameon=False, loc="center left")
lower.fill_between(days, course.heat_w_m2[week], color="#bd0026", alpha=0.6, step="post", linewidth=0)
lower.set(xlabel="Tage der kältesten Woche", ylabel="Heizleistung, W/m²")
figure.tight_layout()

# %% [markdown]
# ## Ein Block
# Die Stunden eines Baublocks nach Standardlastprofilen (BDEW) im Wetter des Jahres; bei mehreren Häusern zählt die
# Gleichzeitigkeit (Winter u. a. 2001).

# %%
shapes = heat.load_shapes(year)
biggest = buildings.groupby("block_id", observed=True)["expected_heat_kwh_a"].sum().idxmax()
block = buildings[buildings["block_id"] == biggest]
load_kw = heat.hourly_load(block, shapes)
heated = int(block["is_heated"].sum())
figure, axes = plt.subplots(figsize=(8, 2.6))
axes.plot(np.arange(len(load_kw)) / 24, load_kw, color="#bd0026", linewidth=0.4)
axes.set(xlabel="Tag des Jahres", ylabel="kW", title=f"Block {biggest}: {heated} beheizte Gebäude")
figure.tight_layout()
print(
    f"{load_kw.sum() / 1e3:.0f} MWh/a, höchste Stunde {load_kw.max():.0f} kW; Summe der Normheizlasten der "
    f"Wohngebäude {block['heat_load_kw'].sum():.0f} kW, mal {float(heat.simultaneity(heated)):.2f} gleichzeitig"
)

# %% [markdown]
# ## Eine Stadt
# ### Bedarf nach Baualter neben TABULA
# Die Stadt rechnet mit dem national üblichen Anteil sanierter Bauteile; TABULA zeigt die Typen, wie sie gebaut sind.

# %%
homes = buildings[buildings["is_heated"] & (buildings["size_class"] == "SFH")]
groups = homes.groupby("age_class", observed=False)[["space_heat_kwh_a", "floor_area_m2"]].sum()
city = groups["space_heat_kwh_a"] / groups["floor_area_m2"]
published = load("tabula_types").query("size_class == 'SFH'").set_index("age_class")["published_space_heat_kwh_m2a"]
figure, axes = plt.subplots(figsize=(8, 3))
place_of = np.arange(len(city))
axes.bar(place_of - 0.2, published.reindex(city.index), 0.4, color="#fdd49e", label="TABULA, wie gebaut")
axes.bar(place_of + 0.2, city, 0.4, color="#bd0026", label="Musterstadt, heutiger Zustand")
axes.set_xticks(place_of, city.index)
axes.set(xlabel="Baualtersklasse, Einfamilienhäuser", ylabel="Raumwärme, kWh/(m²·a)")
axes.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# ### Jahresdauerlinien der Handlungsräume

# %%
curves = tables["load_curves"].merge(tables["zones"]["name"], left_on="zone_id", right_index=True)
figure, axes = plt.subplots(figsize=(8, 3.4))
for name, curve in curves.groupby("name"):
    axes.plot(8760 * curve["duration_share"], curve["load_kw"] / 1e3, label=name)
axes.set(xlabel="Stunden im Jahr", ylabel="MW", xlim=(0, 8760), ylim=(0, None))
axes.legend(frameon=False, fontsize=8)
figure.tight_layout()

# %% [markdown]
# ### Wärme je Meter Straße
# Jedes beheizte Gebäude zählt zu dem Straßenabschnitt, an dem es liegt; Wege sind keine Trassen. Ein Hinweis, wo ein
# Wärmenetz sich lohnen kann, kein Versorgungsgebiet.

# %%
_, _, classes = heat.line_density_columns()
figure, axes = plt.subplots(figsize=(8, 7))
buildings.plot(ax=axes, color="#e4e7eb")
for one, width in zip(classes.categories, (1, 2, 3, 4, 0.6), strict=True):
    sections = tables["streets"][tables["streets"]["line_density_class"] == one.value]
    if len(sections):
        sections.plot(ax=axes, color=one.colour, linewidth=width, label=one.label_de.replace("\u202f", " "))
axes.set_axis_off()
axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0), title=classes.label_de)
figure.tight_layout()
