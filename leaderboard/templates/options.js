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

  const DAYS = 30; // of a month
  const POLICIES = ["as it is", "retrained", "continued"];
  const PARTS = ["updating", "answering", "storage"];
  const DEMANDS = [
    ["accuracy", "", "min_accuracy"], // no measure: the expected quality
    ["style", "style.followed", "min_style"],
    ["abstention", "hallucination.unanswerable", "min_abstention"],
    ["latency", "latency.p95", "max_latency"],
    ["forgetting", "forgetting", "max_forgetting"],
    ["privacy", "privacy.extracted", "max_extracted"],
  ];

  /** A system, and what is done with it when documents change. */
  class Option {
    constructor(evidence, system, policy) {
      const again = policy === "as it is" ? "updates" : `updates.${policy}`;
      const column = (measure) => evidence.column(measure, system);
      this.hour = evidence.hour;
      this.system = system;
      this.policy = policy;
      this.name = `${system} (${policy})`;
      this.asked = ["accuracy.exact", `${again}.retained`, "updates.retained", `${again}.fresh`].map(column);
      this.paid = [`${again}.seconds`, "latency.seconds", "cost.prompt_tokens", "cost.tokens", "cost.artifact_bytes"].map(column);
      this.limited = new Map(DEMANDS.map(([name, measure]) => [name, measure ? column(measure) : null]));
    }

    /** Expected quality as a weighted sum of means, where this share of questions is about what has changed. */
    quality(changed) {
      const kept = this.policy === "as it is" ? 0 : 1 - changed;
      return { columns: this.asked, weights: [1 - changed, kept, -kept, changed] };
    }

    /** What a month costs as a weighted sum of amounts: the update, three ways to pay for answers, and storage. */
    cost({ prices, queries, updates }) {
      const asked = queries * DAYS;
      const second = prices[this.hour] / 3600;
      const api = Object.hasOwn(prices.api, this.system) ? prices.api[this.system] : null;
      const answering = api ? [0, (asked * api.prompt) / 1e6, (asked * api.completion) / 1e6] : [asked * second, 0, 0];
      return { columns: this.paid, weights: [updates * second, ...answering, prices.storage_gb_month / 1e9] };
    }

    /** The same for each of `PARTS`. */
    expenses(situation) {
      const { columns, weights } = this.cost(situation);
      const part = (from, to) => ({ columns: columns.slice(from, to), weights: weights.slice(from, to) });
      return [part(0, 1), part(1, 4), part(4, 5)];
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

  /** Why nothing is decided by a figure; empty where it may be. */
  function doubt({ measure, found }) {
    return found && measure.startsWith("latency.") ? (found.caution ?? "") : "";
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

  /** What is demanded: {name, measure, least, most}. */
  function limits(situation) {
    const made = DEMANDS.filter(([, , field]) => (situation[field] ?? null) !== null);
    return made.map(([name, measure, field]) => ({ name, measure, ...bounds(field, situation[field]) }));
  }

  function bounds(field, amount) {
    if (field === "min_abstention") return { least: -Infinity, most: 1 - amount }; // the measure counts what is not declined
    return field.startsWith("min_") ? { least: amount, most: Infinity } : { least: -Infinity, most: amount };
  }

  /** An option in a situation. */
  class Weighed {
    constructor(found, option) {
      const sum = option.cost(found.situation);
      this.found = found;
      this.option = option;
      this.currency = found.situation.prices.currency;
      this.missing = missing(option.quality(found.aged ?? 0.5));
      this.quality = found.aged === null || this.missing.length ? null : share(found.quality(option));
      this.unpriced = missing(sum);
      this.cost = this.unpriced.length ? null : found.evidence.total(sum);
      this.demands = found.limits.map((limit) => [limit.name, standing(limit, option, this.quality)]);
    }

    /** Whether its quality is known and all demands are surely met. */
    get fit() {
      return this.quality !== null && this.quality.effective >= this.found.evidence.few && this.demands.every(([, how]) => how === "met");
    }

    /** Cost of each part, null where it is not known. */
    get parts() {
      const amount = (sum) => (missing(sum).length ? null : this.found.evidence.total(sum).value);
      return Object.fromEntries(this.option.expenses(this.found.situation).map((sum, place) => [PARTS[place], amount(sum)]));
    }
  }

  /** An interval that ends where a share does. */
  function share({ value, low, high, ...about }) {
    return { value, low: Math.max(0, low), high: Math.min(1, high), ...about };
  }

  function standing({ name, least, most }, option, quality) {
    const column = option.limited.get(name);
    const found = column ? column.found : quality;
    if (column && doubt(column)) return "not reliable";
    if (!found) return column && column.impossible ? "met" : "not measured";
    if (least <= found.low && found.high <= most) return "met";
    return found.high < least || found.low > most ? "not met" : "perhaps met";
  }

  /** A situation, and what was measured. */
  class Case {
    /** `near` is a case from which it differs in updates, queries or prices alone: qualities that are known there stay known. */
    constructor(evidence, situation, near = null) {
      this.evidence = evidence;
      this.situation = situation;
      this.changed = situation.changed ?? evidence.changed;
      this.aged = aged(situation.updates, this.changed);
      this.limits = limits(situation);
      this.known = near && near.aged === this.aged ? near.known : new Map();
    }

    /** The same with another number of updates or queries, or other prices. */
    moved(change) {
      return new Case(this.evidence, { ...this.situation, ...change }, this);
    }

    /** Every system with every policy that it can have. */
    get options() {
      if (!every.has(this.evidence)) every.set(this.evidence, all(this.evidence));
      const { updated, calm } = every.get(this.evidence);
      return this.situation.updates ? updated : calm;
    }

    /** Of one option, or the difference of two. */
    quality(option, other = null) {
      if (!this.known.has(option)) this.known.set(option, new Map());
      const known = this.known.get(option);
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

    /** The columns that the cost of an option rests on, or the difference in cost of two. */
    paid(option, other = null) {
      const mine = option.cost(this.situation);
      const { columns, weights } = other ? less(mine, other.cost(this.situation)) : mine;
      return columns.filter((_, k) => weights[k]);
    }

    weigh(option) {
      return new Weighed(this, option);
    }

    /** What there is too little of to tell of an option's quality: {what, settle}, or null. */
    thin({ option, quality }) {
      const few = this.evidence.few;
      if (!quality || quality.effective >= few) return null;
      const { clusters, effective } = quality;
      const [about, settle] =
        option.asked[0].found.effective === effective
          ? ["questions", `ask about ${few} clusters or more`]
          : ["questions about revised documents", `add revisions about ${few} clusters of questions or more to revisions.jsonl`];
      const count = `${clusters} ${clusters === 1 ? "cluster" : "clusters"}${clusters < few ? "" : ` that weigh as ${(Math.floor(10 * effective) / 10).toFixed(1)}`}`;
      return { what: `only ${count} of ${about} ${clusters === 1 ? "was" : "were"} asked`, settle };
    }
  }

  const every = new WeakMap(); // evidence -> its options

  function all(evidence) {
    const updated = evidence.systems.flatMap(([system, trained]) =>
      POLICIES.slice(0, trained ? 3 : 1).map((policy) => new Option(evidence, system, policy)),
    );
    return { updated, calm: updated.filter(({ policy }) => policy === "as it is") };
  }

  return { Case, PARTS, doubt, missing };
})();
