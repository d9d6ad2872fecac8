/**
 * What would settle a decision: which measures to take, or how many more questions or trainings, and what these cost: as
 * `leaderboard/settle.py`, which says why.
 *
 * Needs options.js and figures.js.
 */
const Settle = (() => {
  "use strict";

  const TAIL = 0.025;
  const MOST_SEEDS = 10; // beyond that, more questions are asked as well
  const LEAST = 1.1; // times as many questions
  const ASKED = ["", "style.followed", "hallucination.unanswerable"]; // of the others, items take other times

  /** What machine time is paid with: "CPU at $0.0816/h". */
  function hour({ evidence, situation: { prices } }) {
    const machine = evidence.machine.toUpperCase() || "unknown machine";
    return `${machine} at ${Figures.paid(Figures.general(prices[evidence.hour], 6), prices.currency)}/h`;
  }

  /** What would put the end of the interval of a difference in quality, that lies beyond a bound, on the bound. */
  function gap(found, mine, theirs, bound) {
    const noise = found.evidence.noise(found.sum(mine, theirs));
    return more(found, found.quality(mine, theirs), bound, [mine, theirs], questions(found, [mine, theirs]), noise);
  }

  /** What would tell whether an option meets a requirement. */
  function requirement(found, name, each) {
    const { measure, bound } = found.limits.find((limit) => limit.name === name);
    const { system } = each.option;
    const [, how] = each.requirements.find(([of]) => of === name);
    if (how === "not measured") return toMeasure([measure], system);
    if (how === "not reliable") return toTimeAgain([measure]);
    const known = measure ? each.option.limited.get(name).found : each.quality;
    const { few } = found.evidence;
    if (known.effective < few && known.n > 1) {
      const { clusters, effective } = known;
      const weigh = clusters >= few ? ` that weigh as ${(Math.floor(10 * effective) / 10).toFixed(1)}` : "";
      const needed = Options.moreClusters(clusters, effective, few);
      return `it rests on ${Options.counted(clusters)}${weigh}; ${needed} more of the usual size are needed to tell`;
    }
    const asked = measure ? new Map(ASKED.includes(measure) ? [[system, known.n]] : []) : questions(found, [each.option]);
    return more(found, known, bound, [each.option], asked, measure ? null : found.evidence.noise(found.sum(each.option)));
  }

  /** System -> the questions that its quality rests on. */
  function questions({ aged, evidence }, options) {
    const counted = aged ? ["accuracy.exact", "updates.fresh"] : ["accuracy.exact"];
    const n = (system) => counted.reduce((sum, measure) => sum + (evidence.column(measure, system).found?.n ?? 0), 0);
    return new Map(options.map(({ system }) => [system, n(system)]));
  }

  function more(found, known, bound, options, asked, noise) {
    const reach = bound >= known.value ? known.high - known.value : known.value - known.low;
    const distance = Math.abs(bound - known.value);
    if (distance < Evidence.SAME) return "the figure lies on the limit itself; no number of questions would decide";
    if (known.n === 1) return "it was measured once for each training; more --seeds would decide";
    const trainings = Math.max(...options.map(({ system }) => found.evidence.trainings(system)));
    const enough = noise && trainings > 1 && seedsFor(reach, distance, noise, trainings);
    if (enough) {
      return `training with ${enough} seeds in place of ${trainings} (--seeds ${enough}) would decide${training(found, options, enough)}`;
    }
    const times = Math.max((reach / distance) ** 2, LEAST);
    const also = known.method.includes("training noise") ? ` and ${Math.ceil(times * trainings)} seeds in place of ${trainings}` : "";
    const what = asked.size ? "questions" : "items";
    return `about ${count(times * known.n)} ${what} in place of ${known.n}${also} would decide${also ? "" : asking(found, asked, times)}`;
  }

  function count(number) {
    return Figures.grouped(Figures.fixed(Number(Figures.general(number, 2)), 0));
  }

  /** The fewest seeds that would do with the same questions; null where these alone do not, or need too many. */
  function seedsFor(reach, distance, { error, degrees }, now) {
    const rest = reach ** 2 - (Student.quantile(1 - TAIL, degrees) * error) ** 2;
    for (let seeds = now + 1; seeds <= MOST_SEEDS; seeds++) {
      const t = Student.quantile(1 - TAIL, (degrees * (seeds - 1)) / (now - 1));
      if (rest + ((t * error) ** 2 * now) / seeds <= distance ** 2) return seeds;
    }
    return null;
  }

  /** What it costs to ask them. */
  function asking(found, asked, times) {
    const taken = [...asked].map(([system, n]) => [n, found.evidence.column("latency.seconds", system).found]);
    if (!taken.length || taken.some(([, known]) => !known)) return "";
    return costing(found, taken.reduce((sum, [n, known]) => sum + (times - 1) * n * known.value, 0));
  }

  /** What it costs to train options with more seeds. */
  function training(found, options, seeds) {
    const { evidence } = found;
    const columns = options.flatMap(({ system, policy, trained }) => {
      const again = policy === "as it is" ? [] : [`updates.${policy}.seconds`];
      return trained ? ["cost.train_seconds", ...again].map((measure) => evidence.column(measure, system)) : [];
    });
    const once = [...new Set(columns)];
    if (!once.length || once.some((column) => !column.found)) return "";
    return costing(found, once.reduce((sum, { system, found: known }) => sum + (seeds - evidence.trainings(system)) * known.value, 0));
  }

  function costing(found, seconds) {
    const { prices } = found.situation;
    const spent = Figures.money((seconds / 3600) * prices[found.evidence.hour], prices.currency);
    return ` (${Figures.figure(seconds, "seconds")} of machine time, ${spent}; ${hour(found)})`;
  }

  /** What it takes to train options that were trained once with three seeds. */
  function seeds(found, options) {
    return `train with --seeds 3${training(found, options, 3)}`;
  }

  /** What to type for figures that are missing. */
  function toMeasure(measures, system = "") {
    const again = measures.some((name) => /^(updates\.(retrained|continued)|privacy\.|hunger\.)/.test(name));
    const axes = [...new Set(measures.map((name) => name.split(".")[0]))].join(" or ");
    const only = system ? ` of ${system}` : "";
    const wanted = axes.includes(" or ") ? `(${axes})` : axes;
    const needs = axes.includes("updates") ? " (of a suite with revisions.jsonl)" : "";
    return `measure ${[...new Set(measures)].join(", ")}${only}: pytest -m "domain and ${wanted}"${again ? " --full" : ""}${needs}`;
  }

  /** What to do about seconds that are not reliable. */
  function toTimeAgain(measures) {
    const what = [...new Set(measures)].join(", ");
    return `take ${what} again, all systems in one run on a quiet machine: pytest -m "domain and latency"`;
  }

  /** What to type for figures that are missing, once for each system. */
  function listed(columns) {
    const systems = [...new Set(columns.map(({ system }) => system))];
    const of = (system) => columns.filter((column) => column.system === system).map(({ measure }) => measure);
    return systems.map((system) => toMeasure(of(system), system));
  }

  return { gap, hour, listed, requirement, seeds, toMeasure, toTimeAgain };
})();
