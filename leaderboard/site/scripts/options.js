/**
 * What can be recommended: every system with every policy, its expected quality and monthly cost. As `leaderboard/advice/options.py` and
 * `situation.py`, which say why; docs/explanation/advice.md has the formulas.
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
  const WORDS = {
    "as it is": "no retraining",
    retrained: "retrained after each update",
    continued: "trained further on each update",
  };
  const FAILING = ["not met", "probably not met"];
  const UNKNOWN = ["not measured", "not reliable", "not shown"];
  const UNTRAINED = ["forgetting", "privacy.extracted"]; // metrics of what training does
  const P95 = "latency.p95";
  const TIMED = 72; // timings that show how high a 95th percentile may be
  const REQUIREMENTS = [
    ["accuracy", "", "min_accuracy"], // no metric: the expected quality
    ["style", "style.format_followed", "min_style"],
    ["abstention", "hallucination.unanswerable", "min_abstention"],
    ["latency", "latency.p95", "max_latency"],
    ["forgetting", "forgetting", "max_forgetting"],
    ["privacy", "privacy.extracted", "max_extracted"],
  ];

  /** A system, and what is done with it when documents change. */
  class Option {
    constructor(evidence, system, policy, trained) {
      const again = policy === "as it is" ? "updates" : `updates.${policy}`;
      const column = (metric) => evidence.column(metric, system);
      this.hour = evidence.hour;
      this.system = system;
      this.policy = policy;
      this.trained = trained;
      this.name = `${system} (${policy})`;
      this.asked = ["accuracy.exact", `${again}.retained`, "updates.retained", `${again}.fresh`].map(column);
      const answering = ["latency.seconds", "cost.prompt_tokens", "cost.tokens", "cost.money"];
      this.paid = [`${again}.seconds`, ...answering, "cost.artifact_bytes"].map(column);
      this.priced = Boolean(column("cost.money").found);
      this.untrained = evidence.untrained(system);
      this.limited = new Map(REQUIREMENTS.map(([name, metric]) => [name, metric ? column(metric) : null]));
    }

    /** Expected quality as a weighted sum of means, where this share of questions is about what has changed. */
    quality(changed) {
      const kept = this.policy === "as it is" ? 0 : 1 - changed;
      return { columns: this.asked, weights: [1 - changed, kept, -kept, changed] };
    }

    /** What a month costs as a weighted sum of amounts: the update, ways to pay for answers, and storage. */
    cost({ prices, queries, updates }) {
      const asked = queries * DAYS;
      const second = prices[this.hour] / 3600;
      const api = Object.hasOwn(prices.api, this.system) ? prices.api[this.system] : null;
      const own = this.priced ? [0, 0, 0, asked] : [asked * second, 0, 0, 0];
      const answering = api ? [0, (asked * api.prompt) / 1e6, (asked * api.completion) / 1e6, 0] : own;
      return { columns: this.paid, weights: [updates * second, ...answering, prices.storage_gb_month / 1e9] };
    }

    /** The same for each of `PARTS`. */
    expenses(situation) {
      const { columns, weights } = this.cost(situation);
      const part = (from, to) => ({ columns: columns.slice(from, to), weights: weights.slice(from, to) });
      return [part(0, 1), part(1, 5), part(5, 6)];
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
  function doubt({ found }) {
    return found?.caution ?? "";
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

  /** What is required: {name, metric, bound, least, most, extreme}; `bound` is that of the metric; no share is beyond `extreme`. */
  function limits(situation) {
    const made = REQUIREMENTS.filter(([, , field]) => (situation[field] ?? null) !== null);
    return made.map(([name, metric, field]) => ({ name, metric, ...bounds(field, situation[field]) }));
  }

  /** With room for rounding: 1 - 0.2 is not quite 0.8. */
  function bounds(field, amount) {
    const bound = field === "min_abstention" ? 1 - amount : amount; // the metric counts what is not declined
    const least = field.startsWith("min_") && field !== "min_abstention";
    const ends = { least: least ? bound - Evidence.SAME : -Infinity, most: least ? Infinity : bound + Evidence.SAME };
    return { bound, ...ends, extreme: least ? bound >= 1 : bound <= 0 && field !== "max_forgetting" };
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
      this.requirements = found.limits.map((limit) => [limit.name, standing(limit, option, this.quality, found.evidence)]);
    }

    /** Whether enough questions were asked to tell of its quality. */
    get known() {
      return this.quality !== null && this.quality.effective >= this.found.evidence.few;
    }

    /** Whether its figures do not meet a requirement. */
    get fails() {
      return this.among(FAILING).length > 0;
    }

    /** Requirements of which nothing is known for it that may be relied on. */
    get unknown() {
      return this.among(UNKNOWN);
    }

    /** Requirements to which it stands in one of these ways. */
    among(standings) {
      return this.requirements.filter(([, how]) => standings.includes(how)).map(([name]) => name);
    }

    /** How it stands to one. */
    standing(name) {
      return this.requirements.find(([of]) => of === name)[1];
    }

    /** The figure that one is about; null where it was not measured. */
    required(name) {
      return limited(this.option.limited.get(name), this.option, this.quality, this.found.evidence);
    }

    /** What that figure's interval allows for beyond what was measured of the option; empty if nothing. */
    allowed(name) {
      return this.found.evidence.allowed(this.option.limited.get(name)?.metric ?? "", this.option.system);
    }

    /** Whether enough is known of it, and its figures meet the requirements. */
    get meets() {
      return this.known && !this.fails && !this.unknown.length;
    }

    /** Whether the intervals of its figures, too, meet all requirements. */
    get surelyMeets() {
      return this.requirements.every(([, how]) => how === "met");
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

  /** The figure that a limit is about; expected accuracy allows for another training where there was one alone. */
  function limited(column, { system }, quality, evidence) {
    return column ? column.found : quality && evidence.allowing(quality, system);
  }

  function standing(limit, option, quality, evidence) {
    const column = option.limited.get(limit.name);
    if (option.untrained && UNTRAINED.includes(limit.metric)) return "met";
    const found = limited(column, option, quality, evidence);
    if (column && doubt(column)) return "not reliable";
    if (!found) return column && column.impossible ? "met" : "not measured";
    if (tooFew(found, evidence.few)) return "not shown";
    const stood = stands(found, limit);
    return stood === "met" && tooFewTimings(limit, found) ? "probably met" : stood;
  }

  /** A figure that rests on enough clusters, to a limit. */
  function stands({ value, low, high }, { least, most, bound, extreme }) {
    if (least <= low && high <= most) return "met";
    if (high < least || low > most) return "not met";
    if (Math.abs(value - bound) <= Evidence.SAME && !extreme) return "not shown";
    return least <= value && value <= most ? "probably met" : "probably not met";
  }

  /** Whether nobody can say how high a 95th percentile may be, whatever the slowest answer seen. */
  function tooFewTimings({ metric }, { n }) {
    return metric === P95 && n < TIMED;
  }

  /** Whether a figure rests on so few clusters that it shows nothing; what was taken once, as an amount, is exact. */
  function tooFew({ effective, method }, few) {
    return effective < few && !method.startsWith("exact");
  }

  /** A situation, and what was measured. */
  class Case {
    /** `near` is a case from which it differs in updates, queries or prices alone: qualities that are known there stay known. */
    constructor(evidence, situation, near = null) {
      this.evidence = evidence;
      this.situation = situation;
      this.changed = situation.changed ?? evidence.changed;
      this.aged = aged(situation.updates, this.changed);
      const { by_default: assumed = [] } = situation;
      this.asked = limits(situation);
      this.limits = this.asked.filter(({ name, metric }) => !assumed.includes(name) || evidence.metrics.has(metric));
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

    /** As people read it; what was never trained, or need not be trained again, has no policy. */
    title({ system, policy, trained }) {
      return this.situation.updates && trained ? `${system}, ${WORDS[policy]}` : system;
    }

    /** The means that the quality of one option, or the difference of two, is made of. */
    sum(option, other = null) {
      const mine = option.quality(this.aged);
      return other ? less(mine, other.quality(this.aged)) : mine;
    }

    /** Of one option, or the difference of two. */
    quality(option, other = null) {
      if (!this.known.has(option)) this.known.set(option, new Map());
      const known = this.known.get(option);
      if (!known.has(other)) known.set(other, this.evidence.mixed(this.sum(option, other)));
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

    /** What there is too little of to tell of an option's quality: {what, settle: all that is to be added}, or null. */
    thin({ option, quality }) {
      const few = this.evidence.few;
      if (!quality || quality.effective >= few) return null;
      const { clusters, effective } = quality;
      const asked = option.asked[0].found;
      const about = asked.effective === effective ? "questions" : "questions about revised documents";
      const { columns, weights } = this.sum(option);
      const others = columns.filter(({ metric }, k) => weights[k] && metric !== "accuracy.exact").map(({ found }) => found);
      const settle = asked.effective < few ? [`ask ${added(asked, few)}`] : [];
      if (others.length) {
        const revised = others.reduce((a, b) => (b.effective < a.effective ? b : a));
        if (revised.effective < few) settle.push(`add revisions that make ${added(revised, few)}`);
      }
      return { what: fewSaid(clusters, effective, about, few), settle };
    }
  }

  function added({ clusters, effective }, few) {
    return `${counted(moreClusters(clusters, effective, few), "more ")} of questions of the usual size`;
  }

  function fewSaid(clusters, effective, about, few) {
    if (effective < clusters && clusters >= few) {
      const unequal = `are so unequal in size that they count as ${(Math.floor(10 * effective) / 10).toFixed(1)}`;
      return `the ${clusters} clusters of ${about} ${unequal}; ${few} are needed`;
    }
    return `only ${counted(clusters)} of ${about} ${clusters === 1 ? "was" : "were"} asked; ${few} are needed`;
  }

  function counted(clusters, more = "") {
    return `${clusters} ${more}${clusters === 1 ? "cluster" : "clusters"}`;
  }

  /** How many more clusters of the mean size make enough, after Kish (1965). */
  function moreClusters(clusters, effective, few) {
    const part = 2 * clusters - few;
    const whole = (few * clusters ** 2) / effective - clusters ** 2;
    return Math.max(1, Math.ceil((Math.sqrt(part ** 2 + 4 * whole) - part) / 2 - Evidence.SAME));
  }

  const every = new WeakMap(); // evidence -> its options

  function all(evidence) {
    const updated = evidence.systems.flatMap(([system, trained]) =>
      POLICIES.slice(0, trained ? 3 : 1).map((policy) => new Option(evidence, system, policy, trained)),
    );
    return { updated, calm: updated.filter(({ policy }) => policy === "as it is") };
  }

  return { Case, FAILING, PARTS, UNKNOWN, UNTRAINED, counted, doubt, missing, TIMED, moreClusters, tooFew, tooFewTimings };
})();
