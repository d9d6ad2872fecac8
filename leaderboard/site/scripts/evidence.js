/**
 * What was measured in one section, from an entry of `decision` in leaderboard.json: as `leaderboard/advice/estimates.py`, which says
 * why.
 *
 *     const evidence = Evidence.of(data);
 *     evidence.mixed({ columns: [evidence.column("accuracy.exact", "rag")], weights: [1] })  // {value, low, high, n, ...}
 *
 * Needs student.js. A column is a metric of a system, the same object each time. A weighted sum is a list of columns and one of
 * their weights, where 0 is as good as nothing: a decision is made some thousand times a second, and lists are quick.
 */
const Evidence = (() => {
  "use strict";

  const TAIL = 0.025;
  const SAME = 1e-12; // of what is added up: a difference as small as this is rounding

  class Evidence {
    constructor(data) {
      this.suite = data.suite;
      this.baseModel = data.base_model;
      this.changed = data.changed;
      this.machine = data.machine;
      this.few = data.few;
      this.systems = data.systems;
      this.columns = new Map();
      for (const row of data.figures) this.column(row.metric, row.system).found = row;
      this.metrics = new Set(data.figures.map(({ metric }) => metric));
      for (const [metric, system] of data.impossible) this.column(metric, system).impossible = true;
      const mixed = [...this.columns.values()].filter(({ found }) => found && found.covariance);
      this.correlations = correlations(mixed);
      for (const [metric, system, why] of data.never) this.column(metric, system).never = why;
      this.options = data.options;
      this.called = new Set(data.called);
      this.anew = new Map(data.anew.map(([system, deviation, degrees, said]) => [system, { error: deviation, degrees, said }]));
      for (const [system] of data.systems) aligned(mixed.filter((column) => column.system === system));
    }

    /** Metric of a system: what was found, if anything was, and the place of its mean among those that are put together. */
    column(metric, system) {
      const name = `${metric}\n${system}`;
      const column = this.columns.get(name) ?? { metric, system, found: null, impossible: false, never: "", place: -1, means: [] };
      this.columns.set(name, column);
      return column;
    }

    /** Whether a system was right on every question, so that nothing shows how it varies with another. */
    rightThroughout(system) {
      const { found } = this.column("accuracy.exact", system);
      return Boolean(found && found.covariance) && found.covariance.at(-1) <= SAME && found.value > 0;
    }

    /** Why one of these metrics cannot be measured of a system; empty where all can. */
    whyNever(metrics, system) {
      return metrics.map((metric) => this.column(metric, system).never).find(Boolean) ?? "";
    }

    /** Whether it is known that nothing was trained for a system: its training was measured, and took no time. */
    untrained(system) {
      const { found } = this.column("cost.train_seconds", system);
      return !this.systems.find(([name]) => name === system)[1] && found !== null && found.value === 0;
    }

    /** The name of the price of an hour of what the seconds were taken on: one with a GPU where that is not known. */
    get hour() {
      return this.machine === "cpu" ? "cpu_hour" : "gpu_hour";
    }

    /** The weighted sum of means that are all there, with its 95 % interval; training noise allowed for. */
    mixed(sum) {
      let n = Infinity;
      let few = null; // the one with the fewest effective clusters
      each(sum, ({ found }) => {
        n = Math.min(n, found.n);
        if (!few || found.effective < few.effective) few = found;
      });
      const value = added(sum);
      const [low, high] = [value - this.reach(sum, below), value + this.reach(sum, above)];
      const { clusters, effective } = few ?? { clusters: 0, effective: 0 };
      const found = { value, low, high, n: few ? n : 0, clusters, effective, method: "recovered" };
      return widened(found, noise(sum));
    }

    /** What training anew does to a weighted sum: {error, degrees}, or null where nothing was trained twice. */
    noise(sum) {
      return noise(sum);
    }

    /** The same of one figure. */
    noiseOf({ found: { seeds } }) {
      return seeds ? noticed(ofSeeds(Object.keys(seeds).sort((a, b) => a - b).map((seed) => seeds[seed]))) : null;
    }

    /** A system's accuracy with an interval that allows for another training where there was one alone. */
    allowing(quality, system) {
      const known = this.anew.get(system);
      if (!known) return quality;
      const { low, high, ...found } = widened(quality, known);
      return { ...found, low: Math.max(0, low), high: Math.min(1, high) };
    }

    /** What a figure's interval allows for beyond what was measured of its system; empty if nothing. No metric: accuracy. */
    allowed(metric, system) {
      if (metric) return this.column(metric, system).found?.allows ?? "";
      return this.anew.get(system)?.said ?? "";
    }

    /** How many seeds a system was trained with, as far as accuracy tells. */
    trainings(system) {
      const { found } = this.column("accuracy.exact", system);
      return found && found.seeds ? Object.keys(found.seeds).length : 0;
    }

    /** A weighted sum of amounts that are all there, and the ends of its 95 % interval. */
    total(sum) {
      const ends = new Ends();
      each(sum, ({ found }, weight) => ends.add(found, weight));
      return ends.around(added(sum));
    }

    /** How far a weighted sum may lie on one side of its value, as far as questions go: distances, as correlated errors. */
    reach({ columns, weights }, side) {
      const total = new Total();
      const distances = columns.map(({ found }, k) => (weights[k] ? weights[k] * side(found, weights[k]) : 0));
      for (let k = 0; k < columns.length; k++) {
        if (!weights[k]) continue;
        const row = this.correlations[columns[k].place];
        total.add(distances[k] * distances[k]);
        for (let j = 0; j < k; j++) if (weights[j]) total.add(2 * distances[k] * distances[j] * row[columns[j].place]);
      }
      return Math.sqrt(Math.max(0, total.value));
    }
  }

  function each({ columns, weights }, what) {
    for (let k = 0; k < columns.length; k++) if (weights[k]) what(columns[k], weights[k]);
  }

  /** Of means over clusters; a mean that does not vary over them goes with no other. Tells each column its place among them. */
  function correlations(columns) {
    columns.forEach((column, place) => (column.place = place));
    const shared = (k, j) => columns[Math.max(k, j)].found.covariance[Math.min(k, j)];
    const errors = columns.map((_, k) => Math.sqrt(shared(k, k)));
    const both = (k, j) => errors[k] * errors[j];
    return columns.map((_, k) => columns.map((_, j) => (both(k, j) ? shared(k, j) / both(k, j) : 0)));
  }

  /** How far a figure with a positive weight may lie below its value; one with a negative weight, above. */
  function below(found, weight) {
    const [low, high] = found.asked ?? [found.low, found.high];
    return weight > 0 ? found.value - low : high - found.value;
  }

  function above(found, weight) {
    return below(found, -weight);
  }

  /** Gives a system's columns the means of the same seeds, each in its place; NaN where a column was not measured with a seed. */
  function aligned(columns) {
    const seeds = [...new Set(columns.flatMap(({ found }) => Object.keys(found.seeds)))].sort((a, b) => a - b);
    for (const column of columns) column.means = seeds.map((seed) => column.found.seeds[seed] ?? NaN);
  }

  /** What is added up one by one; what rounding leaves where parts cancel is nothing. */
  class Total {
    constructor() {
      this.sum = 0;
      this.size = 0;
    }

    add(part) {
      this.sum += part;
      this.size += Math.abs(part);
    }

    get value() {
      return Math.abs(this.sum) <= SAME * this.size ? 0 : this.sum; // NaN stays
    }
  }

  function added(sum) {
    const total = new Total();
    each(sum, ({ found }, weight) => total.add(weight * found.value));
    return total.value;
  }

  /** How far off a sum may be below and above: what its parts may be off adds up as legs to a hypotenuse. */
  class Ends {
    constructor() {
      this.below = 0;
      this.above = 0;
    }

    add(found, weight) {
      const down = (weight * (found.value - found.low)) ** 2;
      const up = (weight * (found.high - found.value)) ** 2;
      this.below += weight > 0 ? down : up;
      this.above += weight > 0 ? up : down;
    }

    around(value) {
      return { value, low: value - Math.sqrt(this.below), high: value + Math.sqrt(this.above) };
    }
  }

  /** What training anew changes: {error, degrees}, or null. A system's columns stand side by side. */
  function noise(sum) {
    const { columns } = sum;
    let found = null;
    for (let from = 0, to = 0; from < columns.length; from = to) {
      while (to < columns.length && columns[to].system === columns[from].system) to++;
      found = joint(found, trained(sum, from, to));
    }
    return found;
  }

  /** Of one system's part of a sum: over the seeds that all its metrics have, or else of each metric by itself. */
  function trained({ columns, weights }, from, to) {
    while (from < to && !weights[from]) from++;
    const means = (from < to ? columns[from].means : []).map((_, seed) => {
      const total = new Total();
      for (let k = from; k < to; k++) if (weights[k]) total.add(weights[k] * columns[k].means[seed]);
      return total.value;
    });
    const common = means.filter(measured);
    if (common.length > 1) return noticed(ofSeeds(common));
    let alone = null;
    for (let k = from; k < to; k++) {
      if (weights[k]) alone = joint(alone, noticed(scaled(ofSeeds(columns[k].means.filter(measured)), weights[k])));
    }
    return alone;
  }

  function measured(mean) {
    return !Number.isNaN(mean);
  }

  /** The standard error of the mean of seeds' means, with its degrees of freedom; null for a single seed. */
  function ofSeeds(means) {
    const degrees = means.length - 1;
    if (degrees < 1) return null;
    const mean = means.reduce((a, b) => a + b) / means.length;
    const squares = means.reduce((a, b) => a + (b - mean) ** 2, 0);
    return { error: Math.sqrt(squares / degrees / means.length), degrees };
  }

  function scaled(found, weight) {
    return found && { error: Math.abs(weight) * found.error, degrees: found.degrees };
  }

  function noticed(found) {
    return found && found.error > SAME ? found : null;
  }

  /** Of a difference of two, with Satterthwaite's degrees of freedom. */
  function joint(mine, theirs) {
    if (!mine || !theirs) return mine || theirs;
    const [a, b] = [mine.error ** 2, theirs.error ** 2];
    return { error: Math.sqrt(a + b), degrees: (a + b) ** 2 / (a ** 2 / mine.degrees + b ** 2 / theirs.degrees) };
  }

  function widened(found, training) {
    if (!training) return found;
    const reach = Student.quantile(1 - TAIL, training.degrees) * training.error;
    const low = found.value - Math.hypot(found.value - found.low, reach);
    const high = found.value + Math.hypot(found.high - found.value, reach);
    return { ...found, low, high, method: `${found.method}, with training noise` };
  }

  return { of: (data) => new Evidence(data), SAME };
})();
