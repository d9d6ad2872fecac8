/**
 * Student's t distribution, for any degrees of freedom.
 *
 *     Student.quantile(0.975, 9)  // 2.2621571...: 95 % of the distribution lies between that and its negative
 */
const Student = (() => {
  "use strict";

  const NORMAL = 1e12; // degrees of freedom with which it is the normal distribution, as far as numbers tell
  const normal = new Map(); // share -> quantile

  /** The t below which a share (more than a half) of the distribution lies. */
  function quantile(share, degrees) {
    if (!normal.has(share)) normal.set(share, newton(share, NORMAL, 0));
    return newton(share, degrees, degrees < 3 ? 0 : expanded(normal.get(share), degrees));
  }

  /** Near the quantile, from the normal distribution's (Abramowitz and Stegun 1964, 26.7.5). */
  function expanded(z, degrees) {
    return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
  }

  /** The tail is convex in t, so the steps come nearer from below, from 0 too, and never go too far. */
  function newton(share, degrees, start) {
    const ratio = gammaRatio(degrees / 2);
    let t = start;
    for (let step = 0; step < 100; step++) {
      const density = (ratio * power(t, degrees, (degrees + 1) / 2)) / Math.sqrt(degrees * Math.PI);
      const further = (tails(t, degrees, ratio) / 2 - (1 - share)) / density;
      t += further;
      if (Math.abs(further) < 1e-9 * t) break; // each step doubles the digits that are right
    }
    return t;
  }

  /** (1 + t^2 / v)^-exponent; by its logarithm, as many degrees of freedom leave few digits of what is added to 1. */
  function power(t, degrees, exponent) {
    return Math.exp(-exponent * Math.log1p((t * t) / degrees));
  }

  /** How much lies beyond t on both sides: I_x(v / 2, 1 / 2) with x = v / (v + t^2) (DLMF 8.17, https://dlmf.nist.gov/8.17). */
  function tails(t, degrees, ratio) {
    const near = (t * t) / (degrees + t * t);
    const far = degrees / (degrees + t * t);
    const scale = 2 * ratio * Math.sqrt(near / Math.PI) * power(t, degrees, degrees / 2); // 2 x^a (1 - x)^b / B(a, b)
    if (near < far) return 1 - scale * series(near, (degrees + 1) / 2, 1.5);
    return (scale / degrees) * series(far, (degrees + 1) / 2, degrees / 2 + 1);
  }

  /** F(upper, 1; lower; x): what is left of the hypergeometric series of DLMF 8.17.8; for x up to a half it ends soon. */
  function series(x, upper, lower) {
    let term = 1;
    let sum = 1;
    for (let k = 0; term > 1e-17 * sum; k++) {
      term *= (x * (upper + k)) / (lower + k);
      sum += term;
    }
    return sum;
  }

  /** Gamma(a + 1/2) / Gamma(a): from its expansion for large a (DLMF 5.11.13), down to smaller ones step by step. */
  function gammaRatio(a) {
    if (a < 30) return (gammaRatio(a + 1) * a) / (a + 0.5);
    const r = 1 / a;
    return Math.sqrt(a) * (1 + r * (-1 / 8 + r * (1 / 128 + r * (5 / 1024 + r * (-21 / 32768 + r * (-399 / 262144))))));
  }

  return { quantile };
})();
