/* Buttons on the map, header, panel, method dialog and printing. */
(function (k) {
  'use strict';

  var ICONS = {
    zoom_in: 'M8 3v10M3 8h10', zoom_out: 'M3 8h10',
    home: 'M2.5 8.5L8 3l5.5 5.5M4 7.5V13h8V7.5', fullscreen: 'M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3'
  };
  var BUTTONS_PX = 56, LEGEND_SHARE = 0.6, MOST_COVERED = 0.3, EDGE_PX = 12;
  k.NARROW_PX = 700;

  k.Buttons = L.Control.extend({
    options: { position: 'bottomleft' },

    onAdd: function (map) {
      var box = L.DomUtil.create('div', 'leaflet-control-buttons'), self = this;
      var actions = {
        zoom_in: function () { map.zoomIn(); }, zoom_out: function () { map.zoomOut(); }, home: k.home,
        fullscreen: function () {
          if (document.fullscreenElement) document.exitFullscreen(); else document.getElementById('stage').requestFullscreen();
        }
      };
      this.buttons = {};
      Object.keys(actions).forEach(function (name) {
        if (name === 'fullscreen' && !document.fullscreenEnabled) return;
        var button = L.DomUtil.create('button', '', box);
        button.type = 'button';
        button.innerHTML = '<svg aria-hidden="true" viewBox="0 0 16 16"><path d="' + ICONS[name] + '"/></svg>';
        button.addEventListener('click', actions[name]);
        self.buttons[name] = button;
      });
      L.DomEvent.disableClickPropagation(box);
      return box;
    },

    translate: function () {
      Object.keys(this.buttons).forEach(function (name) {
        this.buttons[name].title = k.word(name);
        this.buttons[name].setAttribute('aria-label', k.word(name));
      }, this);
    }
  });

  k.home = function () {
    k.map.closePopup();
    k.fit(L.latLngBounds(k.model.bounds));
  };

  /* Fit beside or above the legend, whichever leaves the larger map. */
  k.fit = function (bounds) {
    var size = k.map.getSize(), beside = [L.point(EDGE_PX, BUTTONS_PX)], box = k.legend && k.legend.box;
    if (box && (k.printing || window.innerWidth >= k.NARROW_PX)) {
      beside = [L.point(box.offsetWidth + 2 * EDGE_PX, BUTTONS_PX),
        L.point(EDGE_PX, Math.min(BUTTONS_PX + LEGEND_SHARE * box.offsetHeight, MOST_COVERED * size.y))];
    }
    var best = beside.map(function (corner) {
      return { corner: corner, zoom: k.map.getBoundsZoom(bounds, false, corner.add([EDGE_PX, EDGE_PX])) };
    }).sort(function (a, b) { return b.zoom - a.zoom; })[0];
    k.map.fitBounds(bounds, { paddingTopLeft: [EDGE_PX, EDGE_PX], paddingBottomRight: best.corner, animate: false });
  };

  k.translate = function () {
    document.documentElement.lang = k.language;
    document.title = 'Klima-STEP ' + k.pick(k.model.title);
    document.querySelectorAll('[data-word]').forEach(function (e) { e.textContent = k.word(e.dataset.word); });
    document.querySelectorAll('[data-name]').forEach(function (e) {
      e.setAttribute('aria-label', k.word(e.dataset.name));
      if (e.tagName === 'BUTTON') e.title = k.word(e.dataset.name);
    });
    document.querySelectorAll('[data-hint]').forEach(function (e) { e.title = k.word(e.dataset.hint); });
    document.getElementById('city').textContent = k.cityName();
    document.getElementById('language').lang = k.language === 'de' ? 'en' : 'de';
    var about = k.model.about;
    document.querySelector('#credit span').textContent = k.pick(about.disclaimer) +
      (about.attribution.length ? ' ' + k.word('sources') + ': ' + about.attribution.join('; ') : '');
    var notes = k.pick(about.notes);
    document.getElementById('notes').hidden = !notes.length;
    document.getElementById('note-list').innerHTML = list(notes);
    panelName();
  };

  k.cityName = function () {
    return k.pick(k.model.title).replace(/\s*\((synthetisch|synthetic)\)\s*$/i, '');
  };

  function list(texts) {
    return texts.map(function (t) { return '<li>' + k.escape(t) + '</li>'; }).join('');
  }

  function methodText() {
    var about = k.model.about, seen = {}, shown = k.views.filter(function (v) { return seen[v.column] || !k.pick(v.basis) ? false : (seen[v.column] = true); });
    var weights = k.model.indicators.filter(function (i) { return i.weight; });
    return '<p>' + k.escape(k.pick(about.disclaimer)) + (about.synthetic ? ' ' + k.escape(k.word('synthetic_hint')) : '') + '</p>' +
      section('notes', '<ul>' + list(k.pick(about.notes)) + '</ul>', k.pick(about.notes).length) +
      section('figures', '<dl>' + shown.map(function (v) {
        return '<div><dt>' + k.escape(k.pick(v.label)) + '</dt><dd>' + k.escape(k.pick(v.basis)) + '</dd></div>';
      }).join('') + '</dl><p>' + k.escape(k.word('how')) + '</p>', true) +
      section('weights', '<dl>' + weights.map(function (i) {
        return '<div><dt>' + k.escape(k.pick(i.label)) + '</dt><dd>' + k.number(100 * k.ranking.planned(i), 2) + '\u202f%</dd></div>';
      }).join('') + '</dl>', weights.length) +
      section('sources', '<ul>' + list(about.attribution) + '</ul>', about.attribution.length) +
      '<p class="muted">klimastep ' + k.escape(about.version) + ' · ' + k.escape(k.word('as_of')) + ' ' + k.escape(k.date(about.made_on)) + '</p>';
  }

  function section(word, html, wanted) {
    return wanted ? '<h3>' + k.escape(k.word(word)) + '</h3>' + html : '';
  }

  k.date = function (iso) {
    var parts = String(iso).slice(0, 10).split('-');
    return parts.length < 3 ? iso : k.language === 'de' ? parts[2] + '.' + parts[1] + '.' + parts[0] : parts.join('-');
  };

  function panelName() {
    var button = document.getElementById('toggle'), hidden = document.body.classList.contains('wide');
    button.setAttribute('aria-label', k.word(hidden ? 'panel_show' : 'panel_hide'));
    button.title = k.word(hidden ? 'panel_show' : 'panel_hide');
    button.setAttribute('aria-expanded', String(!hidden));
  }

  k.startControls = function () {
    var dialog = document.getElementById('method');
    document.getElementById('open-method').addEventListener('click', function () {
      document.getElementById('method-text').innerHTML = methodText();
      dialog.showModal();
    });
    dialog.addEventListener('click', function (event) {
      if (event.target === dialog || event.target.closest('#close-method')) dialog.close();
    });
    document.getElementById('print').addEventListener('click', function () { window.print(); });
    document.getElementById('language').addEventListener('click', function () {
      k.language = k.language === 'de' ? 'en' : 'de';
      k.render();
    });
    document.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && !dialog.open) k.map.closePopup();
    });
    document.getElementById('toggle').addEventListener('click', function () {
      document.body.classList.toggle('wide');
      panelName();
      k.map.invalidateSize({ animate: false });
    });
    window.addEventListener('beforeprint', function () { printing(true); });
    window.addEventListener('afterprint', function () { printing(false); });
    window.matchMedia('print').addEventListener('change', function (event) { printing(event.matches); });
    window.addEventListener('resize', function () { if (!k.printing) k.map.invalidateSize({ animate: false }); });
  };

  /* The part of the ground that holds data. */
  function inner(bounds) {
    var data = L.latLngBounds(k.model.bounds);
    if (!bounds.intersects(data)) return bounds;
    return L.latLngBounds([Math.max(bounds.getSouth(), data.getSouth()), Math.max(bounds.getWest(), data.getWest())],
      [Math.min(bounds.getNorth(), data.getNorth()), Math.min(bounds.getEast(), data.getEast())]);
  }

  /* On paper the map has its own size and shows the same ground. */
  function printing(on) {
    if (!!k.printing === on) return;
    if (on) k.before = { bounds: k.map.getBounds(), center: k.map.getCenter(), zoom: k.map.getZoom(), legend: k.legend.open };
    k.printing = on;
    document.documentElement.classList.toggle('printing', on);
    k.map.closePopup();
    k.legend.open = on || k.before.legend;
    k.legend.show(k.state.view);
    k.map.invalidateSize({ animate: false, pan: false });
    if (on) k.fit(inner(k.before.bounds));
    else k.map.setView(k.before.center, k.before.zoom, { animate: false });
    k.scene._update();
    k.overlay._update();
  }
})(window.klimastep = window.klimastep || {});
