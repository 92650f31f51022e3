/* One canvas that paints its layers in order, moves with the map and is sharp on every screen. */
(function (k) {
  'use strict';

  var CHEAP_MS = 25;

  k.Scene = L.Renderer.extend({
    options: { padding: 0.3 },

    initialize: function (options) {
      L.Renderer.prototype.initialize.call(this, options);
      this._painters = [];
      this._cost = 0;
    },

    getEvents: function () {
      var events = L.Renderer.prototype.getEvents.call(this);
      events.move = this._follow;
      return events;
    },

    add: function (painter) {
      this._painters.push(painter);
      this._painters.sort(function (a, b) { return a.order - b.order; });
      this.repaint();
    },

    remove: function (painter) {
      this._painters = this._painters.filter(function (p) { return p !== painter; });
      this.repaint();
    },

    /* Paint once before the next frame, however often it is asked for. */
    repaint: function () {
      if (this._asked || !this._map) return;
      this._asked = L.Util.requestAnimFrame(function () {
        this._asked = null;
        if (this._map) this._update();
      }, this);
    },

    _initContainer: function () {
      this._container = L.DomUtil.create('canvas', 'scene');
      this._container.setAttribute('aria-hidden', 'true');
      this._context = this._container.getContext('2d');
    },

    _destroyContainer: function () {
      L.Util.cancelAnimFrame(this._asked);
      L.DomUtil.remove(this._container);
      this._container = this._context = this._asked = null;
    },

    /* While dragging, paint again only where the prepared margin is used up and painting is cheap. */
    _follow: function () {
      if (!this._bounds || this._map._animatingZoom || this._cost > CHEAP_MS) return;
      var size = this._map.getSize(), min = this._map.containerPointToLayerPoint([0, 0]);
      if (!this._bounds.contains(L.bounds(min, min.add(size)))) this.repaint();
    },

    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      var size = this._bounds.getSize(), ratio = k.printing ? 2 : Math.min(window.devicePixelRatio || 1, 3);
      var canvas = this._container, width = Math.round(size.x * ratio), height = Math.round(size.y * ratio);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = size.x + 'px';
        canvas.style.height = size.y + 'px';
      }
      L.DomUtil.setPosition(canvas, this._bounds.min);
      var started = performance.now();
      this._paint(size, ratio);
      this._cost = performance.now() - started;
    },

    _paint: function (size, ratio) {
      var context = this._context, origin = this._map.getPixelOrigin();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this._container.width, this._container.height);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      var view = {
        zoom: this._zoom, ratio: ratio, width: size.x, height: size.y,
        scale: Math.pow(2, this._zoom - k.PACK_ZOOM),
        left: origin.x + this._bounds.min.x, top: origin.y + this._bounds.min.y
      };
      this._painters.forEach(function (painter) {
        context.save();
        painter.paint(context, view);
        context.restore();
      });
    }
  });

  k.PACK_ZOOM = 20;

  /* Tiles of the hatches, shared by map and legend. */
  var HATCHES = {
    dense: { size: 6, width: 1.1, colour: 'rgba(255,255,255,0.55)' },
    wide: { size: 12, width: 1.4, colour: 'rgba(63,0,125,0.75)' },
    unknown: { size: 7, width: 1, colour: '#8d99a6' },
    dots: { size: 12, radius: 2, colour: '#ffffff', edge: '#1f2933' }
  };

  k.hatchTile = function (kind, ratio, ground) {
    var hatch = HATCHES[kind], tile = document.createElement('canvas'), size = hatch.size;
    tile.width = tile.height = Math.round(size * ratio);
    var c = tile.getContext('2d');
    c.scale(tile.width / size, tile.height / size);
    if (ground) { c.fillStyle = ground; c.fillRect(0, 0, size, size); }
    if (hatch.radius) {
      c.arc(size / 2, size / 2, hatch.radius, 0, 2 * Math.PI);
      c.fillStyle = hatch.colour;
      c.fill();
      c.strokeStyle = hatch.edge;
      c.stroke();
      return tile;
    }
    c.strokeStyle = hatch.colour;
    c.lineWidth = hatch.width;
    c.beginPath();
    [-size, 0, size].forEach(function (shift) {
      c.moveTo(shift - 1, size + 1);
      c.lineTo(shift + size + 1, -1);
    });
    c.stroke();
    return tile;
  };

  k.hatchSize = function (kind) { return HATCHES[kind].size; };

  /* A hatch fixed to the ground, so that it does not swim when the canvas moves. */
  k.hatchFill = function (context, kind, view) {
    var size = HATCHES[kind].size, tile = k.hatchTile(kind, view.ratio);
    var pattern = context.createPattern(tile, 'repeat');
    pattern.setTransform(new DOMMatrix([size / tile.width, 0, 0, size / tile.height, -(view.left % size), -(view.top % size)]));
    return pattern;
  };
})(window.klimastep = window.klimastep || {});
