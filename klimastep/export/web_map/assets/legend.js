/* Legend of the shown view: classes with count and sum, unknown named and counted; scale and north. */
(function (k) {
  'use strict';

  k.swatch = function (colour, hatch) {
    var box = '<span class="swatch" style="background-color:' + k.escape(colour);
    if (hatch) box += ';background-image:url(' + k.hatchTile(hatch, 2).toDataURL() + ');background-size:' + k.hatchSize(hatch) + 'px';
    return box + '"></span>';
  };

  k.Legend = L.Control.extend({
    options: { position: 'bottomright' },

    onAdd: function () {
      var box = L.DomUtil.create('section', 'leaflet-control-legend');
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      this.open = true;
      this.box = box;
      window.addEventListener('resize', this.place.bind(this));
      return box;
    },

    /* On a narrow screen the legend stands below the map, where it covers nothing. */
    place: function () {
      var narrow = window.innerWidth < k.NARROW_PX && !k.printing, slot = document.getElementById('legend-slot');
      var home = narrow ? slot : this._map._controlCorners.bottomright;
      if (this.box.parentNode !== home) home.insertBefore(this.box, home.firstChild);
    },

    show: function (view) {
      var self = this, button;
      this.view = view;
      this.place();
      this.box.setAttribute('aria-label', k.word('legend'));
      this.box.classList.toggle('closed', !this.open);
      this.box.innerHTML = '<div class="legend-head"><h2>' + k.escape(k.pick(view.label)) + '</h2>' +
        '<button type="button" aria-expanded="' + this.open + '"><svg aria-hidden="true" viewBox="0 0 16 16"><path d="M3 6l5 5 5-5"/></svg></button></div>' +
        '<div class="legend-body">' + this.body(view) + '</div>';
      var scrolled = this.box.querySelector('.legend-body');
      if (scrolled.scrollHeight > scrolled.clientHeight) scrolled.tabIndex = 0;
      button = this.box.querySelector('button');
      button.setAttribute('aria-label', k.word(this.open ? 'legend_hide' : 'legend_show'));
      button.addEventListener('click', function () {
        self.open = !self.open;
        self.show(self.view);
        self.box.querySelector('button').focus();
      });
    },

    body: function (view) {
      var basis = k.pick(view.basis), rows = view.classes.map(function (c) {
        return row(k.swatch(c.colour, c.hatch), k.pick(c.label), c, view);
      });
      if (view.unknown.count) rows.push(row(k.swatch(k.model.colours.unknown, 'unknown'), k.word('unknown'), { count: view.unknown.count, sum: view.unknown.sum || null }, view));
      view.special.forEach(function (c) { rows.push(row(k.swatch(c.colour), k.pick(c.label), c, view)); });
      var unsure = k.unsure.rows(view).length;
      if (unsure) rows.push(row(k.swatch('#ffffff', 'dots'), k.word('unsure'), { count: unsure, sum: null }, view));
      return (basis ? '<p>' + k.escape(basis) + '</p>' : '') +
        (k.ranking.changed && view.theme === 'need' ? '<p class="changed">' + k.escape(k.word('changed')) + '</p>' : '') +
        '<table><thead><tr><th scope="col">' + k.escape(k.word('class')) + '</th><th scope="col">' +
        k.escape(k.pick(k.model.levels[view.table])) + '</th>' +
        (view.total ? '<th scope="col" class="sum">' + k.escape(k.pick(view.total.label)) + '</th>' : '') +
        '</tr></thead><tbody>' + rows.join('') + '</tbody></table>';
    }
  });

  /* One unit for all sums of a legend. */
  function sumScale(view) {
    return k.scaleOf(Math.max.apply(null, view.classes.concat(view.unknown).map(function (c) { return c.sum || 0; })), view.total.unit);
  }

  function row(swatch, label, tally, view) {
    return '<tr><th scope="row"><div>' + swatch + '<span>' + k.escape(label) + '</span></div></th><td>' + k.count(tally.count) + '</td>' +
      (view.total ? '<td class="sum">' + (tally.sum === null ? '–' : k.escape(k.scaled(tally.sum, sumScale(view)))) + '</td>' : '') + '</tr>';
  }

  /* Scale bar and north arrow in one line. */
  k.Bearings = L.Control.extend({
    options: { position: 'bottomright' },

    onAdd: function (map) {
      var box = L.DomUtil.create('div', 'leaflet-control-bearings');
      this.scale = L.control.scale({ imperial: false, maxWidth: 110 }).addTo(map);
      box.appendChild(this.scale.getContainer());
      this.north = L.DomUtil.create('span', 'north', box);
      this.north.setAttribute('role', 'img');
      this.north.innerHTML = '<svg aria-hidden="true" viewBox="0 0 20 28"><path d="M10 1l6 16-6-4-6 4z"/><text x="10" y="27">N</text></svg>';
      return box;
    },

    translate: function () { this.north.setAttribute('aria-label', k.word('north')); }
  });
})(window.klimastep = window.klimastep || {});
