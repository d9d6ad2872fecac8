/**
 * What would settle a decision: which measures to take, or how many more questions or trainings, and what these cost: as
 * `leaderboard/settle.py`, which says why.
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
  const ASKED = ["", "style.followed", "hallucination.unanswerable"]; // of the others, items take other times
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

  /** What would put the end of the interval of a difference in quality, that lies beyond a bound, on the bound. */
  function gap(found, mine, theirs, bound) {
    const noise = found.evidence.noise(found.sum(mine, theirs));
    const options = [mine, theirs];
    return more(found, { known: found.quality(mine, theirs), bound, options, asked: questions(found, options), noise, measure: "" });
  }

  /** What would tell whether an option meets all requirements of which that is not known, or that it probably does not meet. */
  function requirements(found, each) {
    const names = each.among([...Options.UNKNOWN, "probably not met"]);
    const remedies = names.map((name) => requirement(found, name, each));
    const on = `the requirement${names.length === 1 ? "" : "s"} on ${Figures.joined(names)}`;
    const what = [...new Set(remedies.map((one) => one.what))].join(", and ");
    const cost = remedies.reduce((sum, one) => sum + one.cost, 0);
    return remedy(`find out whether ${found.title(each.option)} meets ${on}: ${what}`, cost, remedies.every((one) => one.practical));
  }

  /** What would tell whether an option meets a requirement. */
  function requirement(found, name, each) {
    const limit = found.limits.find((one) => one.name === name);
    const { measure, bound } = limit;
    const { system } = each.option;
    const how = each.standing(name);
    if (how === "not measured") return toMeasure([measure], [system]);
    if (how === "not reliable") return toTimeAgain([measure]);
    const known = each.required(name);
    if (Options.tooFew(known, found.evidence.few)) return clusters(found, name, [each]);
    if (Math.abs(known.value - bound) < Evidence.SAME) return onTheLimit(limit);
    const asked = measure ? new Map(ASKED.includes(measure) ? [[system, known.n]] : []) : questions(found, [each.option]);
    const noise = measure ? null : found.evidence.noise(found.sum(each.option));
    return more(found, { known, bound, options: [each.option], asked, noise, measure });
  }

  /** What would tell whether options that stand alike to a requirement meet it. */
  function together(found, name, those) {
    const [first] = those;
    const { measure } = found.limits.find((one) => one.name === name);
    if (first.standing(name) === "not measured") return toMeasure([measure]);
    const known = first.required(name);
    return known && Options.tooFew(known, found.evidence.few) ? clusters(found, name, those) : requirement(found, name, first);
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
    const { measure } = found.limits.find((one) => one.name === name);
    const { clusters: count, effective } = those[0].required(name);
    const added = Options.moreClusters(count, effective, few);
    const asked = new Map(ASKED.includes(measure) ? those.map((each) => [each.option.system, each.required(name).n]) : []);
    const paid = spent(found, [], asked, 1 + added / count, 0);
    const words = `${Options.counted(added)} of ${ITEMS.get(measure) ?? "questions"} of the usual size`;
    const weigh = count >= few ? ` that weigh as ${(Math.floor(10 * effective) / 10).toFixed(1)}` : "";
    return remedy(`add ${words}, as ${Options.counted(count)}${weigh} ${count === 1 ? "is" : "are"} too few${paid.said}`, paid.cost);
  }

  function onTheLimit({ measure, extreme }) {
    const items = ITEMS.get(measure) ?? "questions";
    if (extreme) return remedy(`no number of ${items} can prove it, as the limit is the best figure there can be`, Infinity, false);
    return remedy(`use more ${items} (it cannot be said how many)`);
  }

  /** System -> the questions that its quality rests on. */
  function questions({ aged, evidence }, options) {
    const counted = aged ? ["accuracy.exact", "updates.fresh"] : ["accuracy.exact"];
    const n = (system) => counted.reduce((sum, measure) => sum + (evidence.column(measure, system).found?.n ?? 0), 0);
    return new Map(options.map(({ system }) => [system, n(system)]));
  }

  /** Of a figure whose interval reaches beyond a bound. */
  function more(found, { known, bound, options, asked, noise, measure }) {
    const reach = bound >= known.value ? known.high - known.value : known.value - known.low;
    const distance = Math.abs(bound - known.value);
    if (distance < Evidence.SAME) return remedy("ask more questions (it cannot be said how many)");
    if (known.n === 1) return remedy("train with more --seeds, as it was measured once for each training");
    const now = Math.max(...options.map(({ system }) => found.evidence.trainings(system)));
    const enough = noise && now > 1 && seedsFor(reach, distance, noise, now);
    if (enough) {
      const paid = spent(found, options, asked, 1, enough);
      return remedy(`train with ${enough} seeds in place of ${now} (--seeds ${enough})${paid.said}`, paid.cost);
    }
    const times = Math.max((reach / distance) ** 2, LEAST);
    const again = known.method.includes("training noise") ? Math.ceil(times * now) : 0;
    if (times > MOST_TIMES || again > MOST_SEEDS) return impractical(ITEMS.get(measure) ?? "questions", times, again);
    const paid = spent(found, options, asked, times, again);
    const also = again ? ` and train with ${again} seeds in place of ${now} (--seeds ${again})` : "";
    const verb = ASKED.includes(measure) ? "ask" : "use";
    return remedy(`${verb} ${asking(found, measure, known.n, times)}${also}${paid.said}`, paid.cost);
  }

  function impractical(items, times, seeds) {
    const many = times > MOST_TIMES ? [`more than ${MOST_TIMES} times as many ${items}`] : [];
    const trained = seeds > MOST_SEEDS ? [`more than ${MOST_SEEDS} seeds`] : [];
    return remedy(`this cannot be settled in practice: it would take ${[...many, ...trained].join(" and ")}`, Infinity, false);
  }

  /** How many more; of two kinds, so many times as many of each. */
  function asking({ aged }, measure, n, times) {
    if (!measure && aged) return `about ${Figures.general(times, 2)} times as many questions, those about revised documents included`;
    return `about ${count(times * n)} ${ITEMS.get(measure) ?? "questions"} in place of ${n}`;
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
      return trained ? ["cost.train_seconds", ...again].map((measure) => evidence.column(measure, system)) : [];
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

  /** What to type for figures that are missing. */
  function toMeasure(measures, systems = []) {
    const again = measures.some((name) => /^(updates\.(retrained|continued)|privacy\.|hunger\.)/.test(name));
    const axes = [...new Set(measures.map((name) => name.split(".")[0]))].join(" or ");
    const only = systems.length ? ` of ${Figures.joined(systems)}` : "";
    const wanted = axes.includes(" or ") ? `(${axes})` : axes;
    const needs = axes.includes("updates") ? " (of a suite with revisions.jsonl)" : "";
    return remedy(`measure ${[...new Set(measures)].join(", ")}${only}: pytest -m "domain and ${wanted}"${again ? " --full" : ""}${needs}`);
  }

  /** What to do about seconds that are not reliable. */
  function toTimeAgain(measures) {
    const what = [...new Set(measures)].join(", ");
    return remedy(`take ${what} again, all systems in one run on a quiet machine: pytest -m "domain and latency"`);
  }

  /** What to type for figures that are missing, once for all systems that lack the same. */
  function listed(columns) {
    const lacking = new Map();
    for (const { measure, system } of new Set(columns)) lacking.set(system, [...(lacking.get(system) ?? []), measure]);
    const groups = new Map();
    for (const [system, measures] of lacking) {
      const mark = JSON.stringify(measures);
      groups.set(mark, [...(groups.get(mark) ?? []), system]);
    }
    return [...groups].map(([mark, systems]) => toMeasure(JSON.parse(mark), systems));
  }

  return { gap, hour, listed, remedy, requirement, requirements, seeds, sortedOut, standing, to, toMeasure, toTimeAgain, together };
})();
