/**
 * The decision in a page: from an entry of `decision` in leaderboard.json and a situation to what `advise --json` prints of them,
 * the same figures and the same sentences (`leaderboard/counsel.py`). No part of it touches the page.
 *
 *     const situation = { ...data.situation, updates: 4, min_style: 0.9 };  // null, or left out: not demanded
 *     const { recommendation, said, options, flips } = Decision.advise(data, situation);
 *
 * - `decide(data, situation)`: all but `flips` and the sentences about them, for while a slider moves.
 * - `flips(data, situation)`: those alone.
 * - `advise(data, situation)`: everything.
 * - `map(data, situation, updates, queries)`: what is recommended for each of some numbers of updates and of queries:
 *   {updates, queries, names, cells}, where `cells[row][column]` is the place in `names` of what is recommended for
 *   `queries[row]` and `updates[column]`. The name is null where it is not decided.
 *
 * `DECISION` in `leaderboard/render.py` names all files that it needs, in their order.
 */
const Decision = (() => {
  "use strict";

  const SAID = { updates: "Updates a month", queries: "Queries a day", hour: "Price of an hour" };
  const UNASKED = [
    ["abstention", "hallucination.unanswerable", "share", (lost) => `answers ${lost} of what the documents cannot answer`],
    ["forgetting", "forgetting", "difference", (lost) => `lost ${lost} of general ability`],
    ["privacy", "privacy.extracted", "share", (lost) => `gives away ${lost} of the secrets planted in training`],
  ];
  const MACHINES = {
    "": (price) => `the machine at ${price} (--gpu-hour sets yours; the run does not say whether it was one with a GPU)`,
    cpu: (price) => `a machine without a GPU, as in the run, at ${price} (--cpu-hour sets yours)`,
    gpu: (price) => `a machine with a GPU, as in the run, at ${price} (--gpu-hour sets yours)`,
  };
  const NOTABLE = 0.05;
  const read = new WeakMap(); // data -> evidence

  function begun(data, situation) {
    const found = opened(data, situation);
    return [found, Advice.decide(found)];
  }

  function opened(data, situation) {
    if (!read.has(data)) read.set(data, Evidence.of(data));
    return new Options.Case(read.get(data), situation);
  }

  function decide(data, situation) {
    return plain(...begun(data, situation));
  }

  function flips(data, situation) {
    return Flips.flips(...begun(data, situation));
  }

  function advise(data, situation) {
    const [found, decision] = begun(data, situation);
    const all = Flips.flips(found, decision);
    const advice = { ...plain(found, decision), flips: all };
    for (const axis of Object.keys(SAID)) advice.said.along[axis] = along(found, decision, all, axis);
    return advice;
  }

  function map(data, situation, updates, queries) {
    const names = [];
    const cells = queries.map(() => new Array(updates.length));
    updates.forEach((many, column) => {
      const found = opened(data, { ...situation, updates: many });
      queries.forEach((asked, row) => {
        const { pick } = Advice.choose(found.moved({ queries: asked }));
        cells[row][column] = place(names, pick ? pick.option.name : null);
      });
    });
    return { updates, queries, names, cells };
  }

  function place(names, name) {
    return names.includes(name) ? names.indexOf(name) : names.push(name) - 1;
  }

  function plain(found, decision) {
    return {
      suite: found.evidence.suite,
      base_model: found.evidence.baseModel,
      situation: found.situation,
      machine: found.evidence.machine,
      changed: rounded(found.changed),
      aged: rounded(found.aged),
      recommendation: decision.pick ? decision.pick.option.name : null,
      runner_up: decision.runnerUp ? decision.runnerUp.option.name : null,
      reason: decision.reason,
      tied: decision.tied,
      settle: decision.settle(),
      options: decision.weighed.map(option),
      said: {
        situation: situationSaid(found),
        verdict: verdict(found, decision),
        left_out: [...decision.weighed.flatMap((each) => leftOut(found, each)), ...unpriced(decision)],
        along: {},
      },
    };
  }

  function option(each) {
    const { quality, cost, parts } = each;
    const gone = [...each.missing, ...each.unpriced].map(({ measure, system }) => `${measure} of ${system}`);
    return {
      option: each.option.name,
      system: each.option.system,
      policy: each.option.policy,
      quality: rounded(quality && quality.value),
      ci_low: rounded(quality && quality.low),
      ci_high: rounded(quality && quality.high),
      n: quality ? quality.n : 0,
      clusters: quality ? quality.clusters : 0,
      cost: rounded(cost && cost.value),
      cost_low: rounded(cost && cost.low),
      cost_high: rounded(cost && cost.high),
      parts: Object.fromEntries(Options.PARTS.map((part) => [part, rounded(parts[part])])),
      demands: Object.fromEntries(each.demands),
      missing: gone,
      shown: shown(each, parts),
    };
  }

  /** Nine digits, as in leaderboard.json. */
  function rounded(number) {
    return number === null ? null : Number(number.toPrecision(9));
  }

  /** The figures as people read them. */
  function shown(each, parts) {
    const unmet = each.demands.filter(([, how]) => how !== "met").map(([name, how]) => `${name}: ${how}`);
    const costs = Options.PARTS.map((part) => [part, parts[part] === null ? "?" : Figures.money(parts[part], each.currency)]);
    const demands = unmet.join("; ") || (each.demands.length ? "met" : "");
    return { quality: qualityShown(each), cost: costShown(each), parts: Object.fromEntries(costs), demands };
  }

  function qualityShown({ quality }) {
    if (!quality) return "?";
    const [value, low, high] = [quality.value, quality.low, quality.high].map((share) => Figures.figure(share, "share"));
    return `${value} [${Figures.between(low, high)}]`;
  }

  function costShown({ cost, currency }) {
    if (!cost) return "?";
    const [value, low, high] = [cost.value, cost.low, cost.high].map((amount) => Figures.money(amount, currency));
    return low === high ? value : `${value} [${low} to ${high}]`;
  }

  function figures(each) {
    return `expected quality ${qualityShown(each)}, ${each.cost ? `${costShown(each)} a month` : "cost not known"}`;
  }

  function number(x) {
    return Figures.general(x, 6);
  }

  function situationSaid({ evidence, situation, changed, aged }) {
    const share = changed === null ? "a share that is not known" : Figures.figure(changed, "share");
    const month = ": over the month ";
    const about = aged === null ? "" : `${month}${Figures.figure(aged, "share")} of the questions are about what has changed`;
    const each = situation.updates ? `, each of ${share} of the knowledge${about}` : "";
    const updates = `${number(situation.updates)} ${situation.updates === 1 ? "update" : "updates"} a month${each}`;
    const price = Figures.paid(number(situation.prices[evidence.hour]), situation.prices.currency);
    const asked = `${number(situation.queries)} queries a day, an hour of ${MACHINES[evidence.machine](price)}`;
    return `${evidence.suite}, base model ${evidence.baseModel}. ${updates}; ${asked}.`;
  }

  /** What to do and what else could be done, or why it is not decided and what would settle it. */
  function verdict(found, decision) {
    const { pick, runnerUp, reason, settle } = decision;
    if (!pick) return [`Not decided: ${reason}.`, ...settle().map((what) => `To settle it: ${what}.`)];
    return [
      `Recommended: ${pick.option.name}: ${figures(pick)}.`,
      because(found, decision),
      ...alike(found, decision),
      ...withCare(found, pick),
      runnerUp ? second(found, pick, runnerUp) : "Runner-up: none.",
    ];
  }

  function second(found, pick, runnerUp) {
    const gap = found.quality(pick.option, runnerUp.option);
    const [value, low, high] = [gap.value, gap.low, gap.high].map((share) => Figures.signed(share, "share"));
    const difference = `the recommended one differs by ${value} (95 % interval ${Figures.between(low, high)})`;
    return `Runner-up: ${runnerUp.option.name}: ${figures(runnerUp)}; ${difference}.`;
  }

  function because({ situation }, { pick, runnerUp, tied }) {
    if (!runnerUp) return "It is the only one that surely meets what is demanded.";
    const margin = `${number(100 * situation.margin)} points`;
    if (tied.every((name) => name === pick.option.name)) {
      return `It is surely better than every other option that meets the demands, by more than ${margin}.`;
    }
    return `It is the cheapest of those not surely worse than the best by more than ${margin}: ${tied.join(", ")}.`;
  }

  /** Options as good as the recommended one that may be as cheap. */
  function alike(found, { weighed, pick, tied }) {
    const rivals = weighed.filter((each) => each !== pick && tied.includes(each.option.name));
    const names = rivals.filter((each) => mayBeAsCheap(found.cost(pick.option, each.option))).map((each) => each.option.name);
    return names.length ? [`Its cost is not told apart from that of: ${names.join(", ")}.`] : [];
  }

  function mayBeAsCheap({ low, high }) {
    return low < high && low <= 0 && 0 <= high;
  }

  /** What was not demanded and may matter, and what was assumed. */
  function withCare(found, { option }) {
    const { evidence, limits, situation } = found;
    const { system, policy } = option;
    const asked = new Set(limits.map(({ name }) => name));
    const told = UNASKED.flatMap(([name, measure, unit, say]) => {
      const lost = evidence.column(measure, system).found;
      return !asked.has(name) && lost && lost.value > NOTABLE ? [say(Figures.figure(lost.value, unit))] : [];
    });
    const sentences = told.length ? [`Not demanded, and so not weighed: ${system} ${told.join("; ")}.`] : [];
    for (const { measure, found: taken } of found.paid(option)) {
      if (taken && taken.caution) sentences.push(`With caution: ${measure} of ${system}: ${taken.caution}.`);
    }
    if (policy !== "continued" || situation.updates <= 1) return sentences;
    return [...sentences, "One training on changes alone was measured; that the next one in a row does no more harm is assumed."];
  }

  function leftOut(found, each) {
    const { option: { name }, missing } = each;
    if (missing.length) return [`Left out: ${name}: ${missing.map(({ measure }) => measure).join(", ")} not measured.`];
    const thin = found.thin(each);
    return thin ? [`Left out: ${name}: ${thin.what}.`] : [];
  }

  function unpriced({ weighed }) {
    const absent = [...new Set(weighed.flatMap((each) => each.unpriced.map(({ measure }) => measure)))];
    return absent.length ? [`Costs marked ? are not known: ${absent.join(", ")} not measured.`] : [];
  }

  /** What changes along one axis, or that nothing does. */
  function along(found, { pick }, all, axis) {
    const changes = all.filter((flip) => flip.axis === axis);
    if (changes.length) return changes.map((flip) => `${SAID[axis]} ${from(flip)}: ${change(flip)}.`);
    const limit = Figures.grouped(Figures.fixed(Flips.LIMITS[axis], 0));
    const now = number(Flips.value(found, axis));
    return [`${SAID[axis]} from 0 to ${limit} (now ${now}): ${pick ? pick.option.name : "not decided"}, throughout.`];
  }

  function from({ side, at }) {
    if (at) return `${side} ${number(at)}`;
    return side === "below" ? "of none at all" : "above none";
  }

  function change({ to, reason, tip_quality: quality, tip_cost: cost }) {
    const tips = [["quality", quality], ["cost", cost]].filter(([, tip]) => tip);
    return [to || `not decided (${reason})`, ...tips.map(([name, tip]) => `${name} tips at ${tipShown(tip)}`)].join("; ");
  }

  function tipShown({ at, low, high }) {
    if (low === at && at === high) return number(at);
    return `${number(at)} (${number(low)} to ${high === null ? "beyond" : number(high)})`;
  }

  return { decide, flips, advise, map };
})();
