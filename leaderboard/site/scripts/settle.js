/**
 * What would settle a decision: which metrics to take, or how many more questions or trainings, and what these cost: as
 * `leaderboard/advice/settle.py`, which says why.
 *
 * Needs options.js and figures.js.
 */
const Settle = (() => {
  "use strict";

  const TAIL = 0.025;
  const MOST_SEEDS = 10; // more trainings than that are not practical
  const MOST_TIMES = 20; // so many times as many questions at most are practical
  const LEAST = 1.1; // times as many questions
  const AGAIN = 3; // seeds to train with what was trained once
  const ASKED = ["", "style.format_followed", "hallucination.unanswerable"]; // of the others, items take other times
  const ITEMS = new Map([
    ["hallucination.unanswerable", "unanswerable questions"],
    ["forgetting", "items of general tasks"],
    ["privacy.extracted", "planted secrets"],
    ["latency.p95", "timed questions"],
  ]);

  /** What would settle something, {what, cost, practical}: `cost` is infinite where it is not known; `what` says so if not practical. */
  function remedy(what, cost = Infinity, practical = true) {
    return { what, cost, practical };
  }

  /** A remedy as a sentence. */
  function to(purpose, { what, practical }) {
    return practical ? `To ${purpose}, ${what}.` : `${what.slice(0, 1).toUpperCase()}${what.slice(1)}.`;
  }

  /** What machine time is paid with: "CPU at $0.0816/h". */
  function hour({ evidence, situation: { prices } }) {
    const machine = evidence.machine.toUpperCase() || "unknown machine";
    return `${machine} at ${Figures.paid(Figures.general(prices[evidence.hour], 6), prices.currency)}/h`;
  }

  /** Alternatives, the cheapest first; those that are not practical only where none is. */
  function sortedOut(remedies) {
    const found = [...remedies].sort((a, b) => (a.cost === b.cost ? 0 : a.cost - b.cost));
    const practical = found.filter((each) => each.practical);
    return [...new Set((practical.length ? practical : found).map(({ what }) => what))];
  }

  /** Sentences in each of which the same caution about seconds, or the same allowance for training, stands once. */
  function saidOnce({ evidence }, lines) {
    const figures = [...evidence.columns.values()].map(({ found }) => found).filter(Boolean);
    const doubts = new Set(figures.map(({ caution }) => caution).filter(Boolean));
    const allowances = new Set([...figures.map(({ allows }) => allows).filter(Boolean), ...[...evidence.anew.values()].map(({ said }) => said)]);
    const long = [...doubts].map((doubt) => [`; not reliable: ${doubt})`, "; not reliable either)"]);
    for (const allowed of allowances) long.push([`, which allows for ${allowed})`, ", likewise)"]);
    return lines.map((line) => long.reduce(shortened, line));
  }

  function shortened(line, [said, short]) {
    const [first, ...rest] = line.split(said);
    return rest.length ? first + said + rest.join(short) : line;
  }

  /** What would put the end of the interval of a difference in quality, that lies beyond a bound, on the bound. */
  function gap(found, mine, theirs, bound) {
    const noise = found.evidence.noise(found.sum(mine, theirs));
    const options = [mine, theirs];
    return more(found, { known: found.quality(mine, theirs), bound, options, asked: questions(found, options), noise, metric: "" });
  }

  /** What would tell whether an option meets all requirements of which that is not known, or that it probably does not meet. */
  function requirements(found, each, standings = [...Options.UNKNOWN, "probably not met"]) {
    const names = each.among(standings);
    const whole = allOf(names.map((name) => requirement(found, name, each)));
    const on = `the requirement${names.length === 1 ? "" : "s"} on ${Figures.joined(names)}`;
    return { ...whole, what: `find out whether ${found.title(each.option)} meets ${on}: ${whole.what}` };
  }

  /** One remedy, which is all of these together: "both ..., and ...", where there are two. */
  function allOf(remedies) {
    const parts = [...new Set(remedies.map((one) => one.what))];
    const cost = remedies.reduce((sum, one) => sum + one.cost, 0);
    return remedy(`${parts.length === 2 ? "both " : ""}${parts.join(", and ")}`, cost, remedies.every((one) => one.practical));
  }

  /** All that is needed to tell of an option of which too few questions tell: of its accuracy, and of its requirements. */
  function asking(found, each) {
    const metric = (name) => found.limits.find((limit) => limit.name === name).metric;
    const { system } = each.option;
    const names = each.unknown.filter((name) => metric(name) && !found.evidence.whyNever([metric(name)], system));
    return allOf([...found.thin(each).settle.map((what) => remedy(what)), ...names.map((name) => requirement(found, name, each))]);
  }

  /** What would tell whether an option meets a requirement. */
  function requirement(found, name, each) {
    const limit = found.limits.find((one) => one.name === name);
    const { metric, bound } = limit;
    const { system } = each.option;
    const how = each.standing(name);
    if (how === "not measured") return toMeasure(found, [metric], [system]);
    if (how === "not reliable") return toTimeAgain(found, [metric]);
    const known = each.required(name);
    if (Options.tooFew(known, found.evidence.few)) return clusters(found, name, [each]);
    if (Math.abs(known.value - bound) < Evidence.SAME) return onTheLimit(limit);
    const asked = metric ? new Map(ASKED.includes(metric) ? [[system, known.n]] : []) : questions(found, [each.option]);
    const noise = metric ? found.evidence.noiseOf(each.option.limited.get(name)) : found.evidence.noise(found.sum(each.option));
    if (Options.tooFewTimings(limit, known)) {
      return remedy(`time ${Options.TIMED} questions or more in place of ${known.n} (SAMPLE in evals/axes/latency.py), as fewer cannot show how high a p95 may be`);
    }
    const open = { known, bound, options: [each.option], asked, noise, metric };
    if (!each.allowed(name)) return more(found, open);
    return again(found, open, metric ? known.asked : [each.quality.low, each.quality.high]);
  }

  /** What would tell whether options that stand alike to a requirement meet it. */
  function together(found, name, those) {
    const [first] = those;
    const { metric } = found.limits.find((one) => one.name === name);
    if (first.standing(name) === "not measured") return toMeasure(found, [metric], ofAll(found, those));
    const known = first.required(name);
    return known && Options.tooFew(known, found.evidence.few) ? clusters(found, name, those) : requirement(found, name, first);
  }

  /** The systems of some options, where it has to be said of whom; none where it can be measured of every system. */
  function ofAll({ evidence }, those) {
    const some = [...evidence.columns.values()].some((column) => column.never);
    return some ? [...new Set(those.map(({ option }) => option.system))] : [];
  }

  /** How an option stands to a requirement, or why its figure shows nothing. */
  function standing(found, name, each) {
    const said = each.standing(name);
    const known = each.required(name);
    if (said !== "not shown" || !known) return said;
    return Options.tooFew(known, found.evidence.few) ? "too few questions" : "the figure lies on the limit";
  }

  /** What is missing to say anything of options that were asked the same. */
  function clusters(found, name, those) {
    const { few } = found.evidence;
    const { metric } = found.limits.find((one) => one.name === name);
    const { clusters: count, effective } = those[0].required(name);
    const added = Options.moreClusters(count, effective, few);
    const asked = new Map(ASKED.includes(metric) ? those.map((each) => [each.option.system, each.required(name).n]) : []);
    const paid = spent(found, [], asked, 1 + added / count, 0);
    const words = `${Options.counted(added)} of ${ITEMS.get(metric) ?? "questions"} of the usual size`;
    const weigh = count >= few ? ` that weigh as ${(Math.floor(10 * effective) / 10).toFixed(1)}` : "";
    return remedy(`add ${words}, as ${Options.counted(count)}${weigh} ${count === 1 ? "is" : "are"} too few${paid.said}`, paid.cost);
  }

  function onTheLimit({ metric, extreme }) {
    const items = ITEMS.get(metric) ?? "questions";
    if (extreme) return remedy(`no number of ${items} can prove it, as the limit is the best figure there can be`, Infinity, false);
    return remedy(`use more ${items} (it cannot be said how many)`);
  }

  /** System -> the questions that its quality rests on. */
  function questions({ aged, evidence }, options) {
    const counted = aged ? ["accuracy.exact", "updates.fresh"] : ["accuracy.exact"];
    const n = (system) => counted.reduce((sum, metric) => sum + (evidence.column(metric, system).found?.n ?? 0), 0);
    return new Map(options.map(({ system }) => [system, n(system)]));
  }

  /** The cheapest of all numbers of questions and seeds that would do, of a figure whose interval reaches beyond a bound. */
  function more(found, open) {
    const { known, bound, options } = open;
    if (Math.abs(bound - known.value) < Evidence.SAME) return remedy("ask more questions (it cannot be said how many)");
    if (known.n === 1) return remedy("train with more --seeds, as it was measured once for each training");
    const now = Math.max(...options.map(({ system }) => found.evidence.trainings(system)));
    const repeated = now > 1 ? open : { ...open, noise: null };
    const all = plans(found, repeated, now);
    if (!all.length) return impractical(repeated);
    const cheaper = (a, b) => (a.cost === b.cost ? a.seeds * a.times < b.seeds * b.times : a.cost < b.cost);
    const { times, seeds, said, cost } = all.reduce((a, b) => (cheaper(b, a) ? b : a));
    const parts = times > 1 ? [asked(found, repeated, times)] : [];
    if (seeds > now) parts.push(`train with ${seeds} seeds in place of ${now} (--seeds ${seeds})`);
    return remedy(`${parts.join(parts[0].includes(", ") ? ", and " : " and ")}${said}`, cost);
  }

  /** What is practical: for each number of seeds the fewest questions that would do, {times, seeds, said, cost}. */
  function plans(found, open, now) {
    const made = [];
    for (let seeds = now; seeds <= (open.noise ? Math.max(now, MOST_SEEDS) : now); seeds++) {
      const times = needed(open, seeds, now);
      if (times !== null && times <= MOST_TIMES) {
        made.push({ times, seeds, ...spent(found, open.options, open.asked, times, seeds > now ? seeds : 0) });
      }
    }
    return made;
  }

  /** How many times as many questions would do, with so many seeds in place of those of now; null where none would. */
  function needed({ known, bound, noise }, seeds, now) {
    const reach = bound >= known.value ? known.high - known.value : known.value - known.low;
    const half = (degrees) => Student.quantile(1 - TAIL, degrees) * noise.error;
    const ofQuestions = Math.max(0, reach ** 2 - (noise ? half(noise.degrees) ** 2 : 0));
    const trained = noise ? (half((noise.degrees * (seeds - 1)) / (now - 1)) ** 2 * now) / seeds : 0;
    const left = (bound - known.value) ** 2 - trained;
    if (left <= 0) return null;
    return ofQuestions / left <= 1 && seeds > now ? 1 : Math.max(ofQuestions / left, LEAST);
  }

  /** What would tell of a figure of one training run: other runs, and more questions where these alone leave it open. */
  function again(found, open, [low, high]) {
    const alone = { ...open, known: { ...open.known, low, high }, noise: null };
    const times = low <= open.bound && open.bound <= high ? (needed(alone, 1, 1) ?? 1) : 1;
    if (times > MOST_TIMES) return impractical(alone);
    const { said, cost } = spent(found, open.options, open.asked, times, AGAIN);
    const also = times > 1 ? `, and ${asked(found, open, times)}` : "";
    return remedy(`train with --seeds ${AGAIN}, which shows how much trainings differ${also}${said}`, cost);
  }

  function impractical({ metric, noise }) {
    const items = ITEMS.get(metric) ?? "questions";
    const needs = noise
      ? `not even ${MOST_TIMES} times as many ${items} with ${MOST_SEEDS} seeds would do`
      : `it would take more than ${MOST_TIMES} times as many ${items}`;
    return remedy(`this cannot be settled in practice: ${needs}`, Infinity, false);
  }

  /** How many more; of two kinds, so many times as many of each. */
  function asked({ aged }, { metric, known }, times) {
    const verb = ASKED.includes(metric) ? "ask" : "use";
    if (!metric && aged) return `${verb} about ${Figures.general(times, 2)} times as many questions, those about revised documents included`;
    return `${verb} about ${count(times * known.n)} ${ITEMS.get(metric) ?? "questions"} in place of ${known.n}`;
  }

  function count(number) {
    return Figures.grouped(Figures.fixed(Number(Figures.general(number, 2)), 0));
  }

  /** What it costs to ask `times` as many questions, of weights trained with so many seeds (0: as many as now): {said, cost}. */
  function spent(found, options, asked, times, seeds) {
    const { evidence } = found;
    const trained = trainings(found, options, seeds);
    const again = new Map(trained.map(([{ system }, many]) => [system, many]));
    const answers = [...asked].map(([system, n]) => {
      const now = Math.max(1, evidence.trainings(system));
      return [evidence.column("latency.seconds", system), n * (times * (now + (again.get(system) ?? 0)) - now)];
    });
    const known = [...trained, ...answers].filter(([column]) => column.found);
    if (!known.length) return { said: "", cost: Infinity };
    const lack = (parts) => parts.some(([column]) => !column.found);
    const untimed = [...(!asked.size || lack(answers) ? ["the answers"] : []), ...(lack(trained) ? ["training"] : [])];
    const total = known.reduce((sum, [column, many]) => sum + many * column.found.value, 0);
    const doubt = known.map(([column]) => Options.doubt(column)).find(Boolean) ?? "";
    return { said: costing(found, total, untimed, doubt), cost: untimed.length ? Infinity : price(found, total) };
  }

  /** Seconds of one training, and how many more of these it takes to have so many seeds. */
  function trainings({ evidence }, options, seeds) {
    if (!seeds) return [];
    const columns = options.flatMap(({ system, policy, trained }) => {
      const again = policy === "as it is" ? [] : [`updates.${policy}.seconds`];
      return trained ? ["cost.train_seconds", ...again].map((metric) => evidence.column(metric, system)) : [];
    });
    return [...new Set(columns)].map((column) => [column, Math.max(0, seeds - evidence.trainings(column.system))]);
  }

  function price({ evidence, situation: { prices } }, seconds) {
    return (seconds / 3600) * prices[evidence.hour];
  }

  function costing(found, seconds, untimed, doubt) {
    const amount = Figures.money(price(found, seconds), found.situation.prices.currency);
    const out = untimed.length ? `, not counting ${untimed.join(" and ")}, of which no times are known` : "";
    return ` (${Figures.figure(seconds, "seconds")} of machine time, ${amount}${out}${doubt ? `; not reliable: ${doubt}` : ""})`;
  }

  /** What it takes to train options that were trained once with more seeds. */
  function seeds(found, options) {
    const paid = spent(found, options, questions(found, options), 1, AGAIN);
    return remedy(`train with --seeds ${AGAIN}${paid.said}`, paid.cost);
  }

  /** What to type for figures that are missing; of systems of which they cannot be measured, why not. */
  function toMeasure(found, metrics, named = []) {
    const everyone = named.length ? named : found.evidence.systems.map(([name]) => name);
    const able = everyone.filter((system) => !found.evidence.whyNever(metrics, system));
    if (everyone.length && !able.length) return remedy(never(found, metrics, everyone), Infinity, false);
    const systems = able.length === everyone.length ? named : able;
    const again = metrics.some((name) => /^(updates\.(retrained|continued)|privacy\.|data_efficiency\.)/.test(name));
    const axes = [...new Set(metrics.map((name) => name.split(".")[0]))].join(" or ");
    const only = systems.length ? ` of ${Figures.joined(systems)}` : "";
    const wanted = axes.includes(" or ") ? `(${axes})` : axes;
    const needs = axes.includes("updates") ? " (of a suite with revisions.jsonl)" : "";
    const typed = `pytest -m "domain and ${wanted}"${again ? " --full" : ""}${after(chosen(found, systems))}`;
    return remedy(`measure ${[...new Set(metrics)].join(", ")}${only}: ${typed}${needs}`);
  }

  /** That some metrics cannot be measured of any of these systems, and why. */
  function never({ evidence }, metrics, systems) {
    const reasons = new Map();
    for (const system of new Set(systems)) {
      const why = evidence.whyNever(metrics, system);
      reasons.set(why, [...(reasons.get(why) ?? []), system]);
    }
    const what = [...new Set(metrics)].join(", ");
    return [...reasons].map(([why, those]) => `of ${Figures.joined(those)}, ${what} cannot be measured: ${why}`).join("; ");
  }

  /** What to do where it cannot be measured whether an option meets a requirement. */
  function without(found, each) {
    const { system } = each.option;
    const metric = (name) => found.limits.find((limit) => limit.name === name).metric;
    const names = each.unknown.filter((name) => found.evidence.whyNever([metric(name)], system));
    if (!names.length) return [];
    return [remedy(`do without the requirement${names.length === 1 ? "" : "s"} on ${Figures.joined(names)}, or without ${system}`, 0)];
  }

  /** The options of a command that takes the same exam of these systems, or of all. */
  function chosen({ evidence }, systems = []) {
    const names = systems.length ? systems : evidence.systems.map(([name]) => name);
    const trained = Math.max(0, ...names.map((name) => evidence.trainings(name)));
    const seeds = trained > 1 ? [`--seeds ${trained}`] : [];
    return [evidence.options, ...systems.map((name) => `--system ${quoted(name)}`), ...seeds].filter(Boolean).join(" ");
  }

  function after(options) {
    return options ? ` ${options}` : "";
  }

  /** A word as a shell takes it, as Python's `shlex.quote` writes it. */
  function quoted(word) {
    return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
  }

  /** What to do about seconds that are not reliable. */
  function toTimeAgain(found, metrics) {
    const what = [...new Set(metrics)].join(", ");
    return remedy(`take ${what} again, all systems in one run on a quiet machine: pytest -m "domain and latency"${after(chosen(found))}`);
  }

  /** What to type for figures that are missing, once for all systems that lack the same. */
  function listed(found, columns) {
    const lacking = new Map();
    for (const { metric, system } of new Set(columns)) lacking.set(system, [...(lacking.get(system) ?? []), metric]);
    const groups = new Map();
    for (const [system, metrics] of lacking) {
      const mark = JSON.stringify(metrics);
      groups.set(mark, [...(groups.get(mark) ?? []), system]);
    }
    return [...groups].map(([mark, systems]) => toMeasure(found, JSON.parse(mark), systems));
  }

  return {
    after, asking, chosen, gap, hour, listed, never, remedy, requirement, requirements, saidOnce, seeds, sortedOut, standing, to,
    toMeasure, toTimeAgain, together, without,
  };
})();
