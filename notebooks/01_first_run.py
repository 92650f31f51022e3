# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Ein erster Lauf
#
# Die mitgelieferte Stadt **Musterstadt (synthetisch)** wird gerechnet; danach stehen alle Tabellen als
# GeoDataFrames bereit. Mit der eigenen Stadt geht es genauso, nur mit anderem Plan.

# %%
import tempfile

import figures as fig
import numpy as np

import klimastep
from klimastep.sample import demo_plan
from klimastep.zones import indicators

maps = tempfile.mkdtemp()
tables = klimastep.run(demo_plan(), maps)
{name: len(table) for name, table in tables.items()}

# %% [markdown]
# ## Wo zuerst und warum
# Jeder Handlungsraum sagt selbst, warum er dort steht.

# %%
zones = tables["zones"].sort_values("priority_rank")
for reason in zones["reason_de"]:
    print(reason)

# %%
zones[["name", "priority_rank", "priority_score", "heat_density_kwh_haa", "built_before_1979_share"]].round(2)

# %% [markdown]
# ## Wärme nach Baualter
# Erwartete Nutzwärme je Quadratmeter Energiebezugsfläche (A_C,ref), Wohngebäude.

# %%
buildings = tables["buildings"]
homes = buildings[buildings["is_heated"] & (buildings["use_class"] == "residential")]
groups = homes.groupby("age_class", observed=True)
specific = groups["expected_heat_kwh_a"].sum() / groups["floor_area_m2"].sum()
_, axes = fig.panels(7, 3.2, f"klimastep, {fig.TOWN}")
axes.bar(np.arange(len(specific)), specific, color=fig.HEAT)
for place, value in enumerate(specific):
    axes.text(place, value + 2, fig.number(value), ha="center", fontsize=8)
axes.set_xticks(np.arange(len(specific)), specific.index)
axes.set(xlabel="Baualtersklasse (TABULA)", ylabel="erwartete Nutzwärme, kWh/(m²·a)")
fig.german(axes.yaxis)

# %% [markdown]
# ## Karte der Wärmedichte

# %%
density = indicators.load("heat_density").INDICATOR.column
(axes,), (key,) = fig.maps(8, 9, f"klimastep, {fig.TOWN}")
fig.town(axes, tables["blocks"].total_bounds, tables)
handles = fig.coloured(axes, tables["blocks"], density, edgecolor="white", linewidth=0.5)
zones.boundary.plot(ax=axes, color="#1f2933", linewidth=1)
for name, spot in zip(zones["name"], zones.representative_point(), strict=True):
    axes.text(spot.x, spot.y, name, ha="center", bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none"})
fig.named(key, handles, f"{density.label_de} (Anzahl der Blöcke)")

# %% [markdown]
# ## Später wieder lesen

# %%
again = klimastep.read(f"{maps}/musterstadt")
assert list(again["zones"]["priority_rank"].sort_values()) == list(tables["zones"]["priority_rank"].sort_values())
