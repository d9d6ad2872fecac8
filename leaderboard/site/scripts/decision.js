/**
 * The decision in a page: from an entry of `decision` in leaderboard.json and a situation to what `advise --json` prints of them,
 * the same figures and the same sentences (`leaderboard/advice/text.py`). No part of it touches the page.
 *
 *     const situation = { ...data.situation, updates: 4, min_style: 0.9 };  // null, or left out: not required
 *     const { recommendation, said, options, flips } = Decision.advise(data, situation);
 *
 * - `decide(data, situation)`: all but `flips` and the sentences about them, for while a slider moves.
 * - `flips(data, situation)`: those alone.
 * - `advise(data, situation)`: everything.
 * - `map(data, situation, updates, queries)`: what is recommended for each of some numbers of updates and of queries:
 *   {updates, queries, names, titles, cells}, where `cells[row][column]` is the place in `names` (for data) and `titles` (for
 *   people) of what is recommended for `queries[row]` and `updates[column]`. Both are null where there is no clear choice.
 *
 * `DECISION` in `leaderboard/site/render.py` names all files that it needs, in their order.
 */
const Decision = (() => {
  "use strict";

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
    advice.said.along = Outlook.along(found, decision, all);
    return advice;
  }

  function map(data, situation, updates, queries) {
    const [names, titles] = [[], []];
    const cells = queries.map(() => new Array(updates.length));
    updates.forEach((many, column) => {
      const found = opened(data, { ...situation, updates: many });
      queries.forEach((asked, row) => {
        const { pick } = Advice.choose(found.moved({ queries: asked }));
        const at = place(names, pick ? pick.option.name : null);
        titles[at] ??= pick ? found.title(pick.option) : null;
        cells[row][column] = at;
      });
    });
    return { updates, queries, names, titles, cells };
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
      safe: decision.safe ? decision.safe.option.name : null,
      nearest: decision.nearest ? decision.nearest.option.name : null,
      reason: decision.reason,
      close: decision.choice ? decision.choice.close.map((each) => each.option.name) : [],
      settle: decision.settle(),
      options: decision.weighed.map((each) => option(found, each)),
      said: {
        situation: Sayings.situation(found),
        required: Sayings.required(found),
        verdict: Sayings.verdict(found, decision),
        notes: Sayings.notes(found, decision),
        left_out: Outlook.leftOut(found, decision),
        along: [],
      },
    };
  }

  function option(found, each) {
    const { quality, cost, parts } = each;
    const gone = [...each.missing, ...each.unpriced].map(({ metric, system }) => `${metric} of ${system}`);
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
      requirements: Object.fromEntries(each.requirements),
      missing: gone,
      shown: shown(found, each, parts),
    };
  }

  /** Nine digits, as in leaderboard.json. */
  function rounded(number) {
    return number === null ? null : Number(number.toPrecision(9));
  }

  /** The figures as people read them. */
  function shown(found, each, parts) {
    const unmet = each.requirements.filter(([, how]) => how !== "met").map(([name, how]) => `${name}: ${how}`);
    const costs = Options.PARTS.map((part) => [part, parts[part] === null ? "?" : Figures.money(parts[part], each.currency)]);
    return {
      option: found.title(each.option),
      quality: qualityShown(each),
      cost: costShown(each),
      parts: Object.fromEntries(costs),
      requirements: unmet.join("; ") || (each.requirements.length ? "met" : "none"),
    };
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

  return { decide, flips, advise, map };
})();
