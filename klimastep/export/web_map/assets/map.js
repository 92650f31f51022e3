/* The page: one theme at a time, its layer and its legend together. */
(function (k) {
  'use strict';

  var ORDER = { green: 1, water: 2, streets: 3, ground: 4, theme: 5, texture: 6, waterAbove: 7, streetsAbove: 8, outline: 9, districts: 10, boundary: 11 };
  var AREAS = ['zones', 'districts', 'blocks', 'heat_grid', 'cells'];
  var TEXTURE_FROM = 13.5, HIT_PX = 6, SURE = 0.7;

  k.state = { view: null, measure: {}, level: {} };

  k.themeOf = function (name) { return k.model.themes.filter(function (t) { return t.name === name; })[0]; };
  k.need = function () { return k.views.filter(function (v) { return v.theme === 'need' && v.table === 'zones'; })[0] || null; };
  k.sceneOf = function () { return k.scene; };

  function prepare(view) {
    view.planCodes = view.codeList = k.bytes(view.codes);
    view.codes = null;
    view.byCode = [];
    view.classes.forEach(function (c) { view.byCode[c.code] = c; });
    view.special.forEach(function (c) { view.byCode[c.code] = c; });
  }

  function isArea(table) { return AREAS.indexOf(table) >= 0; }

  function strokeOf(table) {
    if (table === 'zones') return null;
    if (isArea(table)) return { colour: 'rgba(31,41,51,0.45)', width: 0.7, from: table === 'cells' || table === 'heat_grid' ? 12.5 : 0 };
    return { colour: 'rgba(31,41,51,0.45)', width: 0.5, from: 15 };
  }

  function roadWidth(factor) {
    return function (zoom) { return factor * Math.max(0.6, Math.min(5, Math.pow(1.55, zoom - 14))); };
  }

  /* What each layer looks like under a view; a layer that is not named stays away. */
  function looks(view) {
    var colours = k.model.colours, area = isArea(view.table), found = {};
    found.green = { order: ORDER.green, colour: colours.green };
    found.water = { order: area ? ORDER.waterAbove : ORDER.water, colour: colours.water, line: 1.5 };
    found.streets = { order: area ? ORDER.streetsAbove : ORDER.streets, colour: area ? 'rgba(255,255,255,0.6)' : colours.street, line: 1 };
    if (area && k.layers.buildings) found.buildings = { order: ORDER.texture, colour: 'rgba(31,41,51,0.05)', from: TEXTURE_FROM, stroke: { colour: 'rgba(31,41,51,0.28)', width: 0.6 } };
    if (view.table === 'streets' && k.layers.buildings) found.buildings = { order: ORDER.ground, colour: 'rgba(31,41,51,0.12)', from: TEXTURE_FROM };
    var outlined = view.table === 'zones' && k.model.zone_level === 'districts';
    if (k.model.context.indexOf('districts') >= 0 && !outlined) found.districts = { order: ORDER.districts, stroke: { colour: colours.muted, width: 1.2, dash: [6, 4] } };
    found.boundary = { order: ORDER.boundary, stroke: { colour: '#7b8794', width: 1.4 } };
    found[view.table] = {
      order: ORDER.theme, classes: view.byCode, codes: view.codeList, alpha: area ? 0.92 : 1,
      stroke: strokeOf(view.table), line: 2.4, theme: true
    };
    return found;
  }

  /* Every zone stands in an outline, above the streets along its border. */
  k.outline = {
    order: ORDER.outline,
    layer: null,
    paint: function (context, view) {
      if (!this.layer) return;
      context.strokeStyle = k.model.colours.ink;
      context.lineWidth = Math.max(0.5, Math.min(1.5, 0.5 + 0.35 * (view.zoom - 11)));
      context.lineJoin = 'round';
      this.layer.paths(view, this.layer.visible(view)).forEach(function (path) { context.stroke(path); });
    }
  };

  /* Dots where the class is not sure. */
  k.unsure = {
    order: ORDER.texture,
    rows: function (view) {
      if (view.theme !== 'need' || view.table !== 'zones') return [];
      return Array.from(view.codeList.keys()).filter(function (row) { return k.ranking.certainty(row) < SURE; });
    },
    paint: function (context, view) {
      var rows = this.rows(k.state.view), layer = k.layers.zones;
      if (!rows.length) return;
      layer.geometry();
      context.fillStyle = k.hatchFill(context, 'dots', view);
      layer.paths(view, rows).forEach(function (path) { context.fill(path); });
    }
  };

  function paint(view) {
    k.outline.layer = view.table === 'zones' ? k.layers.zones : null;
    var wanted = looks(view);
    Object.keys(k.layers).forEach(function (table) {
      var layer = k.layers[table], look = wanted[table];
      if (layer._map) layer.remove();
      if (!look) return;
      look.width = roadWidth(look.line || 1);
      layer.order = look.order;
      layer.look = look;
      layer.addTo(k.map);
    });
  }

  /* Show a view: layer, legend and controls of the panel. */
  k.show = function (view) {
    k.map.closePopup();
    k.marks.hover = k.marks.chosen = null;
    k.state.view = view;
    k.state.measure[view.theme] = view.column;
    k.state.level[view.theme + ' ' + view.column] = view.table;
    paint(view);
    k.legend.show(view);
    k.showChoices();
    k.overlay.repaint();
  };

  k.openTheme = function (name) {
    var views = k.views.filter(function (v) { return v.theme === name; }), levels = k.themeOf(name).first_level;
    var column = k.state.measure[name];
    if (column) return k.openMeasure(name, column);
    var level = levels.filter(function (l) { return views.some(function (v) { return v.table === l; }); })[0];
    var here = views.filter(function (v) { return v.table === level; }), wanted = k.themeOf(name).first_on_areas;
    return k.show((isArea(level) && here.filter(function (v) { return v.column === wanted; })[0]) || here[0] || views[0]);
  };

  k.openMeasure = function (theme, column) {
    var views = k.views.filter(function (v) { return v.theme === theme && v.column === column; });
    var level = k.state.level[theme + ' ' + column], levels = k.themeOf(theme).first_level;
    var same = views.filter(function (v) { return v.table === (level || k.state.view.table); })[0];
    var first = levels.filter(function (l) { return views.some(function (v) { return v.table === l; }); })[0];
    k.show(same || views.filter(function (v) { return v.table === first; })[0] || views[0]);
  };

  /* Theme, measure and level as they can be chosen now. */
  k.showChoices = function () {
    var view = k.state.view, views = k.views.filter(function (v) { return v.theme === view.theme; });
    document.querySelectorAll('#themes input').forEach(function (input) { input.checked = input.value === view.theme; });
    var columns = views.filter(function (v, i) { return views.findIndex(function (o) { return o.column === v.column; }) === i; });
    var select = document.getElementById('measure');
    document.getElementById('measures').hidden = columns.length < 2;
    select.innerHTML = columns.map(function (v) {
      return '<option value="' + k.escape(v.column) + '"' + (v.column === view.column ? ' selected' : '') + '>' + k.escape(k.pick(v.short)) + '</option>';
    }).join('');
    var levels = views.filter(function (v) { return v.column === view.column; }), box = document.getElementById('levels');
    box.hidden = levels.length < 2;
    document.getElementById('level-list').innerHTML = levels.map(function (v) {
      return '<label><input type="radio" name="level" value="' + v.table + '"' + (v === view ? ' checked' : '') + '><span>' +
        k.escape(k.pick(k.model.levels[v.table])) + '</span></label>';
    }).join('');
  };

  function themeList() {
    document.getElementById('theme-list').innerHTML = k.model.themes.map(function (t) {
      return '<label><input type="radio" name="theme" value="' + t.name + '"><span>' + k.escape(k.pick(t.label)) + '</span></label>';
    }).join('');
  }

  /* Everything that has words, again in the language of the page. */
  k.render = function () {
    var open = k.map.hasLayer(k.popup || {}) && k.popupFor;
    k.translate();
    k.buttons.translate();
    k.bearings.translate();
    themeList();
    k.showChoices();
    k.legend.show(k.state.view);
    k.table.show();
    k.showWeights();
    if (open) k.openPopup(open.view, open.layer, open.row, open.latlng, true);
  };

  k.weightsChanged = function () {
    var view = k.state.view;
    k.map.closePopup();
    k.weightShares();
    k.table.show();
    if (k.need() && view.theme === 'need') {
      paint(view);
      k.legend.show(tallied(view));
    }
    k.overlay.repaint();
  };

  /* Counts and sums again for other classes. */
  function tallied(view) {
    var total = view.total && k.layers[view.table].column(view.total.name);
    view.classes.forEach(function (c) {
      var count = 0, sum = 0;
      view.codeList.forEach(function (code, row) {
        if (code !== c.code) return;
        count++;
        if (total && !isNaN(total.values[row])) sum += total.values[row];
      });
      c.count = count;
      if (total) c.sum = count ? sum : null;
    });
    return view;
  }

  k.mark = function (layer, row) {
    k.marks.hover = layer && row >= 0 ? { layer: layer, row: row } : null;
    k.overlay.repaint();
  };

  function under(event) {
    var layer = k.layers[k.state.view.table];
    return { layer: layer, row: layer.hit(event.latlng, k.map.getZoom(), HIT_PX) };
  }

  function startPointer() {
    var tip = L.tooltip({ direction: 'top', offset: [0, -8], className: 'tip' }), last = -1;
    k.map.on('mousemove', L.Util.throttle(function (event) {
      if (k.map._animatingZoom) return;
      var found = under(event), view = k.state.view;
      k.map.getContainer().classList.toggle('over', found.row >= 0);
      if (found.row < 0) { tip.remove(); if (last >= 0) k.mark(null, -1); last = -1; return; }
      tip.setLatLng(event.latlng);
      if (found.row !== last || !k.map.hasLayer(tip)) {
        var kind = k.classOf(view, found.row);
        tip.setContent('<strong>' + k.escape(k.nameOf(found.layer, found.row)) + '</strong><br>' + k.escape(kind ? k.pick(kind.label) : k.word('unknown')));
        if (!k.map.hasLayer(tip)) tip.addTo(k.map);
        k.mark(found.layer, found.row);
      }
      last = found.row;
    }, 30, k));
    k.map.on('mouseout', function () { tip.remove(); last = -1; k.mark(null, -1); });
    k.map.on('click', function (event) {
      var found = under(event);
      tip.remove();
      if (found.row >= 0) { k.returnTo = null; k.openPopup(k.state.view, found.layer, found.row, event.latlng, true); }
    });
    k.map.on('popupclose', function () {
      k.marks.chosen = null;
      k.overlay.repaint();
      if (k.returnTo && k.returnTo.isConnected && (!document.activeElement || document.activeElement === document.body)) k.returnTo.focus();
    });
  }

  k.start = function (map) {
    k.map = map;
    k.model = JSON.parse(document.getElementById('model').textContent);
    k.views = k.model.views;
    k.views.forEach(prepare);
    map.getPane('overlayPane').style.zIndex = 400;
    map.createPane('namesPane').style.zIndex = 620;
    map.getPane('namesPane').style.pointerEvents = 'none';
    k.home();
    k.scene = new k.Scene({ pane: 'overlayPane' }).addTo(map);
    k.overlay = new k.Scene({ pane: 'namesPane', padding: 0.15 }).addTo(map);
    k.scene.add(k.outline);
    k.scene.add(k.unsure);
    k.bearings = new k.Bearings().addTo(map);
    k.legend = new k.Legend().addTo(map);
    k.buttons = new k.Buttons().addTo(map);
    k.openTheme(k.model.themes[0].name);
    k.home();
    k.startTable();
    k.startWhatIf();
    k.startControls();
    startPointer();
    k.overlay.add(k.marks);
    k.overlay.add(k.labels);
    k.render();
    document.getElementById('theme-list').addEventListener('change', function (event) { k.openTheme(event.target.value); });
    document.getElementById('measure').addEventListener('change', function (event) { k.openMeasure(k.state.view.theme, event.target.value); });
    document.getElementById('level-list').addEventListener('change', function (event) {
      var view = k.state.view;
      k.show(k.views.filter(function (v) { return v.theme === view.theme && v.column === view.column && v.table === event.target.value; })[0]);
      document.querySelector('#level-list input:checked').focus();
    });
    document.body.classList.add('ready');
  };
})(window.klimastep = window.klimastep || {});
