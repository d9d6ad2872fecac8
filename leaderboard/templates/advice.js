/**
 * What to take in a situation, or why that is not decided: as `leaderboard/advice.py`, which says why.
 *
 *     const decision = Advice.decide(new Options.Case(Evidence.of(data), data.situation));
 *     decision.pick ? decision.pick.option.name : decision.reason
 *
 * Needs options.js and figures.js.
 */
const Advice = (() => {
  "use strict";

  /** The reason why it is not decided, and a function that says what would settle it: a finding, and no error. */
  class Undecided {
    constructor(reason, settle) {
      this.reason = reason;
      this.settle = settle;
    }
  }

  /** What to recommend: {weighed, pick, runnerUp, reason, tied, settle}; `settle` is a function. */
  function decide(found) {
    const chosen = choose(found);
    const others = (all) => all.filter((each) => each !== chosen.pick);
    const rest = chosen.tied.length > 1 ? others(chosen.tied) : others(chosen.fit);
    return { ...chosen, runnerUp: chosen.pick && next(found, rest), tied: chosen.tied.map((each) => each.option.name) };
  }

  /** The same without what else could be done, for where it is asked of very many situations. */
  function choose(found) {
    const weighed = found.options.map((option) => found.weigh(option));
    try {
      const fit = fitting(found, weighed);
      const tied = near(found, fit);
      const pick = cheapest(found, tied);
      surelyGood(found, pick, fit);
      return { weighed, fit, tied, pick, reason: "", settle: () => [] };
    } catch (why) {
      if (!(why instanceof Undecided)) throw why;
      return { weighed, fit: [], tied: [], pick: null, reason: why.reason, settle: why.settle };
    }
  }

  function fitting(found, weighed) {
    const fit = weighed.filter((each) => each.fit);
    if (fit.length) return fit;
    if (found.aged === null) {
      const settle = () => ["say what share an update changes (--changed)", toMeasure(["updates.fresh"])];
      throw new Undecided("the share of the knowledge that an update changes is not known", settle);
    }
    const known = weighed.filter((each) => each.quality);
    const gone = () => listed(weighed.flatMap((each) => each.missing));
    if (!known.length) throw new Undecided("the quality of no option is known", gone);
    const thin = found.thin(known.reduce((a, b) => (b.quality.effective > a.quality.effective ? b : a)));
    if (thin) throw new Undecided(thin.what, () => [thin.settle]);
    throw new Undecided("no option surely meets what is demanded", () => known.flatMap((each) => floors(found, each)));
  }

  /** What would tell whether an option meets the demands, if it may. */
  function floors(found, each) {
    if (each.demands.some(([, how]) => how === "not met")) return [];
    return found.limits.flatMap(({ name, measure, least, most }, place) => {
      const [, how] = each.demands[place];
      if (how === "not measured") return [toMeasure([measure], each.option.system)];
      if (how === "not reliable") {
        const why = Options.doubt(each.option.limited.get(name));
        return [`${name} of ${each.option.name} is not reliable (${why}): ${toTimeAgain([measure])}`];
      }
      if (how !== "perhaps met") return [];
      const known = measure ? each.option.limited.get(name).found : each.quality;
      return [`${name} of ${each.option.name}: ${more(known, least > -Infinity ? least : most)}`];
    });
  }

  /** The best, and what is not surely worse than it by more than the margin. */
  function near(found, fit) {
    const best = top(fit);
    const { margin } = found.situation;
    return fit.filter((each) => each === best || found.quality(best.option, each.option).low <= margin);
  }

  function cheapest(found, tied) {
    const unpriced = tied.flatMap((each) => each.unpriced);
    if (tied.length > 1 && unpriced.length) {
      const names = tied.map((each) => each.option.name).join("; ");
      const reason = `these are not told apart in quality, and not all their costs are known: ${names}`;
      throw new Undecided(reason, () => listed(unpriced));
    }
    const pick = tied.reduce((a, b) => (cheaper(b, a) ? b : a));
    const paid = tied.filter((each) => each !== pick).flatMap((each) => found.paid(pick.option, each.option));
    reliable(paid.filter(Options.doubt), tied);
    return pick;
  }

  /** Refuses to tell by seconds that are not to be relied on which is the cheapest. */
  function reliable(doubtful, tied) {
    if (!doubtful.length) return;
    const names = tied.map((each) => each.option.name).join("; ");
    const rests = `what they cost rests on seconds that are not reliable (${Options.doubt(doubtful[0])})`;
    throw new Undecided(`these are not told apart in quality, and ${rests}: ${names}`, () => [
      toTimeAgain(doubtful.map(({ measure }) => measure)),
    ]);
  }

  function cheaper(a, b) {
    const [mine, theirs] = [a, b].map(({ cost }) => (cost ? cost.value : 0));
    if (mine !== theirs) return mine < theirs;
    if (a.quality.value !== b.quality.value) return a.quality.value > b.quality.value;
    return before(a.option.name, b.option.name);
  }

  /** Refuses what could be worse than another by more than the risk that is taken. */
  function surelyGood(found, pick, fit) {
    const gaps = fit.filter((each) => each !== pick).map((each) => [found.quality(each.option, pick.option), each.option.name]);
    if (!gaps.length) return;
    const { risk } = found.situation;
    const [gap, rival] = gaps.reduce((a, b) => (b[0].high > a[0].high ? b : a));
    if (gap.high <= risk) return;
    const [points, most] = [Figures.fixed(100 * gap.high, 1), Figures.general(100 * risk, 6)];
    const { name } = pick.option;
    const reason = `${name} could be ${points} points worse than ${rival}, and at most ${most} are risked`;
    throw new Undecided(reason, () => [`${name} against ${rival}: ${more(gap, risk)}`]);
  }

  /** The cheapest of these that are tied, or the best of them where the costs for that are not known. */
  function next(found, fit) {
    if (!fit.length) return null;
    try {
      return cheapest(found, near(found, fit));
    } catch (why) {
      if (!(why instanceof Undecided)) throw why;
      return top(fit);
    }
  }

  /** The best by quality, and by name where that is the same. */
  function top(fit) {
    return fit.reduce((a, b) => {
      const [mine, theirs] = [a.quality.value, b.quality.value];
      return theirs > mine || (theirs === mine && before(a.option.name, b.option.name)) ? b : a;
    });
  }

  /** Whether a text comes before another letter by letter, as Python orders them; `<` takes letters beyond U+FFFF for two. */
  function before(a, b) {
    const [mine, theirs] = [[...a], [...b]];
    const place = mine.findIndex((letter, at) => letter !== theirs[at]);
    if (place < 0) return mine.length < theirs.length;
    return place < theirs.length && mine[place].codePointAt(0) < theirs[place].codePointAt(0);
  }

  /** How many questions would put the end of an interval that lies beyond a bound on the bound, if the value stays. */
  function more(found, bound) {
    const reach = bound >= found.value ? found.high - found.value : found.value - found.low;
    const distance = Math.abs(bound - found.value);
    if (distance < Evidence.SAME) return "it lies on the bound itself; no number of questions would tell";
    if (found.n === 1) return "it was measured once for each training; more --seeds would tell";
    const also = found.method.includes("training noise") ? " and seeds" : "";
    const times = Figures.general(Math.max((reach / distance) ** 2, 1.1), 2);
    return `about ${times} times as many questions${also} as the ${found.n} now would tell`;
  }

  /** What to type for figures that are missing. */
  function toMeasure(measures, system = "") {
    const again = measures.some((name) => /^updates\.(retrained|continued)/.test(name));
    const axes = [...new Set(measures.map((name) => name.split(".")[0]))].join(" or ");
    const only = system ? ` of ${system}` : "";
    const wanted = axes.includes(" or ") ? `(${axes})` : axes;
    const needs = axes.includes("updates") ? " (of a suite with revisions.jsonl)" : "";
    return `${[...new Set(measures)].join(", ")}${only}: pytest -m "domain and ${wanted}"${again ? " --full" : ""}${needs}`;
  }

  /** What to do about seconds that are not reliable. */
  function toTimeAgain(measures) {
    const what = [...new Set(measures)].join(", ");
    return `${what}: once more, all systems in one run on a quiet machine: pytest -m "domain and latency"`;
  }

  /** Once for each system. */
  function listed(columns) {
    const systems = [...new Set(columns.map(({ system }) => system))];
    const of = (system) => columns.filter((column) => column.system === system).map(({ measure }) => measure);
    return systems.map((system) => toMeasure(of(system), system));
  }

  return { decide, choose };
})();
