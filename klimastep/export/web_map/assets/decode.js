/* Packed bytes to typed arrays, once per layer. */
(function (k) {
  'use strict';

  k.UNKNOWN = 255;
  var NAN_CODE = 65535;

  k.bytes = function (text) {
    var raw = atob(text), bytes = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };

  k.codes16 = function (text) {
    var bytes = k.bytes(text), codes = new Uint16Array(bytes.length / 2);
    for (var i = 0; i < codes.length; i++) codes[i] = bytes[2 * i] | (bytes[2 * i + 1] << 8);
    return codes;
  };

  /* Varints: rings of each feature, points of each ring, coordinate differences (zig-zag). */
  k.geometry = function (packed) {
    var bytes = k.bytes(packed.data), at = 0, n = packed.count, i, r;
    function next() {
      var value = 0, factor = 1, byte;
      do { byte = bytes[at++]; value += (byte & 127) * factor; factor *= 128; } while (byte > 127);
      return value;
    }
    var ringOf = new Uint32Array(n + 1), pointOf = new Uint32Array(packed.rings + 1);
    for (i = 0; i < n; i++) ringOf[i + 1] = ringOf[i] + next();
    for (r = 0; r < packed.rings; r++) pointOf[r + 1] = pointOf[r] + next();
    var x = new Int32Array(packed.points), y = new Int32Array(packed.points), px = 0, py = 0, code;
    for (i = 0; i < packed.points; i++) {
      code = next(); px += code % 2 ? -(code + 1) / 2 : code / 2;
      code = next(); py += code % 2 ? -(code + 1) / 2 : code / 2;
      x[i] = px; y[i] = py;
    }
    return {
      kind: packed.kind, count: n, originX: packed.origin[0], originY: packed.origin[1],
      ringOf: ringOf, pointOf: pointOf, x: x, y: y, boxes: boxes(n, ringOf, pointOf, x, y)
    };
  };

  function boxes(n, ringOf, pointOf, x, y) {
    var box = new Int32Array(4 * n);
    for (var i = 0; i < n; i++) {
      var from = pointOf[ringOf[i]], to = pointOf[ringOf[i + 1]];
      var x0 = 2147483647, y0 = 2147483647, x1 = -2147483648, y1 = -2147483648;
      for (var p = from; p < to; p++) {
        if (x[p] < x0) x0 = x[p];
        if (x[p] > x1) x1 = x[p];
        if (y[p] < y0) y0 = y[p];
        if (y[p] > y1) y1 = y[p];
      }
      box[4 * i] = x0; box[4 * i + 1] = y0; box[4 * i + 2] = x1; box[4 * i + 3] = y1;
    }
    return box;
  }

  var decoders = {
    linear: function (packed, column) {
      var codes = k.codes16(packed.data);
      column.values = Float64Array.from(codes, function (code) {
        return code === NAN_CODE ? NaN : packed.offset + code * packed.scale;
      });
    },
    log: function (packed, column) {
      var codes = k.codes16(packed.data);
      column.values = Float64Array.from(codes, function (code) {
        return code === NAN_CODE ? NaN : code === 0 ? 0 : Math.exp(packed.offset + (code - 1) * packed.scale);
      });
    },
    category: function (packed, column) {
      column.codes = k.bytes(packed.data);
      column.vocabulary = packed.values;
    },
    words: function (packed, column) {
      var codes = k.codes16(packed.data);
      column.text = function (row) { return packed.values[codes[row]]; };
    },
    lines: function (packed, column) {
      var lines = packed.data.split('\n');
      column.text = function (row) { return packed.prefix + lines[row]; };
    }
  };

  k.column = function (packed) {
    var column = { label: packed.label, labels: packed.labels, unit: packed.unit || '', short: packed.short || packed.label, plain: packed.plain };
    decoders[packed.type](packed, column);
    return column;
  };

  /* Grid over the boxes: finds features near a point or in a window without looking at all. */
  k.Grid = function (geometry) {
    var box = geometry.boxes, n = geometry.count, i;
    var x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    for (i = 0; i < n; i++) {
      x0 = Math.min(x0, box[4 * i]); y0 = Math.min(y0, box[4 * i + 1]);
      x1 = Math.max(x1, box[4 * i + 2]); y1 = Math.max(y1, box[4 * i + 3]);
    }
    var side = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(n / 4))));
    this.side = side; this.x0 = x0; this.y0 = y0; this.geometry = geometry;
    this.width = Math.max(1, (x1 - x0) / side); this.height = Math.max(1, (y1 - y0) / side);
    this.start = new Uint32Array(side * side + 1);
    this.seen = new Uint32Array(n); this.turn = 0;
    this.fill(n, box);
  };

  k.Grid.prototype = {
    clamp: function (value) { return Math.max(0, Math.min(this.side - 1, Math.floor(value))); },

    cells: function (x0, y0, x1, y1) {
      return [this.clamp((x0 - this.x0) / this.width), this.clamp((y0 - this.y0) / this.height),
        this.clamp((x1 - this.x0) / this.width), this.clamp((y1 - this.y0) / this.height)];
    },

    fill: function (n, box) {
      var i, at = this.start, self = this;
      function each(visit) {
        for (i = 0; i < n; i++) {
          if (box[4 * i] > box[4 * i + 2]) continue;
          var c = self.cells(box[4 * i], box[4 * i + 1], box[4 * i + 2], box[4 * i + 3]);
          for (var row = c[1]; row <= c[3]; row++) for (var col = c[0]; col <= c[2]; col++) visit(row * self.side + col);
        }
      }
      each(function (cell) { at[cell + 1]++; });
      for (var c = 0; c < this.side * this.side; c++) at[c + 1] += at[c];
      var next = at.slice();
      this.items = new Uint32Array(at[at.length - 1]);
      each(function (cell) { self.items[next[cell]++] = i; });
    },

    /* Rows whose box meets the window, each once, in the order of the table. */
    within: function (x0, y0, x1, y1) {
      var c = this.cells(x0, y0, x1, y1), box = this.geometry.boxes, found = [], turn = ++this.turn;
      for (var row = c[1]; row <= c[3]; row++) {
        for (var col = c[0]; col <= c[2]; col++) {
          var cell = row * this.side + col;
          for (var j = this.start[cell]; j < this.start[cell + 1]; j++) {
            var i = this.items[j];
            if (this.seen[i] === turn) continue;
            this.seen[i] = turn;
            if (box[4 * i] <= x1 && box[4 * i + 2] >= x0 && box[4 * i + 1] <= y1 && box[4 * i + 3] >= y0) found.push(i);
          }
        }
      }
      return found;
    }
  };
})(window.klimastep = window.klimastep || {});
