const Figures = (() => {
  const S = "\u00a0";
  const g = (x) => Number(x.toPrecision(3)).toString();
  function figure(value, unit) {
    if (unit === "share") return `${(100 * value).toFixed(1)}${S}%`;
    if (unit === "difference") return `${(100 * value).toFixed(1)}${S}pts`;
    if (unit === "seconds") return Math.abs(value) < 1 && value ? `${g(1000 * value)}${S}ms` : `${g(value)}${S}s`;
    return `${g(value)}${S}${unit}`;
  }
  const signed = (value, unit) => `${value > 0 ? "+" : ""}${figure(value, unit === "share" ? "difference" : unit)}`;
  return { figure, signed };
})();
