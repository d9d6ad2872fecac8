/**
 * What was measured in one section, from an entry of `decision` in leaderboard.json: as `leaderboard/evidence.py`, which says
 * why.
 *
 *     const evidence = Evidence.of(data);
 *     evidence.mixed({ columns: [evidence.column("accuracy.exact", "rag")], weights: [1] })  // {value, low, high, n, ...}
 *
 * Needs student.js. A column is a measure of a system, the same object each time. A weighted sum is a list of columns and one of
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
      for (const row of data.figures) this.column(row.measure, row.system).found = row;
      this.measures = new Set(data.figures.map(({ measure }) => measure));
      for (const [measure, system] of data.impossible) this.column(measure, system).impossible = true;
      const mixed = [...this.columns.values()].filter(({ found }) => found && found.covariance);
      this.halves = halves(mixed);
      for (const [system] of data.systems) aligned(mixed.filter((column) => column.system === system));
    }

    /** Measure of a system: what was found, if anything was, and the place of its mean among those that are put together. */
    column(measure, system) {
      const name = `${measure}\n${system}`;
      const column = this.columns.get(name) ?? { measure, system, found: null, impossible: false, place: -1, means: [] };
      this.columns.set(name, column);
      return column;
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
      const ends = new Ends(this.reach(sum));
      let n = Infinity;
      let few = null; // the one with the fewest effective clusters
      each(sum, ({ found, place }, weight) => {
        n = Math.min(n, found.n);
        if (!few || found.effective < few.effective) few = found;
        if (!this.halves[place][place]) ends.add(found, weight); // it does not vary, which no covariance shows
      });
      const { low, high, value } = ends.around(added(sum));
      const { clusters, effective } = few ?? { clusters: 0, effective: 0 };
      const found = { value, low, high, n: few ? n : 0, clusters, effective, method: "cluster t" };
      return widened(found, noise(sum));
    }

    /** What training anew does to a weighted sum: {error, degrees}, or null where nothing was trained twice. */
    noise(sum) {
      return noise(sum);
    }

    /** How many seeds a system was trained with, as far as accuracy tells. */
    trainings(system) {
      const { found } = this.column("accuracy.exact", system);
      return found && found.seeds ? Object.keys(found.seeds).length : 0;
    }

    /** A weighted sum of amounts that are all there, and the ends of its 95 % interval. */
    total(sum) {
      const ends = new Ends(0);
      each(sum, ({ found }, weight) => ends.add(found, weight));
      return ends.around(added(sum));
    }

    /** Half of the interval of a weighted sum, as far as it shows in the clusters. */
    reach({ columns, weights }) {
      const total = new Total();
      for (let k = 0; k < columns.length; k++) {
        if (!weights[k]) continue;
        const row = this.halves[columns[k].place];
        total.add(weights[k] * weights[k] * row[columns[k].place]);
        for (let j = 0; j < k; j++) if (weights[j]) total.add(2 * weights[k] * weights[j] * row[columns[j].place]);
      }
      return Math.sqrt(Math.max(0, total.value));
    }
  }

  function each({ columns, weights }, what) {
    for (let k = 0; k < columns.length; k++) if (weights[k]) what(columns[k], weights[k]);
  }

  /** The covariances, each mean's error multiplied by Student's t of its effective clusters; tells each column its place among them. */
  function halves(columns) {
    const quantile = ({ clusters, effective }) => (clusters > 1 ? Student.quantile(1 - TAIL, Math.max(1, effective - 1)) : 0);
    const t = columns.map(({ found }) => quantile(found));
    columns.forEach((column, place) => (column.place = place));
    const shared = (k, j) => columns[Math.max(k, j)].found.covariance[Math.min(k, j)];
    return columns.map((_, k) => columns.map((_, j) => t[k] * t[j] * shared(k, j)));
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
    constructor(reach) {
      this.below = reach * reach;
      this.above = reach * reach;
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

  /** Of one system's part of a sum: over the seeds that all its measures have, or else of each measure by itself. */
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
