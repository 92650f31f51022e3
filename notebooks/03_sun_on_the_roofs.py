# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sonne: ein Dach, ein Block, eine Stadt
#
# Was ein Dach vom Himmel sieht, was Nachbarn ihm in jedem Monat nehmen, welche Dächer sich eignen und wie viel Strom
# die Dächer von **Musterstadt (synthetisch)** gegen den Bedarf stellen. Dazu zwei Proben der Rechnung: gegen pvlib und
# gegen einen Strahl je Stunde.

# %%
import sys
import tempfile
from pathlib import Path

import figures as fig
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pvlib
import rasterio
import shapely
from matplotlib.colors import LightSource, LinearSegmentedColormap, Normalize
from matplotlib.lines import Line2D

import klimastep
from klimastep import solar, sources, weather
from klimastep.rasters import Mosaic
from klimastep.sample import bundled, demo_plan
from klimastep.solar.horizon import scale
from klimastep.solar.raster import normals, shade_raster
from klimastep.solar.sky import sky_tables
from klimastep.weather.sun import sun_at

tables = klimastep.run(demo_plan(), tempfile.mkdtemp())
buildings, roofs = tables["buildings"], tables["roofs"]

# %% [markdown]
# Dasselbe Wetter wie im Lauf: das Testreferenzjahr, Monat für Monat auf das heutige Klima am Ort gebracht. Der Himmel
# eines Jahres (Hay und Davies) ist danach eine kleine Tabelle.

# %%
reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
spot = buildings.head(1).to_crs("EPSG:4326").geometry.iloc[0].centroid
today = weather.present_climate(spot.y, spot.x)
year = weather.scale_monthly(
    weather.prepare(reading.tables["weather"], **place),
    temp_air_degc=today.temp_air_degc,
    ghi_w_m2=today.ghi_w_m2,
    name=today.name,
)
sky = year.sky()
free = weather.monthly_on_planes(roofs["tilt_deg"], roofs["azimuth_deg"].fillna(0.0), sky)
whole = pd.Series(free.sum(axis=1), roofs.index)
kept = whole * (1 - roofs["shading_loss_share"])
assert np.allclose(kept, roofs["irradiation_kwh_m2a"], rtol=1e-6)  # the sky of the run
model = f"klimastep, {fig.TOWN}; Strahlung: DWD-Testreferenzjahr Region 12, gebracht auf {today.name}"
drawn = "Verschattung durch Dachflächen und Gebäudehöhen, ohne Bäume"

# %% [markdown]
# ## Ein Dach
# Unter den gut geeigneten Süddächern über 40 m² das, dem die Nachbarn im Dezember am meisten Sonne nehmen.

# %%
south = roofs["azimuth_deg"].between(150, 210) & (roofs["tilt_deg"] > 20) & (roofs["area_m2"] > 40)
good = roofs["solar_suitability"].isin(["very_good", "good"])
december = roofs[solar.MONTHLY[11].name] / free[:, 11]
roof_id = december[south & good].idxmin()
roof = roofs.loc[roof_id]
shown = {
    "tilt_deg": "Neigung, °",
    "azimuth_deg": "Azimut, °",
    "area_m2": "Fläche, m²",
    "irradiation_kwh_m2a": "Einstrahlung, kWh/(m²·a)",
    "shading_loss_share": "Verlust durch Verschattung",
    "sky_view_share": "sichtbarer Himmel",
}
roof[[*shown]].rename(shown).astype("float64").round(2).to_frame("Dach")

# %% [markdown]
# ### Himmel und Horizont
# Der Himmel von unten gesehen: in der Mitte der Zenit, am Rand der Horizont, Norden oben, Osten rechts. Dunkel ist, was
# von fast allen Punkten des Daches aus verdeckt ist, heller, was nur von einem Teil aus verdeckt ist; die Linie ist die
# Mitte (Median). Schraffiert liegt der Himmel hinter der Dachfläche selbst. Die Sonnenbahnen des 21. jedes Monats sind
# dick, wo die Sonne über der Mitte steht; gepunktet die Stunden in MEZ.

# %%
horizon = solar.horizon_of(roofs, roof_id, solar.Surroundings(buildings))
ring = np.radians(np.append(horizon.azimuth_deg, 360.0))
ends = np.vstack((horizon.elevation_deg.T, horizon.elevation_deg[:, 0]))
low, middle, high = np.quantile(ends, (0.1, 0.5, 0.9), axis=1)
own = np.append(horizon.own_deg, horizon.own_deg[0])
figure, axes = fig.panels(6.6, 7.6, f"{model}; {drawn}", subplot_kw={"projection": "polar"})
axes.set_theta_zero_location("N")
axes.set_theta_direction(-1)
axes.set_facecolor("#eef5fb")
axes.fill_between(ring, 90 - high, 90, color="#b8c2cc", linewidth=0)
axes.fill_between(ring, 90 - low, 90, color="#52606d", linewidth=0)
axes.fill_between(ring, 90 - own, 90, facecolor="none", edgecolor=fig.MUTED, hatch="////", linewidth=0.8)
axes.plot(ring, 90 - middle, color=fig.INK, linewidth=1)
paths = {6: "Jun", 5: "Mai, Jul", 4: "Apr, Aug", 3: "Mrz, Sep", 2: "Feb, Okt", 1: "Jan, Nov", 12: "Dez"}
at_hour = {hour: [] for hour in range(6, 19, 2)}
for month, label in paths.items():
    moments = pd.date_range(f"2021-{month:02d}-21", periods=288, freq="5min", tz="UTC").as_unit("s")
    sun = sun_at(moments.asi8, year.latitude_deg, year.longitude_deg)
    bearing, zenith = np.radians(sun.azimuth_deg), np.where(sun.zenith_deg < 90, sun.zenith_deg, np.nan)
    free_sky = 90 - zenith > np.interp(bearing, ring, np.maximum(middle, own))
    axes.plot(bearing, zenith, color="#9c6510", linewidth=0.7)
    axes.plot(bearing, np.where(free_sky, zenith, np.nan), color=fig.SUN, linewidth=2.8, solid_capstyle="butt")
    noon = np.nanargmin(zenith)
    shift = -2.4 if month in (6, 1) else 2.6
    axes.text(bearing[noon], zenith[noon] + shift, label, ha="center", va="center", fontsize=6.5)
    for hour, dots in at_hour.items():
        dots.append((bearing[12 * (hour - 1)], zenith[12 * (hour - 1)]))
for hour, dots in at_hour.items():
    axes.plot(*np.transpose(dots), color=fig.INK, linewidth=0.8, linestyle=":")
    axes.text(dots[0][0], dots[0][1] - 7, f"{hour}", ha="center", va="center", fontsize=7, color=fig.MUTED)
axes.set_rlim(0, 90)
axes.set_rgrids([30, 60, 90], ["60°", "30°", ""], angle=22, fontsize=7)
axes.set_thetagrids(np.arange(0, 360, 45), ["N", "NO", "O", "SO", "S", "SW", "W", "NW"])
axes.set_title(f"Dach {roof_id} sieht {fig.percent(roof['sky_view_share'])} eines gleichmäßigen Himmels", loc="center")
handles = [
    fig.Patch(color="#52606d", label="verdeckt (mindestens 90 % der Punkte)"),
    fig.Patch(color="#b8c2cc", label="verdeckt (10 bis 90 % der Punkte)"),
    fig.Patch(facecolor="none", edgecolor=fig.MUTED, hatch="////", label="hinter der Dachfläche"),
    Line2D([], [], color=fig.SUN, linewidth=2.8, label="Sonne scheint auf das Dach"),
    Line2D([], [], color="#9c6510", linewidth=0.7, label="Sonne verdeckt"),
]
axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncol=2)

# %% [markdown]
# ### Die Monate

# %%
months = roof[[c.name for c in solar.MONTHLY]].to_numpy(dtype="float64")
alone = free[roofs.index.get_loc(roof_id)]
_, axes = fig.panels(8, 3.2, f"{model}; {drawn}")
axes.bar(np.arange(12), alone, 0.72, color="white", edgecolor=fig.INK, linewidth=0.8)
axes.bar(np.arange(12), months, 0.72, color=fig.SUN, edgecolor=fig.INK, linewidth=0.8)
for month, (some, all_) in enumerate(zip(months, alone, strict=True)):
    axes.text(month, all_ + 2, fig.percent(some / all_ - 1), ha="center", fontsize=8)
fig.months(axes)
fig.german(axes.yaxis)
axes.grid(axis="y")
told = f"{fig.number(alone.sum())} kWh/(m²·a) ohne, {fig.number(months.sum())} mit Verschattung"
axes.set(ylabel="Einstrahlung, kWh/m² im Monat", title=f"Dach {roof_id}: {told}")
handles = [
    fig.Patch(facecolor=c, edgecolor=fig.INK, label=t) for c, t in ((fig.SUN, "bleibt"), ("white", "verschattet"))
]
axes.legend(handles=handles, loc="upper right")

# %% [markdown]
# ## Ein Block
# Die Dachflächen im Block dieses Daches nach Eignung, und was auf die geeigneten passt.

# %%
block_id = buildings.loc[roof["building_id"], "block_id"]
members = buildings[buildings["block_id"] == block_id]
planes = roofs[roofs["building_id"].isin(members.index)]
west, south_, east, north = members.total_bounds
half = max(east - west, north - south_) / 2 + 15
center = np.array([west + east, south_ + north]) / 2
figure, (left, right) = fig.panels(9, 4.4, f"{model}; {drawn}", 1, 2, width_ratios=(1.5, 1))
fig.town(left, (*(center - half), *(center + half)), tables, bar_m=50)
buildings.plot(ax=left, color="#e4e7eb")
fig.coloured(left, planes, solar.SUITABILITY, edgecolor="white", linewidth=0.4)
planes.loc[[roof_id]].boundary.plot(ax=left, color=fig.INK, linewidth=1.8)
left.set_title(f"Block {block_id}; umrandet: unser Dach")
sums = planes.groupby("solar_suitability", observed=False)["area_m2"].sum()
categories = solar.SUITABILITY.categories
rank = np.arange(len(categories))[::-1]
right.barh(rank, [sums[c.value] for c in categories], 0.5, color=[c.colour for c in categories], edgecolor=fig.MUTED)
for y, category in zip(rank, categories, strict=True):
    right.text(0, y + 0.28, category.label_de, va="bottom", fontsize=8)
right.set_yticks([])
right.set(xlabel="Dachfläche, m²", ylim=(-0.4, len(categories) - 0.3))
power, energy = planes["pv_kwp"].sum(), planes["pv_yield_kwh_a"].sum()
right.set_title(f"möglich: {fig.number(power, 'kWp', 2)}, {fig.number(energy / 1e3, 'MWh/a', 2)}")
fig.german(right.xaxis)

# %% [markdown]
# ## Eine Stadt
# ### Einstrahlung auf jeden Quadratmeter
# Das Oberflächenmodell der Stadt, 1 m, Zelle für Zelle verschattet (64 Richtungen), als Relief; darüber die Dachflächen
# nach Eignung. Das Modell kennt die Bäume; der Plan der Stadt liest es nicht, seine Dächer verschatten nur einander.

# %%
steps = scale()
with Mosaic([bundled() / "oberflaechenmodell" / "dom1.tif"]) as surface:
    heights = surface.read(surface.bounds)
    z = heights.values  # noqa: PD011
    energy_map = np.full(z.shape, np.nan, dtype=np.float32)
    for tile in shade_raster(surface, sky_tables(sky, steps), steps):
        top, side = round(heights.north - tile.north), round(tile.west - heights.west)
        energy_map[top : top + tile.view.shape[0], side : side + tile.view.shape[1]] = tile.energy[-1]
warm = LinearSegmentedColormap.from_list("warm", ["#3e3a36", "#8a7f6d", "#e3cf9a", "#fff7d6"])
span, light = Normalize(200, 1400), LightSource(azdeg=315, altdeg=45)
extent = (heights.west, heights.bounds[2], heights.bounds[1], heights.north)


def relief(axes, colours):
    """Draw the irradiation of the cells in the shade of the relief and return its colours."""
    shown = light.shade_rgb(colours(span(energy_map))[..., :3], z, blend_mode="soft", vert_exag=0.7)
    axes.imshow(shown, extent=extent, interpolation="nearest")
    return plt.cm.ScalarMappable(span, colours)


received = "Einstrahlung auf die Zellen, kWh/(m²·a)"
(axes,), (key,) = fig.maps(9, 10, f"{model}; Oberflächenmodell 1 m der Musterstadt")
fig.bar(key, relief(axes, warm), received)
handles = fig.coloured(axes, roofs, solar.SUITABILITY, edgecolor=fig.MUTED, linewidth=0.15)
fig.town(axes, tables["blocks"].total_bounds)
fig.named(key, handles, "Dachflächen nach Eignung (Anzahl)")

# %% [markdown]
# Ein Ausschnitt: links die Zellen selbst, auf Dächern in ihrer Neigung (Südseiten hell, Nordseiten und Höfe dunkel),
# rechts die Klassen der Dachflächen. Das Oberflächenmodell ist auf Dezimeter gerundet, das gibt sanften Hängen Stufen.

# %%
half = 100
x, y = roof.geometry.centroid.x, roof.geometry.centroid.y
window = (x - half, y - half, x + half, y + half)
near = roofs.cx[window[0] : window[2], window[1] : window[3]]
panes, keys = fig.maps(9, 6.1, f"{model}; Oberflächenmodell 1 m der Musterstadt", 2)
fig.bar(keys[0], relief(panes[0], plt.get_cmap("inferno")), received)
relief(panes[1], warm)
near.boundary.plot(ax=panes[0], color="white", linewidth=0.4)
handles = fig.coloured(panes[1], near, solar.SUITABILITY, edgecolor="white", linewidth=0.3)
for axes in panes:
    fig.town(axes, window, bar_m=50)
fig.named(keys[1], handles, "Dachflächen nach Eignung (Anzahl)")

# %% [markdown]
# ### Zwei Proben
# Links die unverschattete Einstrahlung von 300 Dächern gegen pvlibs eigene Umrechnung derselben Stunden. Rechts Zellen
# von Dächern in einem Ausschnitt des Oberflächenmodells gegen eine langsame, einfache Rechnung: für jede Zelle und jede
# Stunde des Jahres ein Strahl zur Sonne (`tests/solar/brute_force.py`, darum braucht diese Zelle die Quellen von
# klimastep). Die Fehler über eine ganze erfundene Stadt stehen in `VALIDATION.md`.

# %%
rng = np.random.default_rng(1)
picked = rng.choice(np.flatnonzero(roofs["tilt_deg"] > 5), 300, replace=False)
sun, hourly = year.sun, year.hourly
dni, ghi, dhi = (hourly[c].to_numpy() for c in ("dni_w_m2", "ghi_w_m2", "dhi_w_m2"))
theirs = [
    pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun.zenith_deg, sun.azimuth_deg, dni, ghi, dhi, dni_extra=sun.extra_w_m2, albedo=0.2,
        model="haydavies",
    )["poa_global"].sum() / 1e3
    for tilt, azimuth in roofs.iloc[picked][["tilt_deg", "azimuth_deg"]].to_numpy()
]  # fmt: skip
unshaded = pd.DataFrame({"ours": whole.iloc[picked].to_numpy(), "theirs": theirs})

# %%
sys.path.append(str(Path("..", "tests", "solar").resolve()))
import brute_force  # noqa: E402

reach, core = 150, 60
row, column = round(heights.north - y), round(x - heights.west)
cut = z[row - reach : row + reach, column - reach : column + reach]
path = Path(tempfile.mkdtemp(), "cut.tif")
transform = rasterio.Affine(1.0, 0.0, heights.west + column - reach, 0.0, -1.0, heights.north - row + reach)
profile = {"driver": "GTiff", "height": len(cut), "width": len(cut), "count": 1, "dtype": "float32"}
with rasterio.open(path, "w", crs="EPSG:25832", transform=transform, **profile) as data:
    data.write(cut, 1)
with Mosaic([path]) as surface:
    (tile,) = shade_raster(surface, sky_tables(sky, steps), steps)
rows, columns = (v.ravel() for v in np.mgrid[reach - core : reach + core, reach - core : reach + core])
inside = shapely.contains_xy(near.union_all(), tile.west + columns + 0.5, tile.north - rows - 0.5)
chosen = rng.choice(np.flatnonzero(inside), 150, replace=False)
rows, columns = rows[chosen], columns[chosen]
points = np.column_stack((rows, columns, cut[rows, columns])).astype("float64")
upright = normals(cut, 1.0)[:, rows, columns].T.astype("float64")
rays, _ = brute_force.irradiation(cut, points, upright, sky)
shaded = pd.DataFrame({"ours": tile.energy[-1][rows, columns], "theirs": rays.sum(axis=1)})

# %%
_, panes = fig.panels(9, 4.7, f"{model}; pvlib {pvlib.__version__}", 1, 2)
for axes, pair, title, name in (
    (panes[0], unshaded, "Unverschattet: 300 Dächer", "pvlib, Hay und Davies"),
    (panes[1], shaded, "Verschattet: 150 Dachzellen", "ein Strahl je Stunde"),
):
    ends = [pair.to_numpy().min() * 0.95, pair.to_numpy().max() * 1.03]
    axes.plot(ends, ends, color=fig.INK, linewidth=0.8)
    axes.scatter(pair["theirs"], pair["ours"], s=14, facecolor=fig.SUN, edgecolor=fig.INK, linewidth=0.4, alpha=0.8)
    off = pair["ours"] / pair["theirs"] - 1
    bias = pair["ours"].sum() / pair["theirs"].sum() - 1
    told = f"mittlerer Fehler {fig.percent(off.abs().mean())}\nVerzerrung {fig.percent(bias)}"
    axes.text(0.04, 0.96, told, transform=axes.transAxes, va="top")
    axes.set(xlim=ends, ylim=ends, aspect="equal", title=title)
    axes.set(xlabel=f"{name}, kWh/(m²·a)", ylabel="klimastep, kWh/(m²·a)")
    fig.german(axes.xaxis, axes.yaxis)

# %% [markdown]
# ### Solarstrom gegen Bedarf
# Je Handlungsraum und Monat: was alle geeigneten Dächer geben könnten, gegen Haushaltsstrom und Strom für
# Wärmepumpen, **als ob alle beheizten Gebäude eine hätten**. Genutzt wird Stunde für Stunde das Kleinere von beiden im
# ganzen Gebiet, ohne Speicher: im Sommer bleibt viel übrig, im Winter fehlt es.

# %%
balance = tables["solar_balance"].merge(tables["zones"]["name"], left_on="zone_id", right_index=True)
_, panes = fig.panels(9, 5.2, f"{model}; Haushalte nach Standardlastprofil H0", 2, 3, sharex=True, sharey=True)
for axes, (name, zone) in zip(panes.ravel(), balance.groupby("name"), strict=True):
    made, homes, pumps = (
        zone[c].to_numpy() / 1e6 for c in ("pv_yield_kwh", "household_electricity_kwh", "heat_pump_electricity_kwh")
    )
    axes.bar(np.arange(12), made, 0.8, color=fig.PALE_SUN, edgecolor=fig.SUN, linewidth=0.8)
    axes.bar(np.arange(12), zone["used_all_kwh"] / 1e6, 0.8, color=fig.SUN)
    axes.stairs(homes, np.arange(13) - 0.5, color=fig.COLD, linewidth=1.2, linestyle="--", baseline=None)
    axes.stairs(homes + pumps, np.arange(13) - 0.5, color=fig.HEAT, linewidth=1.5, baseline=None)
    covered = zone["used_all_kwh"].sum() / 1e6 / (homes + pumps).sum()
    used = zone["used_all_kwh"].sum() / 1e6 / made.sum()
    told = f"deckt {fig.percent(covered)}, genutzt {fig.percent(used)}"
    axes.set_title(name)
    axes.text(0.5, 0.97, told, transform=axes.transAxes, ha="center", va="top", fontsize=8)
    axes.set_xticks(np.arange(12), [m[0] for m in fig.MONTHS])
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    fig.german(axes.yaxis)
panes[0, 0].set_ylim(0, 1.15 * balance["pv_yield_kwh"].max() / 1e6)
panes[0, 0].set_ylabel("GWh im Monat")
panes[1, 0].set_ylabel("GWh im Monat")
handles = [
    fig.Patch(facecolor=fig.PALE_SUN, edgecolor=fig.SUN, label="Solarstrom, übrig"),
    fig.Patch(color=fig.SUN, label="Solarstrom, im Gebiet genutzt"),
    Line2D([], [], color=fig.COLD, linestyle="--", label="Haushalte"),
    Line2D([], [], color=fig.HEAT, label="Haushalte und Wärmepumpen"),
]
panes[0, 0].figure.legend(handles=handles, loc="outside upper center", ncol=4)
