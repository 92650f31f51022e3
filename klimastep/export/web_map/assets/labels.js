/* What lies above the layers: the outline of the chosen feature and the names. */
(function (k) {
  'use strict';

  var FONT = '"Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif';
  var FIRST = 3, FEW_ZONES = 25, ALL_NAMES_FROM = 15.5;

  /* Outline of what the pointer or the keyboard is on. */
  k.marks = {
    order: 1,
    hover: null,
    chosen: null,

    paint: function (context, view) {
      [[this.hover, 2], [this.chosen, 3.5]].forEach(function (mark) {
        if (!mark[0]) return;
        var path = new Path2D();
        mark[0].layer.geometry();
        mark[0].layer.trace(path, mark[0].row, view);
        context.lineJoin = 'round';
        context.strokeStyle = '#ffffff';
        context.lineWidth = mark[1] + 2.5;
        context.stroke(path);
        context.strokeStyle = k.model.colours.ink;
        context.lineWidth = mark[1];
        context.stroke(path);
      });
    }
  };

  /* Names of districts and zones; the three first zones carry their rank. Those that collide give way. */
  k.labels = {
    order: 2,

    /* The three first zones, then districts, then the other zones where there is room for their names. */
    entries: function (zoom) {
      var need = k.state.view.theme === 'need' && k.layers.zones, zones = {}, found = [];
      var few = need && (k.layers.zones.count <= FEW_ZONES || zoom >= ALL_NAMES_FROM);
      k.model.labels.forEach(function (label) {
        if (label.table !== 'zones' || !need) return;
        var rank = k.ranking.rank(label.row), first = rank <= FIRST;
        zones[label.text] = true;
        if (first || few) found.push({ label: label, rank: first ? rank : NaN, weight: first ? rank : 10 });
      });
      k.model.labels.forEach(function (label) {
        if (label.table === 'districts' && !zones[label.text]) found.push({ label: label, rank: NaN, weight: 5 });
      });
      return found.sort(function (a, b) { return a.weight - b.weight; });
    },

    paint: function (context, view) {
      var taken = [];
      this.entries(view.zoom).forEach(function (entry) { place(context, view, entry, taken); });
    },

    badge: function (context, x, y, rank) {
      context.beginPath();
      context.arc(x, y, 10, 0, 2 * Math.PI);
      context.fillStyle = k.model.colours.ink;
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = '#ffffff';
      context.stroke();
      context.fillStyle = '#ffffff';
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(String(rank), x, y + 0.5);
    }
  };

  /* Boxes for a name around its point; a first zone may move aside, and at the least keeps its number. */
  function place(context, view, entry, taken) {
    var first = !isNaN(entry.rank), size = first ? 14 : 12, badge = first ? 24 : 0, text = entry.label.text;
    context.font = (first ? '700 ' : '600 ') + size + 'px ' + FONT;
    var x = entry.label.x * view.scale - view.left, y = entry.label.y * view.scale - view.top;
    var width = context.measureText(text).width + badge, half = size * 0.8 + 3;
    if (x + width < 0 || x - width > view.width || y + half < 0 || y - half > view.height) return;
    var shifts = first ? [[0, 0], [width / 2 - 12, 0], [12 - width / 2, 0], [0, -22], [0, 22]] : [[0, 0]];
    for (var i = 0; i < shifts.length; i++) {
      var cx = x + shifts[i][0], cy = y + shifts[i][1], box = [cx - width / 2 - 4, cy - half, cx + width / 2 + 4, cy + half];
      if (taken.some(meets(box))) continue;
      taken.push(box);
      if (first) k.labels.badge(context, cx - width / 2 + 9, cy, entry.rank);
      write(context, text, cx - width / 2 + badge, cy);
      return;
    }
    if (first) {
      taken.push([x - 12, y - 12, x + 12, y + 12]);
      k.labels.badge(context, x, y, entry.rank);
    }
  }

  function meets(box) {
    return function (t) { return t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1]; };
  }

  function write(context, text, x, y) {
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 4;
    context.strokeStyle = 'rgba(255,255,255,0.92)';
    context.strokeText(text, x, y);
    context.fillStyle = k.model.colours.ink;
    context.fillText(text, x, y);
  }
})(window.klimastep = window.klimastep || {});
