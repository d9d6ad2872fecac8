/**
 * What to use in a situation, or why there is no clear choice: as `leaderboard/advice/decide.py`, which says why.
 *
 *     const decision = Advice.decide(new Options.Case(Evidence.of(data), data.situation));
 *     decision.pick ? decision.pick.option.name : decision.reason
 *
 * Needs settle.js.
 */
const Advice = (() => {
  "use strict";

  const PROBABLY = ["probably met"];
  const NONE_MEETS = "no option meets the requirements";
  const CALM = "say that nothing changes, if so (--updates 0)";
  const LOOSEN = Settle.remedy("loosen a requirement, or add another system");

  /** The reason why there is no clear choice, and a function that gives the remedies: a finding, and no error. */
  class Undecided {
    constructor(reason, remedies) {
      this.reason = reason;
      this.settle = () => Settle.sortedOut(remedies());
    }
  }

  /** What to recommend: {weighed, pick, choice, runnerUp, reason, settle, safe, nearest}; `settle` is a function. */
  function decide(found) {
    const chosen = choose(found);
    if (!chosen.pick) {
      const near = chosen.reason === NONE_MEETS ? nearest(found, chosen.weighed) : null;
      return { ...chosen, runnerUp: null, safe: safest(chosen.weighed), nearest: near };
    }
    const rest = chosen.meeting.filter((each) => each !== chosen.pick && each.meets && isWorthNaming(found, each, chosen.pick));
    return { ...chosen, runnerUp: rest.length ? choice(found, rest).pick : null, safe: null, nearest: null };
  }

  /** The same without what else could be done, for where it is asked of very many situations. */
  function choose(found) {
    const weighed = found.options.map((option) => found.weigh(option));
    try {
      const meeting = meets(found, weighed);
      const made = clear(found, meeting);
      return { weighed, meeting, choice: made, pick: made.pick, reason: "", settle: () => [] };
    } catch (why) {
      if (!(why instanceof Undecided)) throw why;
      return { weighed, meeting: [], choice: null, pick: null, reason: why.reason, settle: why.settle };
    }
  }

  /** The options whose figures meet the requirements, as far as these are known. */
  function meets(found, weighed) {
    const known = weighed.filter((each) => each.known);
    const meeting = known.filter((each) => !each.fails);
    if (meeting.some(answers)) return meeting;
    if (meeting.length) throw new Undecided("no option that may meet the requirements answers a question correctly", () => [LOOSEN]);
    if (found.aged === null) {
      const able = found.evidence.systems.some(([system]) => !found.evidence.whyNever(["updates.fresh"], system));
      const free = [...(able ? ["say what share it is (--changed)"] : []), CALM];
      const settle = () => [...free.map((what) => Settle.remedy(what, 0)), Settle.toMeasure(found, ["updates.fresh"])];
      throw new Undecided("it is not known what share of the facts an update changes", settle);
    }
    const failing = weighed.length > 0 && weighed.every((each) => each.requirements.some(([, how]) => how === "not met"));
    if (known.length || failing) {
      throw new Undecided(NONE_MEETS, () => {
        const may = known.filter((each) => !each.among(["not met"]).length).map((each) => Settle.requirements(found, each));
        const could = may.filter((each) => each.practical);
        return could.length ? could : [LOOSEN];
      });
    }
    const measured = weighed.filter((each) => each.quality);
    const most = measured.length && measured.reduce((a, b) => (b.quality.effective > a.quality.effective ? b : a));
    const thin = most && found.thin(most);
    if (thin) throw new Undecided(thin.what, () => [Settle.asking(found, most)]);
    throw new Undecided("the accuracy of no option is known", () => {
      const lacking = weighed.flatMap((each) => each.missing);
      const calm = found.situation.updates && lacking.some((column) => column.never);
      return [...(calm ? [Settle.remedy(CALM, 0)] : []), ...Settle.listed(found, lacking)];
    });
  }

  /** The choice, if it does not depend on what is not known, and is not too much of a risk. */
  function clear(found, meeting) {
    const sure = meeting.filter((each) => !each.unknown.length);
    const made = sure.length ? choice(found, sure) : null;
    if (sure.length < meeting.length) {
      const other = choice(found, meeting).pick;
      if (!made || other !== made.pick) {
        const doubt = other.unknown.map((name) => `${name}: ${Settle.standing(found, name, other)}`).join("; ");
        const reason = `it is not known whether ${found.title(other.option)} meets the requirements (${doubt})`;
        throw new Undecided(reason, () => [Settle.requirements(found, other), ...Settle.without(found, other)]);
      }
    }
    checkDoubt(found, made.pick, meeting);
    checkRisk(found, made.pick, meeting);
    return made;
  }

  /** Refuses what is both worse and materially dearer than another, and better only in that it surely meets the requirements. */
  function checkDoubt(found, pick, options) {
    if (!pick.surelyMeets) return;
    const rivals = options.filter((each) => !each.unknown.length && !each.surelyMeets && outdoes(found, each, pick));
    if (!rivals.length) return;
    const other = top(rivals);
    const [mine, theirs, names] = [found.title(pick.option), found.title(other.option), other.among(PROBABLY)];
    const points = `${Figures.fixed(100 * found.quality(other.option, pick.option).value, 1)} points more accurate`;
    const saved = Figures.money(found.cost(pick.option, other.option).value, pick.currency);
    const better = `${theirs} is expected to be ${points} than ${mine} and to cost ${saved} a month less`;
    const s = names.length > 1 ? "s" : "";
    const doubt = `only probably meets the requirement${s} on ${Figures.joined(names)}, which ${mine} meets with its whole interval${s}`;
    throw new Undecided(`${better}, but ${doubt}`, () => [Settle.requirements(found, other, PROBABLY)]);
  }

  /** Whether an option is both expected to be better than another and materially cheaper, as far as costs are known. */
  function outdoes(found, each, pick) {
    const better = found.quality(each.option, pick.option).value > Evidence.SAME;
    return better && !notKnown(found, [pick, each]).length && saves(found, each, pick);
  }

  /** Quality first, and cost where it is material: {pick, best, close, lead, doubtful}. */
  function choice(found, options) {
    const best = top(options);
    const most = found.situation.margin + Evidence.SAME;
    const near = options.filter((each) => found.quality(best.option, each.option).value <= most);
    const sure = near.filter((each) => each.surelyMeets);
    const close = sure.length ? sure : near;
    const doubtful = notKnown(found, close);
    const lead = top(close);
    return { pick: doubtful.length ? lead : worthIt(found, close, lead), best, close, lead, doubtful };
  }

  /** What is missing or not reliable among that by which the costs of these differ. */
  function notKnown(found, close) {
    if (close.length < 2) return [];
    const [first, ...others] = close;
    const paid = others.flatMap((each) => found.paid(first.option, each.option));
    return [...new Set([...close.flatMap((each) => each.unpriced), ...paid.filter(Options.doubt)])];
  }

  /** The best of what saves a material amount against the lead and does not cost materially more than the cheapest of that. */
  function worthIt(found, close, lead) {
    const saving = close.filter((each) => saves(found, each, lead));
    if (!saving.length) return lead;
    const cheapest = saving.reduce((a, b) => (price(b) < price(a) ? b : a));
    return top(saving.filter((each) => !saves(found, cheapest, each)));
  }

  /** Whether one option saves a material amount against another; both costs are known. */
  function saves(found, cheap, dear) {
    const saved = found.cost(dear.option, cheap.option).value;
    return saved > 0 && saved >= threshold(found, price(dear));
  }

  /** What is a material saving against an option that costs so much. */
  function threshold({ situation }, dear) {
    return Math.max(situation.material, situation.material_share * dear);
  }

  /** Refuses what could be worse than another by more than the risk that is taken. */
  function checkRisk(found, pick, options) {
    const gaps = options.filter((each) => each !== pick).map((each) => [found.quality(each.option, pick.option), each.option]);
    if (!gaps.length) return;
    const { risk } = found.situation;
    const [gap, rival] = gaps.reduce((a, b) => (b[0].high > a[0].high ? b : a));
    if (gap.high <= risk) return;
    const [points, most] = [Figures.fixed(100 * gap.high, 1), Figures.general(100 * risk, 6)];
    const could = `${found.title(pick.option)} could be ${points} points less accurate than ${found.title(rival)}`;
    throw new Undecided(`${could} (at most ${most} are accepted)`, () => [Settle.gap(found, rival, pick.option, risk)]);
  }

  /** The least bad at worst, of those that meet the requirements as far as known. */
  function safest(weighed) {
    const open = weighed.filter((each) => answers(each) && !each.fails);
    const safer = (a, b) => (a.quality.low === b.quality.low ? better(a, b) : a.quality.low > b.quality.low);
    return open.length ? open.reduce((a, b) => (safer(b, a) ? b : a)) : null;
  }

  /** Whether an option answered any question correctly. */
  function answers({ quality }) {
    return quality !== null && quality.value > 0;
  }

  /** Whether an option is any good as a runner-up: it can answer something, and is not both worse and more in doubt. */
  function isWorthNaming(found, each, pick) {
    const known = pick.among(PROBABLY);
    const surer = each.among(PROBABLY).every((name) => known.includes(name));
    return each.quality.low > 0 && (surer || found.quality(pick.option, each.option).low <= 0);
  }

  /** What misses the fewest requirements; of several, what misses them by the least in all, and then the best. */
  function nearest(found, weighed) {
    const missed = (each) => {
      const misses = each.among(Options.FAILING).map((name) => miss(found, name, each));
      return [misses.length + each.unknown.length, misses.reduce((sum, by) => sum + by, 0), -(each.quality ? each.quality.value : 0)];
    };
    const ranked = weighed.filter((each) => each.fails).map((each) => [each, missed(each)]);
    return ranked.length ? ranked.reduce((a, b) => (less(b[1], a[1]) ? b : a))[0] : null;
  }

  /** Whether one list of numbers comes before another. */
  function less(mine, theirs) {
    const place = mine.findIndex((number, at) => number !== theirs[at]);
    return place >= 0 && mine[place] < theirs[place];
  }

  /** How far a figure is beyond a limit: as a share, or, of seconds, as a share of the limit. */
  function miss(found, name, each) {
    const { bound } = found.limits.find((limit) => limit.name === name);
    const by = missedBy(found, name, each);
    if (name !== "latency") return by;
    return bound ? by / bound : Infinity;
  }

  /** How far a figure is beyond a limit, in its unit. */
  function missedBy(found, name, each) {
    const known = each.required(name);
    return known ? Math.abs(known.value - found.limits.find((limit) => limit.name === name).bound) : 0;
  }

  function price({ cost }) {
    return cost ? cost.value : Infinity;
  }

  function top(options) {
    return options.reduce((a, b) => (better(b, a) ? b : a));
  }

  /** By quality, by cost where that is the same, and then by name. */
  function better(a, b) {
    if (a.quality.value !== b.quality.value) return a.quality.value > b.quality.value;
    if (price(a) !== price(b)) return price(a) < price(b);
    return before(b.option.name, a.option.name);
  }

  /** Whether a text comes before another letter by letter, as Python orders them; `<` takes letters beyond U+FFFF for two. */
  function before(a, b) {
    const [mine, theirs] = [[...a], [...b]];
    const place = mine.findIndex((letter, at) => letter !== theirs[at]);
    if (place < 0) return mine.length < theirs.length;
    return place < theirs.length && mine[place].codePointAt(0) < theirs[place].codePointAt(0);
  }

  return { decide, choose, missedBy, threshold };
})();
