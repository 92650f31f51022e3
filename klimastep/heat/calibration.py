"""Learn from meters: factors by kind of building, age and metered unit, shrunk to what the meters can tell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import t as student_t

from klimastep.errors import InputError
from klimastep.heat.balance_seasonal import Array
from klimastep.reference import load

EFFECTS = ("kind", "age", "unit", "year")
ROUNDS = 50
CONVERGED = 1e-8
LEAST, MOST = 1e-3, 2.0


class Prior(NamedTuple):
    """How far effects on the logarithm of metered over expected heat are thought to spread. [1]

    Parameters
    ----------
    common : float
        Of the factor common to all buildings.
    kind, age, unit : float
        Of the kinds of building (use and size), the age classes, the metered units.
    year : float
        Of one year's reading of a unit around the unit's own mean.
    freedom : float
        Degrees of freedom of Student's t for the effects of units: few let a broken meter or footprint stand
        apart without pulling the others.
    """

    common: float
    kind: float
    age: float
    unit: float
    year: float
    freedom: float


def prior() -> Prior:
    """Return the prior of ``reference/calibration_prior.csv``."""
    table = load("calibration_prior").set_index("effect")["value"]
    return Prior(*(float(table[name]) for name in Prior._fields))


class _Sample(NamedTuple):
    """Rows of unit x year, and their sums over each unit's rows."""

    log_ratio: Array
    design: Array
    unit: NDArray[np.int64]
    rows: Array
    design_sum: Array
    log_ratio_sum: Array


class Calibration:
    """Factors from expected to metered useful heat, learned from metered units.

    The logarithm of metered over expected heat of a unit in a year is a sum of a common effect, effects of the
    kinds and ages of its buildings (each by its share of the unit's expected heat), an effect of the unit and a
    rest of that year. All are normal around zero, the units' by Student's t; how far they spread is found by
    the largest posterior likelihood, starting at the prior. The spread decides how much a unit's own meters
    count against those of all others (shrinkage): an unmetered building gets the common effect and those of its
    kind and age, a metered one its unit's too.

    Parameters
    ----------
    start : Prior, optional
        Where the spreads start; half-normal of that scale. `reference/calibration_prior.csv` by default.

    Attributes
    ----------
    common_ : float
        Common effect. [ln]
    kind_, age_, unit_ : Series
        Effects by name. [ln]
    spread_ : dict of str to float
        Standard deviations found: kind, age, unit, year. [ln]
    rows_, weight_ : Series
        Years of each unit, and its weight (small where it stands apart).
    covariance_ : ndarray
        Of common, kind and age effects. [ln²]
    """

    def __init__(self, start: Prior | None = None) -> None:
        self.start = start or prior()

    def fit(self, units: pd.DataFrame) -> Calibration:
        """Learn from metered units.

        Parameters
        ----------
        units : DataFrame
            Rows of unit x year: ``unit_id``, ``expected_kwh_a`` (weather of that year), ``metered_kwh_a``, and
            the shares ``kind:<name>`` and ``age:<name>`` of the unit's expected heat.

        Raises
        ------
        InputError
            Fewer than two units with expected and metered heat above zero.
        """
        good = units[(units["expected_kwh_a"] > 0) & (units["metered_kwh_a"] > 0)].reset_index(drop=True)
        names = pd.Index(sorted(good["unit_id"].unique()))
        if len(names) < 2:
            told = f"{len(names)} units with expected and metered heat above zero"
            raise InputError("meters", told, "at least two", "calibrate with more meters or leave it out")
        kinds, ages = _shares(good, "kind:"), _shares(good, "age:")
        ratio = np.log((good["metered_kwh_a"] / good["expected_kwh_a"]).to_numpy(dtype=np.float64))
        sample = _sample(
            ratio,
            kinds.to_numpy(),
            ages.to_numpy(),
            np.asarray(names.get_indexer(pd.Index(good["unit_id"])), dtype=np.int64),
        )
        groups = np.repeat([0, 1, 2], [1, kinds.shape[1], ages.shape[1]])
        weight, spread = np.ones(len(names)), np.array(self.start[1:5])
        for _ in range(ROUNDS):
            before = weight
            spread = _spread(sample, groups, weight, self.start, spread)
            effects, unit, covariance = _effects(sample, groups, weight, self.start, spread)
            weight = (self.start.freedom + 1.0) / (self.start.freedom + (unit / spread[2]) ** 2)
            if np.abs(weight - before).max() < CONVERGED:
                break
        self.common_ = float(effects[0])
        self.kind_ = pd.Series(effects[groups == 1], index=kinds.columns)
        self.age_ = pd.Series(effects[groups == 2], index=ages.columns)
        self.unit_ = pd.Series(unit, index=names)
        self.rows_ = pd.Series(sample.rows, index=names)
        self.weight_ = pd.Series(weight, index=names)
        self.covariance_ = covariance
        self.spread_ = dict(zip(EFFECTS, (float(s) for s in spread), strict=True))
        return self

    def log_factor(self, units: pd.DataFrame) -> Array:
        """Return the effect of units or buildings, shape (n,). [ln]

        Parameters
        ----------
        units : DataFrame
            Shares ``kind:<name>`` and ``age:<name>``, and ``unit_id`` where a metered unit is known.
        """
        own = self.unit_.reindex(pd.Index(units["unit_id"])).fillna(0.0).to_numpy() if "unit_id" in units else 0.0
        effects = np.concatenate([[self.common_], self.kind_.to_numpy(), self.age_.to_numpy()])
        result: Array = self._rows(units) @ effects + own
        return result

    def predict(self, units: pd.DataFrame) -> Array:
        """Return the factor from expected to metered useful heat, shape (n,). [1]

        The median, for a unit that was not metered too: the mean of a skewed spread would rest on its tail.
        """
        result: Array = np.exp(self.log_factor(units))
        return result

    def band(self, units: pd.DataFrame, level: float = 0.1) -> tuple[Array, Array]:
        """Return the factor below which the metered one lies with probability `level`, and with 1 - `level`. [1]

        Student's t around the median: the effects' own uncertainty, the unit's effect as far as its meters do
        not tell it, and one year's rest.
        """
        rows = self._rows(units)
        common = np.einsum("ij,jk,ik->i", rows, self.covariance_, rows)
        unit = pd.Index(units["unit_id"]) if "unit_id" in units else pd.Index([None] * len(units))
        known = self.rows_.reindex(unit).fillna(0.0).to_numpy()
        own = self.spread_["unit"] ** 2 / self.weight_.reindex(unit).fillna(1.0).to_numpy()
        left = self.spread_["year"] ** 2 / (self.spread_["year"] ** 2 + known * own)
        scale = np.sqrt(left**2 * common + left * own + self.spread_["year"] ** 2)
        reach = student_t.ppf(1.0 - level, self.start.freedom) * scale
        middle = self.log_factor(units)
        return np.exp(middle - reach), np.exp(middle + reach)

    def _rows(self, units: pd.DataFrame) -> Array:
        parts = [
            _shares(units, prefix).reindex(columns=effects.index, fill_value=0.0).to_numpy()
            for prefix, effects in (("kind:", self.kind_), ("age:", self.age_))
        ]
        return np.hstack([np.ones((len(units), 1)), *parts])


def _shares(units: pd.DataFrame, prefix: str) -> pd.DataFrame:
    part = units[[c for c in units.columns if str(c).startswith(prefix)]].fillna(0.0).astype("float64")
    return part.rename(columns=lambda c: str(c).removeprefix(prefix))


def _sample(log_ratio: Array, kinds: Array, ages: Array, unit: NDArray[np.int64]) -> _Sample:
    design = np.hstack([np.ones((len(log_ratio), 1)), kinds, ages])
    units = int(unit.max()) + 1
    member = np.zeros((units, design.shape[1]))
    np.add.at(member, unit, design)
    return _Sample(
        log_ratio,
        design,
        unit.astype(np.int64),
        np.bincount(unit, minlength=units).astype(np.float64),
        member,
        np.asarray(np.bincount(unit, log_ratio, minlength=units), dtype=np.float64),
    )


def _normal_equations(
    sample: _Sample, groups: NDArray[np.int64], weight: Array, start: Prior, spread: Array
) -> tuple[Array, Array, Array]:
    """Return precision and right side of the common, kind and age effects, and each unit's pull to its rows' mean.

    Rows of one unit share its effect, so that their covariance is that of a year on the diagonal plus that of the
    unit everywhere; its inverse is closed (Sherman and Morrison) and units never meet in one matrix.
    """
    own, year = spread[2] ** 2 / weight, spread[3] ** 2
    pull = own / (year + sample.rows * own)
    inner = sample.design.T @ sample.design - (sample.design_sum * pull[:, None]).T @ sample.design_sum
    right = sample.design.T @ sample.log_ratio - sample.design_sum.T @ (pull * sample.log_ratio_sum)
    variance = np.array([start.common, spread[0], spread[1]])[groups] ** 2
    return inner / year + np.diag(1.0 / variance), right / year, pull


def _effects(
    sample: _Sample, groups: NDArray[np.int64], weight: Array, start: Prior, spread: Array
) -> tuple[Array, Array, Array]:
    """Return the mean of all effects given the spreads (best linear unbiased prediction), and their covariance."""
    precision, right, pull = _normal_equations(sample, groups, weight, start, spread)
    covariance: Array = np.linalg.inv(precision).astype(np.float64)
    effects = covariance @ right
    return effects, pull * (sample.log_ratio_sum - sample.design_sum @ effects), covariance


def _spread(sample: _Sample, groups: NDArray[np.int64], weight: Array, start: Prior, spread: Array) -> Array:
    """Return the spreads of largest likelihood times half-normal prior, shape (4,)."""
    scale = np.array(start[1:5])

    def loss(logs: Array) -> float:
        found = np.exp(logs)
        precision, right, pull = _normal_equations(sample, groups, weight, start, found)
        own, year = found[2] ** 2 / weight, found[3] ** 2
        logdet = np.sum((sample.rows - 1.0) * np.log(year) + np.log(year + sample.rows * own))
        logdet += np.linalg.slogdet(precision)[1]
        logdet += 2.0 * np.sum(np.log(np.array([start.common, found[0], found[1]])[groups]))
        fit = (sample.log_ratio @ sample.log_ratio - pull @ sample.log_ratio_sum**2) / year
        fit -= right @ np.linalg.solve(precision, right)
        return float(0.5 * (logdet + fit) + 0.5 * np.sum((found / scale) ** 2) - np.sum(logs))

    result = minimize(loss, np.log(spread), method="L-BFGS-B", bounds=[(np.log(LEAST), np.log(MOST))] * 4)
    return np.asarray(np.exp(result.x), dtype=np.float64)
