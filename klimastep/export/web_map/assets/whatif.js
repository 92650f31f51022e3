/* Rank of the zones: as the plan gives it, or by the reader's own weights. */
(function (k) {
  'use strict';

  var MIN_KNOWN = 0.5, MOST_WEIGHT = 100;

  k.ranking = {
    changed: false,
    weights: null,

    column: function (name) { return k.layers.zones ? k.layers.zones.column(name) : null; },

    given: function (name, row) { var c = this.column(name); return c ? c.values[row] : NaN; },

    rank: function (row) { return this.changed ? this.own.rank[row] : Math.round(this.given('priority_rank', row)); },

    score: function (row) { return this.changed ? this.own.score[row] : this.given('priority_score', row); },

    /* Share of drawn weightings in which the class of the plan holds; says nothing about the reader's weights. */
    certainty: function (row) { return this.changed ? NaN : this.given('rank_certainty_share', row); },

    contribution: function (indicator, row) {
      return this.changed ? this.own.share(indicator, row) : this.given(indicator.name + '_contribution', row);
    },

    /* Score of an indicator; without its column it follows from contribution, total and weight. */
    indicatorScore: function (indicator, row) {
      if (indicator.scored) return this.given(indicator.name + '_score', row);
      return this.given(indicator.name + '_contribution', row) * this.given('priority_score', row) / this.planned(indicator);
    },

    planned: function (indicator) {
      var sum = k.model.indicators.reduce(function (s, i) { return s + i.weight; }, 0);
      return indicator.weight / sum;
    },

    reset: function () {
      this.changed = false;
      this.weights = k.model.indicators.map(this.planned);
      var need = k.need();
      if (need) need.codeList = need.planCodes;
    },

    apply: function (weights) {
      this.weights = weights;
      this.changed = true;
      this.own = compute(weights);
      var need = k.need(), ranks = this.own.rank;
      need.codeList = need.planCodes.slice();
      reclass(need, ranks);
    }
  };

  function compute(weights) {
    var indicators = k.model.indicators, n = k.layers.zones.count, score = new Float64Array(n), parts = [];
    var sum = weights.reduce(function (a, b) { return a + b; }, 0) || 1;
    for (var row = 0; row < n; row++) {
      var total = 0, known = 0;
      parts[row] = indicators.map(function (indicator, i) {
        var value = k.ranking.indicatorScore(indicator, row), part = isNaN(value) ? NaN : value * weights[i] / sum;
        if (!isNaN(part)) { total += part; known += weights[i] / sum; }
        return part;
      });
      score[row] = known >= MIN_KNOWN && !isNaN(k.ranking.given('priority_rank', row)) ? total / known : NaN;
      parts[row] = parts[row].map(function (p) { return total > 0 ? p / total : NaN; });
    }
    return {
      score: score,
      rank: Array.from(score, function (s) {
        return isNaN(s) ? NaN : 1 + score.reduce(function (c, other) { return c + (other > s + 1e-9 ? 1 : 0); }, 0);
      }),
      share: function (indicator, at) { return parts[at][indicators.indexOf(indicator)]; }
    };
  }

  /* Each class keeps its number of zones; the order of classes is that of the legend. */
  function reclass(need, ranks) {
    var order = Array.from(ranks.keys()).filter(function (r) { return !isNaN(ranks[r]); }).sort(function (a, b) { return ranks[a] - ranks[b]; });
    var codes = order.map(function (r) { return need.planCodes[r]; }).sort(function (a, b) { return a - b; });
    order.forEach(function (row, i) { need.codeList[row] = codes[i]; });
  }

  k.startWhatIf = function () {
    var box = document.getElementById('whatif'), able = k.need() && k.model.indicators.length > 1 &&
      k.model.indicators.every(function (i) { return i.weight > 0; });
    box.hidden = !able;
    k.ranking.weights = able ? k.model.indicators.map(function (i) { return k.ranking.planned(i); }) : [];
    if (!able) return;
    box.addEventListener('input', function (event) {
      if (event.target.type !== 'range') return;
      k.ranking.apply(Array.from(box.querySelectorAll('input'), function (i) { return +i.value; }));
      k.weightsChanged();
    });
    document.getElementById('whatif-reset').addEventListener('click', function () {
      k.ranking.reset();
      k.showWeights();
      k.weightsChanged();
    });
  };

  k.showWeights = function () {
    var list = document.getElementById('weights'), sum = k.ranking.weights.reduce(function (a, b) { return a + b; }, 0) || 1;
    list.innerHTML = k.model.indicators.map(function (indicator, i) {
      var value = Math.round(MOST_WEIGHT * k.ranking.weights[i] / sum);
      return '<label><span>' + k.escape(k.pick(indicator.label)) + '</span><input type="range" min="0" max="' + MOST_WEIGHT + '" step="1" value="' + value +
        '"><output></output></label>';
    }).join('');
    k.weightShares();
  };

  k.weightShares = function () {
    var inputs = Array.from(document.querySelectorAll('#weights input')), sum = inputs.reduce(function (s, i) { return s + +i.value; }, 0) || 1;
    inputs.forEach(function (input) {
      var text = Math.round(100 * input.value / sum) + '\u202f%';
      input.nextElementSibling.textContent = text;
      input.setAttribute('aria-valuetext', text);
    });
    document.getElementById('whatif-reset').disabled = !k.ranking.changed;
  };
})(window.klimastep = window.klimastep || {});
