/* Words, numbers and units in the language of the page. */
(function (k) {
  'use strict';

  var THIN_SPACE = '\u202f';
  k.language = 'de';

  k.pick = function (pair) { return pair[k.language === 'de' ? 0 : 1]; };
  k.word = function (key) { return k.model.words[k.language][key]; };

  k.escape = function (text) {
    return String(text).replace(/[&<>"']/g, function (sign) { return '&#' + sign.charCodeAt(0) + ';'; });
  };

  /* At most `digits` significant digits: 1.234,5 in German. */
  k.number = function (value, digits) {
    if (value === null || !isFinite(value)) return '–';
    return new Intl.NumberFormat(k.language === 'de' ? 'de-DE' : 'en-GB',
      { maximumSignificantDigits: digits || 3, useGrouping: true }).format(value);
  };

  k.count = function (value) {
    return new Intl.NumberFormat(k.language === 'de' ? 'de-DE' : 'en-GB').format(value);
  };

  /* The unit in which a value needs no more than five digits, and what one of it holds. */
  k.scaleOf = function (value, unit) {
    var size = Math.abs(value);
    if (unit === '1') return { factor: 0.01, unit: '%', digits: 2 };
    if (unit.indexOf('kWh') === 0 && unit !== 'kWh/kWh' && size >= 1e8) return { factor: 1e6, unit: 'G' + unit.slice(1) };
    if (unit.indexOf('kWh') === 0 && unit !== 'kWh/kWh' && size >= 1e5) return { factor: 1e3, unit: 'M' + unit.slice(1) };
    if (unit.indexOf('kg') === 0 && size >= 1e5) return { factor: 1e3, unit: 't' + unit.slice(2) };
    if (unit === 'm²' && size >= 1e5) return { factor: 1e4, unit: 'ha' };
    return { factor: 1, unit: unit };
  };

  k.quantity = function (value, unit) {
    if (value === null || !isFinite(value)) return k.word('unknown');
    return k.scaled(value, k.scaleOf(value, unit));
  };

  k.scaled = function (value, scale) {
    return k.number(value / scale.factor, scale.digits) + (scale.unit ? THIN_SPACE + scale.unit : '');
  };

  /* One value of a packed column as text. */
  k.shown = function (column, row) {
    if (!column) return '';
    if (column.labels) return column.codes[row] === k.UNKNOWN ? k.word('unknown') : k.pick(column.labels[column.codes[row]]);
    if (!column.values) return column.text(row);
    var value = column.values[row];
    if (isNaN(value)) return k.word('unknown');
    if (column.plain) return String(Math.round(value));
    if (!column.unit && value === Math.round(value)) return k.count(value);
    return k.quantity(value, column.unit);
  };
})(window.klimastep = window.klimastep || {});
