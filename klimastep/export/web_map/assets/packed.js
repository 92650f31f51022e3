/* A layer of packed polygons or lines: paints itself by class and tells what lies under a point. */
(function (k) {
  'use strict';

  var DOT_PX = 1.3, BOX_PX = 2.6, STEP_PX = 0.7;
  k.layers = {};

  k.packedLayer = function (element) {
    var packed = JSON.parse(element.textContent);
    element.remove();
    var layer = new k.PackedLayer(packed);
    k.layers[packed.table] = layer;
    return layer;
  };

  k.PackedLayer = L.Layer.extend({
    initialize: function (packed) {
      this._packed = packed;
      this._columns = {};
      this.table = packed.table;
      this.count = packed.geometry.count;
      this.order = 0;
      this.look = {};
    },

    onAdd: function (map) { this._scene = k.sceneOf(map); this._scene.add(this); },

    onRemove: function () { this._scene.remove(this); this._scene = null; },

    setLook: function (look) {
      this.look = look;
      if (this._scene) this._scene.repaint();
    },

    geometry: function () {
      if (!this._geometry) {
        this._geometry = k.geometry(this._packed.geometry);
        this._packed.geometry = null;
        this._grid = new k.Grid(this._geometry);
      }
      return this._geometry;
    },

    column: function (name) {
      var packed = this._packed.columns[name];
      if (!packed) return null;
      if (!this._columns[name]) this._columns[name] = k.column(packed);
      return this._columns[name];
    },

    columnNames: function () { return Object.keys(this._packed.columns); },

    bounds: function (row) {
      var g = this.geometry(), b = g.boxes.subarray(4 * row, 4 * row + 4);
      return L.latLngBounds(k.toLatLng(g.originX + b[0], g.originY + b[3]), k.toLatLng(g.originX + b[2], g.originY + b[1]));
    },

    visible: function (view) {
      var g = this.geometry(), s = view.scale;
      var x0 = view.left / s - g.originX, y0 = view.top / s - g.originY;
      return this._grid.within(x0, y0, x0 + view.width / s, y0 + view.height / s);
    },

    /* One path per class number; `codes` missing puts all into path 0. */
    paths: function (view, rows, codes) {
      var paths = [], single = !codes;
      for (var j = 0; j < rows.length; j++) {
        var code = single ? 0 : codes[rows[j]];
        this.trace(paths[code] || (paths[code] = new Path2D()), rows[j], view);
      }
      return paths;
    },

    trace: function (path, row, view) {
      var g = this._geometry, s = view.scale, tx = g.originX * s - view.left, ty = g.originY * s - view.top;
      var b = 4 * row, w = (g.boxes[b + 2] - g.boxes[b]) * s, h = (g.boxes[b + 3] - g.boxes[b + 1]) * s;
      var area = g.kind === 'polygon';
      if (area && w < BOX_PX && h < BOX_PX) {
        path.rect(g.boxes[b] * s + tx, g.boxes[b + 1] * s + ty, Math.max(w, DOT_PX), Math.max(h, DOT_PX));
        return;
      }
      for (var r = g.ringOf[row]; r < g.ringOf[row + 1]; r++) {
        var from = g.pointOf[r], to = g.pointOf[r + 1];
        if (from === to) continue;
        var x = g.x[from] * s + tx, y = g.y[from] * s + ty;
        path.moveTo(x, y);
        for (var p = from + 1; p < to; p++) {
          var nx = g.x[p] * s + tx, ny = g.y[p] * s + ty;
          if (p < to - 1 && Math.abs(nx - x) < STEP_PX && Math.abs(ny - y) < STEP_PX) continue;
          path.lineTo(nx, ny);
          x = nx; y = ny;
        }
        if (area) path.closePath();
      }
    },

    paint: function (context, view) {
      var look = this.look, rows = view.zoom < (look.from || 0) ? [] : this.visible(view);
      if (!rows.length) return;
      var paths = this.paths(view, rows, look.codes);
      context.lineJoin = 'round';
      if (this._geometry.kind === 'line') this._paintLines(context, view, paths);
      else this._paintAreas(context, view, paths);
    },

    _paintLines: function (context, view, paths) {
      var look = this.look, width = look.width(view.zoom);
      context.setLineDash(look.dash || []);
      context.lineCap = 'round';
      paths.forEach(function (path, code) {
        var style = look.classes ? look.classes[code] : look;
        context.strokeStyle = style ? style.colour : k.model.colours.unknown;
        context.lineWidth = width * (style && style.factor || 1);
        context.stroke(path);
      });
    },

    _paintAreas: function (context, view, paths) {
      var look = this.look;
      paths.forEach(function (path, code) {
        var style = look.classes ? look.classes[code] : look;
        var colour = style ? style.colour : k.model.colours.unknown, hatch = style ? style.hatch : 'unknown';
        if (colour) {
          context.globalAlpha = look.alpha || 1;
          context.fillStyle = colour;
          context.fill(path);
        }
        context.globalAlpha = 1;
        if (hatch) {
          context.fillStyle = k.hatchFill(context, hatch, view);
          context.fill(path);
        }
      });
      if (!look.stroke || view.zoom < (look.stroke.from || 0)) return;
      context.strokeStyle = look.stroke.colour;
      context.lineWidth = look.stroke.width;
      context.setLineDash(look.stroke.dash || []);
      paths.forEach(function (path) { context.stroke(path); });
    },

    /* Row under a point, the smallest where several lie; -1 for none. */
    hit: function (latlng, zoom, tolerancePx) {
      var g = this.geometry(), at = k.toPixels(latlng), x = at.x - g.originX, y = at.y - g.originY;
      var reach = g.kind === 'line' ? tolerancePx * Math.pow(2, k.PACK_ZOOM - zoom) : 0;
      var rows = this._grid.within(x - reach, y - reach, x + reach, y + reach), best = -1, size = Infinity;
      for (var j = 0; j < rows.length; j++) {
        var b = 4 * rows[j], measure = reach ? this._distance(rows[j], x, y)
          : (g.boxes[b + 2] - g.boxes[b]) * (g.boxes[b + 3] - g.boxes[b + 1]);
        if (measure < size && (reach ? measure <= reach : this._inside(rows[j], x, y))) { best = rows[j]; size = measure; }
      }
      return best;
    },

    _inside: function (row, x, y) {
      var g = this._geometry, inside = false;
      for (var r = g.ringOf[row]; r < g.ringOf[row + 1]; r++) {
        for (var p = g.pointOf[r], q = g.pointOf[r + 1] - 1; p < g.pointOf[r + 1]; q = p++) {
          if ((g.y[p] > y) !== (g.y[q] > y) &&
              x < (g.x[q] - g.x[p]) * (y - g.y[p]) / (g.y[q] - g.y[p]) + g.x[p]) inside = !inside;
        }
      }
      return inside;
    },

    _distance: function (row, x, y) {
      var g = this._geometry, best = Infinity;
      for (var r = g.ringOf[row]; r < g.ringOf[row + 1]; r++) {
        for (var p = g.pointOf[r] + 1; p < g.pointOf[r + 1]; p++) {
          var dx = g.x[p] - g.x[p - 1], dy = g.y[p] - g.y[p - 1], length = dx * dx + dy * dy;
          var t = length ? Math.max(0, Math.min(1, ((x - g.x[p - 1]) * dx + (y - g.y[p - 1]) * dy) / length)) : 0;
          best = Math.min(best, Math.hypot(x - g.x[p - 1] - t * dx, y - g.y[p - 1] - t * dy));
        }
      }
      return best;
    },

    /* A point inside the feature, for its popup: the middle of its longest span across the middle line. */
    anchor: function (row) {
      var g = this.geometry(), b = 4 * row, y = (g.boxes[b + 1] + g.boxes[b + 3]) / 2 + 0.25, cuts = [];
      if (g.kind === 'line') {
        var middle = (g.pointOf[g.ringOf[row]] + g.pointOf[g.ringOf[row] + 1]) >> 1;
        return k.toLatLng(g.originX + g.x[middle], g.originY + g.y[middle]);
      }
      for (var r = g.ringOf[row]; r < g.ringOf[row + 1]; r++) {
        for (var p = g.pointOf[r], q = g.pointOf[r + 1] - 1; p < g.pointOf[r + 1]; q = p++) {
          if ((g.y[p] > y) !== (g.y[q] > y)) cuts.push(g.x[p] + (y - g.y[p]) * (g.x[q] - g.x[p]) / (g.y[q] - g.y[p]));
        }
      }
      cuts.sort(function (a, c) { return a - c; });
      var x = (g.boxes[b] + g.boxes[b + 2]) / 2, widest = -1;
      for (var i = 0; i + 1 < cuts.length; i += 2) {
        if (cuts[i + 1] - cuts[i] > widest) { widest = cuts[i + 1] - cuts[i]; x = (cuts[i] + cuts[i + 1]) / 2; }
      }
      return k.toLatLng(g.originX + x, g.originY + y);
    }
  });

  k.toLatLng = function (x, y) { return L.CRS.EPSG3857.pointToLatLng(L.point(x, y), k.PACK_ZOOM); };
  k.toPixels = function (latlng) { return L.CRS.EPSG3857.latLngToPoint(latlng, k.PACK_ZOOM); };
})(window.klimastep = window.klimastep || {});
