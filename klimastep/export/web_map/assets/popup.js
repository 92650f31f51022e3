/* What is said about one feature: name, class, three key figures, contributions, sources. */
(function (k) {
  'use strict';

  var FIGURES = 3, SOURCES_LENGTH = 110, POPUP_MARGIN = 70;
  var CELL = /^CRS\d+RES(\d+)mN(\d+)E(\d+)$/; // name of a cell of the European grid

  k.nameOf = function (layer, row) {
    var names = ['name', 'address'].map(function (c) { var column = layer.column(c); return column ? column.text(row) : ''; });
    var id = layer.column('id'), cell = id && CELL.exec(id.text(row));
    if (cell) return 'N\u00a0' + cell[2] / cell[1] + ' E\u00a0' + cell[3] / cell[1];
    return names[0] || names[1] || k.pick(k.model.singular[layer.table] || ['', '']) + ' ' + (id ? id.text(row) : row + 1);
  };

  k.classOf = function (view, row) {
    var code = view.codeList[row];
    return code === k.UNKNOWN ? null : view.byCode[code];
  };

  /* Columns for the key figures: the shown measure first. */
  k.figures = function (view, layer, most) {
    var theme = k.themeOf(view.theme), names = [view.column].concat(theme.figures);
    return names.filter(function (name, i) { return names.indexOf(name) === i; })
      .map(function (name) { return layer.column(name); })
      .filter(function (column) { return column && column.values; })
      .slice(0, most || FIGURES);
  };

  k.popupHtml = function (view, layer, row) {
    var found = k.classOf(view, row), id = layer.column('id'), name = k.nameOf(layer, row);
    var parts = ['<h3>' + k.escape(name) + '</h3>', '<p class="kind">' + kindLine(layer, row) + '</p>'];
    parts.push('<p class="class">' + (found ? k.swatch(found.colour, found.hatch) : k.swatch(k.model.colours.unknown, 'unknown')) +
      '<span>' + classLine(view, found, row) + '</span></p>');
    var sure = layer.table === 'zones' && view.theme === 'need' ? k.ranking.certainty(row) : NaN;
    if (!isNaN(sure)) parts.push('<p class="kind">' + k.escape(k.word('certainty').replace('{p}', k.quantity(sure, '1'))) + '</p>');
    parts.push('<dl>' + k.figures(view, layer).map(function (column) {
      return '<div><dt>' + k.escape(k.pick(column.label)) + '</dt><dd>' + k.escape(k.shown(column, row)) + '</dd></div>';
    }).join('') + '</dl>');
    if (layer.table === 'zones' && view.theme === 'need') parts.push(k.contributions(layer, row), reason(layer, row));
    parts.push('<p class="source">' + k.escape(k.pick(k.model.about.disclaimer)) + ' ' + k.escape(sources()) +
      (layer.table === 'buildings' && id && id.text(row) !== name ? ' <span class="id">' + k.escape(id.text(row)) + '</span>' : '') + '</p>');
    return '<article>' + parts.join('') + '</article>';
  };

  function classLine(view, found, row) {
    var text = found ? k.pick(found.label) : k.word('unknown');
    if (view.theme === 'need') {
      var rank = k.ranking.rank(row);
      return k.escape(text) + (isNaN(rank) ? '' : ' · ' + k.escape(k.word('rank')) + ' ' + rank);
    }
    return k.escape(k.pick(view.short)) + ': ' + k.escape(text);
  }

  function kindLine(layer, row) {
    var parts = [k.pick(k.model.singular[layer.table] || ['', ''])], use = layer.column('use_class'), year = layer.column('year_built');
    if (use && use.codes && use.codes[row] !== k.UNKNOWN) parts.push(k.shown(use, row));
    if (year && year.values && layer.table === 'buildings' && !isNaN(year.values[row])) parts.push(k.word('year') + ' ' + k.shown(year, row) + assumed(layer, row));
    var road = layer.column('road_class'), pipes = layer.column('connections');
    if (road && road.codes[row] !== k.UNKNOWN) parts.push(k.shown(road, row));
    if (pipes && pipes.values[row] > 0) parts.push(k.word(pipes.values[row] > 1 ? 'connected' : 'connected_one').replace('{n}', k.count(pipes.values[row])));
    var tilt = layer.column('tilt_deg'), facing = layer.column('azimuth_deg');
    if (tilt && !isNaN(tilt.values[row])) {
      parts.push(tilt.values[row] < 5 ? k.word('flat') : k.word('tilt') + ' ' + Math.round(tilt.values[row]) + '°');
      if (facing && tilt.values[row] >= 5 && !isNaN(facing.values[row])) {
        parts.push(k.word('facing') + ' ' + k.pick(k.model.compass)[Math.round(facing.values[row] / 45) % 8]);
      }
    }
    return parts.filter(Boolean).map(k.escape).join(' · ');
  }

  function assumed(layer, row) {
    var source = layer.column('year_built_source');
    if (!source || source.codes[row] === k.UNKNOWN) return '';
    return ['default', 'estimated'].indexOf(source.vocabulary[source.codes[row]]) < 0 ? '' : ' (' + k.word('assumed') + ')';
  }

  k.contributions = function (layer, row) {
    var bars = k.model.indicators.map(function (indicator) {
      var share = k.ranking.contribution(indicator, row), percent = isNaN(share) ? 0 : Math.round(100 * share);
      return '<li><span>' + k.escape(k.pick(indicator.label)) + '</span><span class="bar"><i style="width:' + percent + '%"></i></span><b>' +
        (isNaN(share) ? '–' : percent + '\u202f%') + '</b></li>';
    });
    return bars.length && !isNaN(k.ranking.rank(row)) ? '<h4>' + k.escape(k.word('contributions')) + '</h4><ul class="bars">' + bars.join('') + '</ul>' : '';
  };

  /* The reason without the zone's name and class, which stand above it already. */
  k.reasonOf = function (layer, row) {
    var column = layer.column('reason_' + k.language), text = column ? column.text(row) : '', cut = text.indexOf(': ');
    text = cut < 0 ? text : text.slice(cut + 2);
    return text.charAt(0).toUpperCase() + text.slice(1);
  };

  function reason(layer, row) {
    var text = k.ranking.changed ? '' : k.reasonOf(layer, row);
    return text ? '<p class="reason">' + k.escape(text) + '</p>' : '';
  }

  function sources() {
    var text = k.model.about.attribution.join('; ');
    if (!text) return '';
    if (text.length > SOURCES_LENGTH) text = text.slice(0, SOURCES_LENGTH).replace(/\s+\S*$/, '') + ' …';
    return k.word('sources') + ': ' + text;
  }

  k.openPopup = function (view, layer, row, latlng, keepFocus) {
    k.marks.chosen = { layer: layer, row: row };
    k.overlay.repaint();
    if (!k.popup) k.popup = L.popup({ maxWidth: 320, minWidth: 250, autoPanPadding: [16, 16], className: 'facts' });
    k.popup.options.maxWidth = Math.min(320, k.map.getSize().x - 60);
    k.popup.options.maxHeight = Math.max(160, k.map.getSize().y - POPUP_MARGIN);
    k.popupFor = { view: view, layer: layer, row: row, latlng: latlng };
    k.popup.setLatLng(latlng).setContent(k.popupHtml(view, layer, row)).openOn(k.map);
    var close = k.popup.getElement().querySelector('.leaflet-popup-close-button');
    close.setAttribute('aria-label', k.word('close'));
    close.title = k.word('close');
    k.popup.getElement().querySelector('.leaflet-popup-content').tabIndex = k.popup.getElement().querySelector('.leaflet-popup-scrolled') ? 0 : -1;
    if (!keepFocus) close.focus({ preventScroll: true });
  };
})(window.klimastep = window.klimastep || {});
