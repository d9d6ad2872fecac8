/**
 * Where along one axis of a situation, all else held, another option is recommended, and where the two tip: as
 * `leaderboard/flips.py`, which says why.
 *
 *     const found = new Options.Case(Evidence.of(data), data.situation);
 *     Flips.flips(found, Advice.decide(found))  // [{axis, at, side, to, reason, tip_quality, tip_cost}]
 *
 * Needs advice.js.
 */
const Flips = (() => {
  "use strict";

  const LIMITS = { updates: 1000, queries: 10_000_000, hour: 1000 };
  const STEPS = 80;
  const SMALL = 1e-7; // of the limit: the first step from zero
  const CLOSE = 1e-4; // relative distance of the two ends between which a number is known
  const VALUES = Object.fromEntries(Object.entries(LIMITS).map(([axis, limit]) => [axis, [0, ...stepped(limit)]]));

  function stepped(limit) {
    return Array.from({ length: STEPS }, (_, step) => limit * SMALL ** (1 - step / (STEPS - 1)));
  }

  /** The flips along every axis, on either side of the situation. */
  function flips(found, now) {
    return Object.keys(LIMITS).flatMap((axis) => {
      const here = value(found, axis);
      const tried = VALUES[axis];
      const below = side(found, now, axis, "below", tried.filter((x) => x < here).reverse());
      return [...below, ...side(found, now, axis, "above", tried.filter((x) => x > here))];
    });
  }

  function side(found, now, axis, name, tried) {
    const at = nearest(found, now, axis, tried);
    if (at === null) return [];
    const then = Advice.choose(moved(found, axis, at));
    const [quality, cost] = tips(found, now, then, axis, at);
    const known = at > LIMITS[axis] * SMALL ? digits(at) : 0;
    return [{ axis, at: known, side: name, to: named(then), reason: then.reason, tip_quality: quality, tip_cost: cost }];
  }

  /** Where a situation lies on an axis. */
  function value({ evidence, situation }, axis) {
    return axis === "hour" ? situation.prices[evidence.hour] : situation[axis];
  }

  /** The same situation with another value on one axis. */
  function moved(found, axis, x) {
    const { evidence, situation } = found;
    return found.moved(axis === "hour" ? { prices: { ...situation.prices, [evidence.hour]: x } } : { [axis]: x });
  }

  function named(decision) {
    return decision.pick ? decision.pick.option.name : "";
  }

  /** The value nearest to the situation at which the recommendation is another; null if there is none. */
  function nearest(found, now, axis, tried) {
    const other = (x) => named(Advice.choose(moved(found, axis, x))) !== named(now);
    let near = value(found, axis);
    for (const far of tried) {
      if (other(far)) return halved(axis, near, far, other);
      near = far;
    }
    return null;
  }

  /** The end nearest to `outside` of what holds at `inside`, by halving what is between. */
  function halved(axis, outside, inside, holds) {
    const least = LIMITS[axis] * SMALL;
    while (Math.abs(inside - outside) > CLOSE * Math.max(inside, outside, least)) {
      const middle = (inside + outside) / 2;
      if (holds(middle)) inside = middle;
      else outside = middle;
    }
    return inside;
  }

  /** Where what is recommended now and what is recommended then tip in quality, and in cost. */
  function tips(found, now, then, axis, near) {
    if (!now.pick || !then.pick) return [null, null];
    const there = moved(found, axis, near);
    const [mine, theirs] = [now.pick.option, then.pick.option];
    const dearest = moved(found, axis, LIMITS[axis]).situation; // what is free here may have a price there, and not be known
    const priced = ![mine, theirs].some((each) => Options.missing(each.cost(dearest)).length);
    const measured = ![mine, theirs].some((each) => Options.missing(each.quality(0.5)).length);
    const margin = priced && !there.cost(mine, theirs).value ? 0 : found.situation.margin;
    const better = measured && there.quality(mine, theirs).value > 0 ? [mine, theirs] : [theirs, mine];
    const quality = (x) => lowered(moved(found, axis, x).quality(...better), margin);
    const cost = (x) => moved(found, axis, x).cost(mine, theirs);
    return [measured ? tip(axis, near, quality) : null, priced ? tip(axis, near, cost) : null];
  }

  function lowered({ value, low, high }, margin) {
    return { value: value - margin, low: low - margin, high: high - margin };
  }

  /** The change of sign nearest to a value, if there is one between the first step and the limit. */
  function tip(axis, near, gap) {
    const tried = VALUES[axis].slice(1);
    const gaps = tried.map(gap);
    const place = changes(gaps).reduce((a, b) => (a === null || distance(b) < distance(a) ? b : a), null);
    if (place === null) return null;
    const above = gaps[place + 1].value > 0;
    const at = halved(axis, tried[place], tried[place + 1], (x) => gap(x).value > 0 === above);
    const low = tried.slice(0, place + 1).findLast((_, step) => sure(gaps[step]));
    const high = tried.find((_, step) => step > place && sure(gaps[step]));
    const end = (far) => digits(halved(axis, at, far, (x) => sure(gap(x))));
    return { at: digits(at), low: low === undefined ? 0 : end(low), high: high === undefined ? null : end(high) };

    function distance(step) {
      return Math.abs(tried[step] - near);
    }
  }

  /** The steps after which the sign is another. */
  function changes(gaps) {
    return gaps.flatMap(({ value }, step) => (step + 1 < STEPS && value > 0 !== gaps[step + 1].value > 0 ? [step] : []));
  }

  function sure({ low, high }) {
    return low > 0 || high < 0;
  }

  function digits(x) {
    return Number(Figures.general(x, 3));
  }

  return { flips, moved, value, LIMITS };
})();
