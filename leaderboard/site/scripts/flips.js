/**
 * Where along one axis of a situation, all else held, another option is recommended, and what changes there: as
 * `leaderboard/advice/break_points.py`, which says why.
 *
 *     const found = new Options.Case(Evidence.of(data), data.situation);
 *     Flips.flips(found, Advice.decide(found))  // [{axis, at, side, to, title, reason, cause, low, high}]
 *
 * Needs advice.js.
 */
const Flips = (() => {
  "use strict";

  const FIRST = { updates: 0.01, queries: 1, hour: 0.001 };
  const LIMITS = { updates: 1000, queries: 10_000_000, hour: 1000 };
  const STEPS = 80;
  const UNKNOWN = { cause: "", low: null, high: null };
  const CLOSE = 1e-4; // relative distance of the two ends between which a number is known
  const VALUES = Object.fromEntries(Object.keys(LIMITS).map((axis) => [axis, tried(axis)]));

  function tried(axis) {
    const [first, last] = [FIRST[axis], LIMITS[axis]];
    const none = axis === "queries" ? [] : [0];
    return [...none, ...Array.from({ length: STEPS }, (_, step) => last * (first / last) ** (1 - step / (STEPS - 1)))];
  }

  /** The nearest flips along every axis, on either side; where one is to no clear choice, also the next option beyond. */
  function flips(found, now) {
    return Object.keys(LIMITS).flatMap((axis) => {
      const here = value(found, axis);
      const below = side(found, now, axis, "below", VALUES[axis].filter((x) => x < here).reverse());
      return [...below, ...side(found, now, axis, "above", VALUES[axis].filter((x) => x > here))];
    });
  }

  function side(found, now, axis, name, values) {
    const all = [];
    let [before, near, tried] = [now, value(found, axis), values];
    for (;;) {
      const ends = nearest(found, before, axis, near, tried);
      if (!ends) return all;
      const [, at] = ends;
      const then = Advice.choose(moved(found, axis, at));
      all.push(flip(found, before, then, axis, name, ends));
      if (then.pick) return all;
      [before, near, tried] = [then, at, tried.filter((x) => (name === "below" ? x < at : x > at))];
    }
  }

  function flip(found, now, then, axis, name, ends) {
    const [, at] = ends;
    const title = then.pick ? moved(found, axis, at).title(then.pick.option) : "";
    const known = at > FIRST[axis] ? digits(at) : 0;
    const why = known ? cause(found, now, then, axis, ends) : UNKNOWN;
    return { axis, at: known, side: name, to: named(then), title, reason: then.reason, ...why };
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

  /** The last value at which the recommendation is the same and the first at which it is another; null if there is none. */
  function nearest(found, now, axis, near, tried) {
    const other = (x) => named(Advice.choose(moved(found, axis, x))) !== named(now);
    for (const far of tried) {
      if (other(far)) return halved(axis, near, far, other);
      near = far;
    }
    return null;
  }

  /** Two near values between which what holds at `inside`, and not at `outside`, begins, by halving what is between. */
  function halved(axis, outside, inside, holds) {
    while (Math.abs(inside - outside) > CLOSE * Math.max(inside, outside, FIRST[axis])) {
      const middle = (inside + outside) / 2;
      if (holds(middle)) inside = middle;
      else outside = middle;
    }
    return [outside, inside];
  }

  /** What of two options changes its sign between two near values, and from where to where that could be. */
  function cause(found, now, then, axis, ends) {
    if (now.pick && then.pick) {
      for (const [name, gap] of gaps(found, now.pick.option, then.pick.option, axis, ends)) {
        if (gap(ends[0]).value > 0 !== gap(ends[1]).value > 0) return { cause: name, ...reach(axis, ends[1], gap) };
      }
    }
    return UNKNOWN;
  }

  /** What could change: figures of two options that were measured. */
  function gaps(found, mine, theirs, axis, ends) {
    const all = [];
    const middle = moved(found, axis, (ends[0] + ends[1]) / 2);
    if (!Options.missing(middle.sum(mine, theirs)).length) {
      const better = middle.quality(mine, theirs).value > 0 ? [mine, theirs] : [theirs, mine];
      const quality = (margin) => (x) => lowered(moved(found, axis, x).quality(...better), margin);
      all.push(["accuracy", quality(0)], ["margin", quality(found.situation.margin)]);
    }
    if (![mine, theirs].some((option) => Options.missing(option.cost(middle.situation)).length)) {
      const [cheap, dear] = middle.cost(mine, theirs).value < 0 ? [mine, theirs] : [theirs, mine];
      all.push(["saving", (x) => saving(moved(found, axis, x), cheap, dear)]);
    }
    return all;
  }

  function saving(there, cheap, dear) {
    const price = there.evidence.total(dear.cost(there.situation)).value;
    return lowered(there.cost(dear, cheap), Advice.threshold(there, price));
  }

  function lowered({ value, low, high }, bound) {
    return { value: value - bound, low: low - bound, high: high - bound };
  }

  /** Where the gap is sure on either side of where it changes its sign. */
  function reach(axis, at, gap) {
    const sure = (x) => gap(x).low > 0 || gap(x).high < 0;
    const low = VALUES[axis].findLast((x) => x < at && sure(x));
    const high = VALUES[axis].find((x) => x > at && sure(x));
    const end = (far) => digits(halved(axis, at, far, sure)[1]);
    return { low: low === undefined ? 0 : end(low), high: high === undefined ? null : end(high) };
  }

  function digits(x) {
    return Number(Figures.general(x, 3));
  }

  return { flips, moved, value, LIMITS };
})();
