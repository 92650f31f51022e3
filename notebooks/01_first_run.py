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

import matplotlib.pyplot as plt

import klimastep
from klimastep.sample import demo_plan

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
figure, axes = plt.subplots(figsize=(7, 3))
specific.plot.bar(ax=axes, color="#bd0026", rot=0)
axes.set(xlabel="Baualtersklasse (TABULA)", ylabel="kWh/(m²·a)")
figure.tight_layout()

# %% [markdown]
# ## Karte der Wärmedichte

# %%
figure, axes = plt.subplots(figsize=(7, 6))
tables["blocks"].plot("heat_density_kwh_haa", cmap="YlOrRd", legend=True, ax=axes, missing_kwds={"color": "#d5dae0"})
zones.boundary.plot(ax=axes, color="#1f2933", linewidth=0.8)
axes.set_axis_off()

# %% [markdown]
# ## Später wieder lesen

# %%
again = klimastep.read(f"{maps}/musterstadt")
assert list(again["zones"]["priority_rank"].sort_values()) == list(tables["zones"]["priority_rank"].sort_values())
