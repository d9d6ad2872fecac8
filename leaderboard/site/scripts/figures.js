/**
 * Numbers as people read them: the same letters as `leaderboard/formatting.py`, so that page and command say the same.
 *
 *     Figures.figure(0.8019, "share")  // "80.2 %"
 *     Figures.money(1234.5, "$")       // "$1,234.50"
 */
const Figures = (() => {
  "use strict";

  const SPACE = "\u00a0"; // does not break the line between a number and its unit
  const FURTHER = 40; // digits: more than tell the nearest other number from one that lies halfway between two shorter ones

  const MOST_DIGITS = 9; // more than usual; what differs in none of them is the same
  const SAME = 1e-12; // a difference as small as this is rounding
  const LEAST = 0.001; // the smallest amount of money that is told from nothing in digits

  /** A value with its unit: a "share", a "difference" (of shares, in points), "seconds", with `more` digits; or any other amount. */
  function figure(value, unit, more = 0) {
    if (unit === "share") return `${fixed(100 * value, 1 + more)}${SPACE}%`;
    if (unit === "difference") return `${fixed(100 * value, 1 + more)}${SPACE}pts`;
    if (unit === "seconds") return seconds(value, 3 + more);
    return unit.startsWith("tokens") ? written(digits(value), "", unit) : scaled(value, unit);
  }

  /** A value with as many digits as tell it from a bound. */
  function toldApart(value, bound, unit) {
    let more = 0;
    if (Math.abs(value - bound) > SAME) while (more < MOST_DIGITS && figure(value, unit, more) === figure(bound, unit, more)) more++;
    return figure(value, unit, more);
  }

  /** A number with its unit: with the unit's sign, if it has one; of one thing in the singular. */
  function written(number, prefix, unit) {
    const about = Object.hasOwn(UNITS, unit) ? UNITS[unit] : {};
    const name = about.one && !prefix && Math.abs(Number(number)) === 1 ? about.one : about.sign || unit;
    return prefix || name ? `${number}${SPACE}${prefix}${name}` : number;
  }

  /** Three digits, or all of a whole number: 1,235. */
  function digits(value) {
    return Math.abs(value) >= 99.95 ? grouped(fixed(value, 0)) : general(value, 3);
  }

  /** Three digits, a prefix and a unit: 19 tera. */
  function scaled(value, unit) {
    let [size, prefix] = [Math.abs(value), ""];
    for (const larger of "kMGTPEZ") {
      if (size < 999.5) break;
      [size, prefix] = [size / 1000, larger];
    }
    return written(general(value >= 0 ? size : -size, 3), prefix, unit);
  }

  /** A difference of two values, with its sign: points where they are shares. */
  function signed(value, unit) {
    return `${value > 0 ? "+" : ""}${figure(value, unit === "share" ? "difference" : unit)}`;
  }

  /** Two figures as a range; a unit that both have is said once. */
  function between(low, high) {
    const [number, own] = low.split(SPACE);
    const [, unit] = high.split(SPACE);
    return `${own === unit || unit === undefined ? number : low} to ${high}`;
  }

  /** What something costs, 0 or more. */
  function money(amount, currency) {
    if (amount > 0 && amount < LEAST) return `<${paid(general(LEAST, 3), currency)}`;
    return paid(amount >= 1 || amount === 0 ? grouped(fixed(amount, 2)) : general(amount, 3), currency);
  }

  /** A number with the sign of its currency before it, or the currency's name. */
  function paid(number, currency) {
    return `${currency}${/\p{L}$/u.test(currency) ? SPACE : ""}${number}`;
  }

  function seconds(value, digits = 3) {
    const size = Math.abs(value);
    if (size && size < 0.9995) {
      return size >= 0.9995e-3 ? `${general(1000 * value, digits)}${SPACE}ms` : `${general(1e6 * value, digits)}${SPACE}\u00b5s`;
    }
    return size >= 600 ? `${general(value / 60, digits)}${SPACE}min` : `${general(value, digits)}${SPACE}s`;
  }

  /** With so many decimals, for numbers below 10^21. Halves go to the even digit, as in Python; `toFixed` takes them up. */
  function fixed(x, decimals) {
    const size = Math.abs(x);
    const shown = toEven(size.toFixed(decimals), size.toFixed(decimals + FURTHER));
    return (Number(shown) ? sign(x) : "") + shown;
  }

  /** With so many significant digits, and no zeros at the end: Python's format "g". */
  function general(x, digits) {
    const size = Math.abs(x);
    if (size === 0) return "0";
    const [up, exponent] = size.toExponential(digits - 1).split("e");
    const [exact, below] = size.toExponential(digits - 1 + FURTHER).split("e");
    const shown = toEven(up, exact);
    const power = Number(shown === up ? exponent : below);
    const plain = power >= -4 && power < digits;
    return sign(x) + (plain ? bare(Number(`${shown}e${power}`).toFixed(digits - 1 - power)) : bare(shown) + scientific(power));
  }

  function scientific(power) {
    return `e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }

  /** `up`, unless the number lies just halfway and the digit below is even. */
  function toEven(up, exact) {
    const down = exact.slice(0, -FURTHER).replace(/\.$/, "");
    const halfway = exact.endsWith(`5${"0".repeat(FURTHER - 1)}`);
    return halfway && Number(down.slice(-1)) % 2 === 0 ? down : up;
  }

  function sign(x) {
    return x < 0 ? "-" : "";
  }

  function bare(digits) {
    return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  }

  /** With a comma before every three digits of the whole part. */
  function grouped(text) {
    const [whole, part] = text.split(".");
    const marked = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return part === undefined ? marked : `${marked}.${part}`;
  }

  /** Names as a sentence lists them: "a, b and c"; with semicolons where a name has a comma in it. */
  function joined(names) {
    if (names.length < 2 || names.some((name) => name.includes(","))) return names.join("; ");
    return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  }

  return { figure, toldApart, signed, between, money, paid, fixed, general, grouped, joined };
})();
