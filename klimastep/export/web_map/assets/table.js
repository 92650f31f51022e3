/* The zone table: one tab stop, arrow keys inside, sortable; choosing a row shows it on the map. */
(function (k) {
  'use strict';

  var FIRST_ROWS = 100, REASONS = 3, FIT_ZOOM = 17, LONG_WORD = 13;
  var state = { sort: null, down: true, all: false, row: -1 };

  k.table = {
    /* The layer the table lists: zones, else the first level of areas. */
    layer: function () {
      var name = ['zones', 'districts', 'blocks', 'cells'].filter(function (n) { return k.layers[n] && k.views.some(function (v) { return v.table === n; }); })[0];
      return name ? k.layers[name] : null;
    },

    columns: function () {
      var layer = this.layer(), columns = [], ranked = layer.table === 'zones' && layer.column('priority_rank');
      if (ranked) columns.push({ key: 'rank', label: k.word('rank'), value: function (r) { return k.ranking.rank(r); }, text: function (v) { return isNaN(v) ? '–' : String(v); }, up: true });
      columns.push({ key: 'name', label: k.word('name'), value: function (r) { return k.nameOf(layer, r); }, up: true });
      if (ranked) columns.push({ key: 'score', label: k.word('score'), value: function (r) { return k.ranking.score(r); }, unit: k.word('of_100'), text: function (v) { return isNaN(v) ? '–' : String(Math.round(100 * v)); } });
      return columns.concat(figureColumns(layer, 2));
    },

    show: function () {
      var box = document.getElementById('zone-table'), layer = this.layer();
      document.getElementById('zones').hidden = !layer;
      if (!layer) return;
      var columns = this.columns(), rows = order(layer, columns), most = state.all ? rows.length : FIRST_ROWS;
      document.getElementById('zones-title').textContent = layer.table === 'zones' ? k.word('zones') : k.pick(k.model.plural[layer.table]);
      box.innerHTML = '<table role="grid" aria-labelledby="zones-title"><thead><tr>' + columns.map(head).join('') + '</tr></thead>' +
        rows.slice(0, most).map(function (row) { return body(layer, columns, row); }).join('') + '</table>' +
        (rows.length > most ? '<button type="button" class="quiet" id="all-rows">' + k.escape(k.word('more').replace('{n}', k.count(rows.length))) + '</button>' : '');
      document.getElementById('certainty').hidden = layer.table !== 'zones' || !layer.column('rank_certainty_share') || k.ranking.changed;
      roving(box, box.querySelector('tr[data-row="' + state.row + '"]') || box.querySelector('tr[data-row]'));
    }
  };

  function figureColumns(layer, most) {
    var theme = k.themeOf(layer.table === 'zones' && k.themeOf('need') ? 'need' : k.model.themes[0].name);
    return theme.figures.filter(function (name) { var c = layer.column(name); return c && c.values; }).slice(0, most).map(function (name, i) {
      var column = layer.column(name), top = column.values.reduce(function (m, v) { return v > m ? v : m; }, 0);
      var scale = k.scaleOf(top, column.unit);
      return {
        key: name, label: k.pick(column.short), full: k.pick(column.label), extra: i > 0, unit: scale.unit,
        value: function (r) { return column.values[r]; },
        text: function (v) { return isNaN(v) ? '–' : k.number(v / scale.factor, scale.digits); }
      };
    });
  }

  function order(layer, columns) {
    var by = columns.filter(function (c) { return c.key === state.sort; })[0] || columns.filter(function (c) { return c.key !== 'name'; })[0] || columns[0];
    if (!state.sort) state.down = !by.up;
    state.sort = by.key;
    var rows = Array.from({ length: layer.count }, function (_, i) { return i; }), sign = state.down ? -1 : 1;
    return rows.sort(function (a, b) {
      var x = by.value(a), y = by.value(b);
      if (typeof x === 'string') return sign * x.localeCompare(y, k.language, { numeric: true });
      if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
      return sign * (x - y) || a - b;
    });
  }

  function head(column) {
    var sorted = column.key === state.sort ? (state.down ? 'descending' : 'ascending') : 'none';
    return '<th scope="col" aria-sort="' + sorted + '" class="' + (column.key === 'name' ? 'text' : 'number') + (column.extra ? ' extra' : '') + '"><button type="button" tabindex="-1" data-sort="' +
      k.escape(column.key) + '"' + (column.full ? ' title="' + k.escape(column.full) + '"' : '') + '>' + k.escape(column.label) + '</button>' + (column.unit ? '<small>' + k.escape(column.unit) + '</small>' : '') + '</th>';
  }

  function body(layer, columns, row) {
    var ranked = columns[0].key === 'rank', need = ranked && k.need(), found = need ? k.classOf(need, row) : null;
    var cells = columns.map(function (column) {
      if (column.key !== 'name') return '<td class="number' + (column.extra ? ' extra' : '') + '">' + k.escape(column.text(column.value(row))) + '</td>';
      return '<td class="text"><strong>' + breakable(column.value(row)) + '</strong>' +
        (found ? '<span class="mark">' + k.swatch(found.colour, found.hatch) + k.escape(shortClass(found) + certainty(row)) + '</span>' : '') + '</td>';
    }).join('');
    var rank = ranked ? k.ranking.rank(row) : NaN, text = rank <= REASONS && !k.ranking.changed ? k.reasonOf(layer, row) : '';
    return '<tbody><tr data-row="' + row + '" tabindex="-1"' + (row === state.row ? ' aria-selected="true"' : '') + '>' + cells + '</tr>' +
      (text ? '<tr class="reason"><td colspan="' + columns.length + '">' + k.escape(text) + '</td></tr>' : '') + '</tbody>';
  }

  function certainty(row) {
    var share = k.ranking.certainty(row);
    return isNaN(share) ? '' : ', ' + k.quantity(share, '1');
  }

  /* Words too long for the column may break; all others stay whole. */
  function breakable(text) {
    return text.split(' ').map(function (word) {
      return word.length <= LONG_WORD ? k.escape(word) : word.match(/.{1,12}/g).map(k.escape).join('<wbr>');
    }).join(' ');
  }

  /* "Handlungsbedarf sehr hoch" under the heading of its theme is "sehr hoch". */
  function shortClass(found) {
    var theme = k.pick(k.themeOf('need').label).toLowerCase(), label = k.pick(found.label), at = label.toLowerCase().indexOf(theme);
    var text = at < 0 ? label : (label.slice(0, at) + label.slice(at + theme.length)).trim();
    return text.charAt(0).toLowerCase() + text.slice(1);
  }

  function roving(box, target) {
    box.querySelectorAll('[tabindex="0"]').forEach(function (e) { e.tabIndex = -1; });
    if (target) target.tabIndex = 0;
  }

  function move(box, target) {
    if (!target) return;
    roving(box, target);
    target.focus();
    if (target.dataset.row) k.chooseRow(+target.dataset.row, true);
  }

  /* Show a row of the table on the map. */
  k.chooseRow = function (row, keepFocus) {
    var layer = k.table.layer();
    if (k.state.view.table !== layer.table) {
      var view = k.need() && layer.table === 'zones' ? k.need() : k.views.filter(function (v) { return v.table === layer.table && v.theme === k.state.view.theme; })[0] ||
        k.views.filter(function (v) { return v.table === layer.table; })[0];
      k.show(view);
    }
    state.row = row;
    document.querySelectorAll('#zone-table tr[data-row]').forEach(function (tr) {
      if (+tr.dataset.row === row) tr.setAttribute('aria-selected', 'true'); else tr.removeAttribute('aria-selected');
    });
    k.map.fitBounds(layer.bounds(row), { padding: [40, 40], maxZoom: FIT_ZOOM, animate: false });
    k.openPopup(k.state.view, layer, row, layer.anchor(row), keepFocus);
    k.returnTo = document.querySelector('#zone-table tr[data-row="' + row + '"]');
  };

  function step(box, from, key) {
    var rows = Array.from(box.querySelectorAll('tr[data-row]')), heads = Array.from(box.querySelectorAll('th button'));
    var at = rows.indexOf(from), on = heads.indexOf(from);
    if (on >= 0) {
      if (key === 'ArrowLeft' || key === 'ArrowRight') return heads[on + (key === 'ArrowLeft' ? -1 : 1)] || from;
      return key === 'ArrowDown' ? rows[0] : from;
    }
    if (key === 'ArrowDown') return rows[at + 1];
    if (key === 'ArrowUp') return at > 0 ? rows[at - 1] : heads[0];
    return key === 'Home' ? rows[0] : key === 'End' ? rows[rows.length - 1] : null;
  }

  k.startTable = function () {
    var box = document.getElementById('zone-table');
    box.addEventListener('click', function (event) {
      var button = event.target.closest('button'), tr = event.target.closest('tr[data-row]');
      if (button && button.dataset.sort) sortBy(box, button.dataset.sort);
      else if (button && button.id === 'all-rows') { state.all = true; k.table.show(); }
      else if (tr) { roving(box, tr); k.chooseRow(+tr.dataset.row, true); }
    });
    box.addEventListener('keydown', function (event) {
      var from = event.target;
      if (/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key) && (from.dataset.row || from.dataset.sort)) {
        var target = step(box, from, event.key);
        if (target) { event.preventDefault(); move(box, target); }
      } else if (event.key === 'Enter' && from.dataset.row) {
        event.preventDefault();
        k.chooseRow(+from.dataset.row, false);
      }
    });
    box.addEventListener('focusout', function () { k.mark(null, -1); });
    box.addEventListener('focusin', function (event) {
      if (event.target.dataset.row) k.mark(k.table.layer(), +event.target.dataset.row);
    });
  };

  function sortBy(box, key) {
    var column = k.table.columns().filter(function (c) { return c.key === key; })[0];
    state.down = state.sort === key ? !state.down : !column.up;
    state.sort = key;
    k.table.show();
    move(box, box.querySelector('[data-sort="' + key + '"]'));
  }
})(window.klimastep = window.klimastep || {});
