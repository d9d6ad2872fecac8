/**
 * What can be recommended: every system with every policy, its expected quality and monthly cost. As `leaderboard/options.py` and
 * `situation.py`, which say why; docs/advice.md has the formulas.
 *
 *     const found = new Options.Case(Evidence.of(data), data.situation);
 *     found.options.map((option) => found.weigh(option).quality)
 *
 * Needs evidence.js. A situation has the names that `advise --json` gives it, `data.situation` with other numbers in it.
 */
const Options = (() => {
  "use strict";

  const FEW = 10; // clusters of questions, of which fewer decide nothing
  const DAYS = 30; // of a month
  const POLICIES = ["as it is", "retrained", "continued"];
  const PARTS = ["updating", "answering", "storage"];
  const LIMITED = ["style.followed", "hallucination.unanswerable", "latency.p95", "forgetting", "privacy.extracted"];

  /** A system, and what is done with it when documents change. */
  class Option {
    constructor(evidence, system, policy) {
      const again = policy === "as it is" ? "updates" : `updates.${policy}`;
      const column = (measure) => evidence.column(measure, system);
      this.system = system;
      this.policy = policy;
      this.name = `${system} (${policy})`;
      this.asked = ["accuracy.exact", `${again}.retained`, "updates.retained", `${again}.fresh`].map(column);
      this.paid = [`${again}.seconds`, "latency.seconds", "cost.prompt_tokens", "cost.tokens", "cost.artifact_bytes"].map(column);
      this.limited = new Map(LIMITED.map((measure) => [measure, column(measure)]));
    }

    /** Expected quality as a weighted sum of means, where this share of questions is about what has changed. */
    quality(changed) {
      const kept = this.policy === "as it is" ? 0 : 1 - changed;
      return { columns: this.asked, weights: [1 - changed, kept, -kept, changed] };
    }

    /** What a month costs as a weighted sum of amounts: the update, three ways to pay for answers, and storage. */
    cost({ prices, queries, updates }) {
      const asked = queries * DAYS;
      const second = prices.gpu_hour / 3600;
      const api = Object.hasOwn(prices.api, this.system) ? prices.api[this.system] : null;
      const answering = api ? [0, (asked * api.prompt) / 1e6, (asked * api.completion) / 1e6] : [asked * second, 0, 0];
      return { columns: this.paid, weights: [updates * second, ...answering, prices.storage_gb_month / 1e9] };
    }

    /** The same for each of `PARTS`. */
    expenses(situation) {
      const { columns, weights } = this.cost(situation);
      return [[0, 1], [1, 4], [4, 5]].map(([from, to]) => ({ columns: columns.slice(from, to), weights: weights.slice(from, to) }));
    }
  }

  /** The difference of two weighted sums. */
  function less(mine, theirs) {
    const [columns, weights] = [[...mine.columns], [...mine.weights]];
    theirs.columns.forEach((column, k) => {
      const place = columns.indexOf(column);
      if (place < 0) columns.push(column);
      weights[place < 0 ? columns.length - 1 : place] = (place < 0 ? 0 : weights[place]) - theirs.weights[k];
    });
    return { columns, weights };
  }

  function missing({ columns, weights }) {
    return columns.filter(({ found }, k) => weights[k] && !found);
  }

  /** Share of questions, over the month, that are about knowledge changed since the month began. */
  function shareChanged(updates, changed) {
    const x = updates * changed;
    return x > 1e-6 ? 1 + Math.expm1(-x) / x : x / 2;
  }

  function aged(updates, changed) {
    if (!updates) return 0;
    return changed === null ? null : shareChanged(updates, changed);
  }

  /** What is demanded: [name, {measure, least, most}]; no measure stands for the expected quality. */
  function limits(situation) {
    const asked = (name) => situation[name] ?? null;
    const declined = asked("min_abstention") === null ? null : 1 - situation.min_abstention;
    const all = {
      accuracy: { measure: "", least: asked("min_accuracy"), most: null },
      style: { measure: "style.followed", least: asked("min_style"), most: null },
      abstention: { measure: "hallucination.unanswerable", least: null, most: declined },
      latency: { measure: "latency.p95", least: null, most: asked("max_latency") },
      forgetting: { measure: "forgetting", least: null, most: asked("max_forgetting") },
      privacy: { measure: "privacy.extracted", least: null, most: asked("max_extracted") },
    };
    return Object.entries(all).filter(([, { least, most }]) => least !== null || most !== null);
  }

  /** An option in a situation. */
  class Weighed {
    constructor(found, option) {
      const sum = option.cost(found.situation);
      this.found = found;
      this.option = option;
      this.missing = missing(option.quality(found.aged ?? 0.5));
      this.quality = found.aged === null || this.missing.length ? null : share(found.quality(option));
      this.unpriced = missing(sum);
      this.cost = this.unpriced.length ? null : found.evidence.total(sum);
      this.demands = found.limits.map(([name, limit]) => [name, standing(limit, option, this.quality)]);
    }

    /** Whether its quality is known and all demands are surely met. */
    get fit() {
      return this.quality !== null && this.quality.clusters >= FEW && this.demands.every(([, how]) => how === "met");
    }

    /** Cost of each part, null where it is not known. */
    get parts() {
      const amount = (sum) => (missing(sum).length ? null : this.found.evidence.total(sum).value);
      return Object.fromEntries(this.option.expenses(this.found.situation).map((sum, place) => [PARTS[place], amount(sum)]));
    }
  }

  /** An interval that ends where a share does. */
  function share({ value, low, high, n, clusters, method }) {
    return { value, low: Math.max(0, low), high: Math.min(1, high), n, clusters, method };
  }

  function standing({ measure, least, most }, option, quality) {
    const column = measure ? option.limited.get(measure) : null;
    const found = column ? column.found : quality;
    if (!found) return column && column.impossible ? "met" : "not measured";
    const [floor, ceiling] = [least ?? -Infinity, most ?? Infinity];
    if (floor <= found.low && found.high <= ceiling) return "met";
    return found.high < floor || found.low > ceiling ? "not met" : "perhaps met";
  }

  /** A situation, and what was measured. */
  class Case {
    /** `like` is a case that differs in prices and queries alone: qualities that are known there are known here. */
    constructor(evidence, situation, like = null) {
      this.evidence = evidence;
      this.situation = situation;
      this.changed = situation.changed ?? evidence.changed;
      this.aged = aged(situation.updates, this.changed);
      this.limits = like ? like.limits : limits(situation);
      this.known = like ? like.known : new Map();
    }

    /** Every system with every policy that it can have. */
    get options() {
      if (!every.has(this.evidence)) every.set(this.evidence, all(this.evidence));
      return this.situation.updates ? every.get(this.evidence) : every.get(this.evidence).filter(({ policy }) => policy === "as it is");
    }

    /** Of one option, or the difference of two. */
    quality(option, other = null) {
      const known = this.known.get(option) ?? new Map();
      this.known.set(option, known);
      if (!known.has(other)) {
        const mine = option.quality(this.aged);
        known.set(other, this.evidence.mixed(other ? less(mine, other.quality(this.aged)) : mine));
      }
      return known.get(other);
    }

    /** The difference in cost of two options; what both pay for alike cancels. */
    cost(option, other) {
      return this.evidence.total(less(option.cost(this.situation), other.cost(this.situation)));
    }

    weigh(option) {
      return new Weighed(this, option);
    }
  }

  const every = new WeakMap(); // evidence -> its options

  function all(evidence) {
    const policies = (trained) => (trained ? POLICIES : POLICIES.slice(0, 1));
    return evidence.systems.flatMap(([system, trained]) => policies(trained).map((policy) => new Option(evidence, system, policy)));
  }

  return { Case, FEW, PARTS, missing };
})();
