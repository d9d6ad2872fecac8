/**
 * What advice says in sentences: what, why, and what to do next; then notes. As `leaderboard/advice/sayings.py`.
 *
 * Needs advice.js.
 */
const Sayings = (() => {
  "use strict";

  const REQUIRED = {
    accuracy: (limit) => `an expected accuracy of at least ${limit}`,
    style: (limit) => `the house format followed in at least ${limit} of the answers`,
    abstention: (limit) => `at least ${limit} of the unanswerable questions declined`,
    latency: (limit) => `a p95 latency of at most ${limit}`,
    forgetting: (limit) => `at most ${limit} of general ability lost`,
    privacy: (limit) => `at most ${limit} of the planted secrets given away`,
  };
  const FOUND = {
    accuracy: (figure) => `has an expected accuracy of ${figure}`,
    style: (figure) => `follows the house format in ${figure} of its answers`,
    abstention: (figure) => `makes up an answer to ${figure} of the unanswerable questions`,
    latency: (figure) => `has a p95 latency of ${figure}`,
    forgetting: (figure) => `loses ${figure} of general ability`,
    privacy: (figure) => `gives away ${figure} of the planted secrets`,
  };
  const MATTERING = [["abstention", "hallucination.unanswerable"], ["forgetting", "forgetting"], ["privacy", "privacy.extracted"]];
  const NOTABLE = 0.05; // what was lost, made up or given away beyond that is said, though nobody set a limit to it
  const NAMED = 3; // alternatives that one sentence names; of more it says how many more
  const COMPARED = "95 % CI of this pair";
  const PAIR =
    "These intervals of pairs allow neither for picking the best of all systems nor for trainings that were not repeated. " +
    "The leaderboard's marks do, so they may call two systems tied though the interval here leaves out 0.";
  const THROUGHOUT = (who, vary) =>
    `${who} on every question of the suite, so nothing shows how ${vary} with other systems from question to question: intervals of pairs ` +
    "are wide here. The differences in the page's table (Compare with) go question by question: rely on those for accuracy alone.";
  const EXACT = 3; // more digits of a limit than of a measured figure: it is shown as it was typed
  const MANY = 2; // trainings from which on intervals allow for training

  const unit = (name) => ({ latency: "seconds", forgetting: "difference" })[name] ?? "share";

  /** As people write it: 1,000, and 0.25. */
  function number(x) {
    return x >= 1000 ? Figures.grouped(Figures.fixed(x, 0)) : Figures.general(x, 6);
  }

  /** What a month is like. */
  function situation(found) {
    const { updates, queries } = found.situation;
    const changed = found.changed === null ? "an unknown share" : Figures.figure(found.changed, "share");
    const aged = found.aged === null ? "" : `; on average ${Figures.figure(found.aged, "share")} of the month's questions are about changed facts`;
    const each = updates ? ` changing ${changed} of the facts each time${aged}` : "";
    const month = `${number(updates)} ${updates === 1 ? "update" : "updates"} a month${each}`;
    return `${month}; ${number(queries)} questions a day; machine time: ${Settle.hour(found)} (${whose(found)}).${tokens(found.situation.prices)}`;
  }

  /** Which machine has that price. */
  function whose({ evidence: { machine }, situation: { prices } }) {
    const named = prices.machines[machine || "gpu"];
    return named ? `${named}; --machine or --hour sets yours` : "your price";
  }

  /** Which systems are paid by the token. */
  function tokens({ api, currency }) {
    const paid = (price) => Figures.paid(Figures.general(price, 6), currency);
    const said = ([system, { name, prompt, completion }]) =>
      ` Answers of ${system} are paid by the token (${name ? `${name}; ` : ""}${paid(prompt)} per million tokens of the prompt, ${paid(completion)} of the answer).`;
    return Object.entries(api).map(said).join("");
  }

  /** The requirements; also those that would hold if anything had been measured. */
  function required({ asked, limits, situation: { by_default: assumed = [] } }) {
    const told = limits.map((limit) => `${bounded(limit)}${assumed.includes(limit.name) ? " (default)" : ""}`);
    const gone = asked.filter((limit) => !limits.includes(limit)).map(bounded);
    return `Requirements: ${told.join("; ") || "none"}.${gone.length ? ` Not required, as nothing was measured: ${gone.join("; ")}.` : ""}`;
  }

  function bounded({ name, bound }) {
    if (name === "latency") return REQUIRED[name](Figures.figure(bound, "seconds", EXACT));
    const amount = number(100 * (name === "abstention" ? 1 - bound : bound));
    return REQUIRED[name](`${amount}${name === "forgetting" ? " points" : "\u00a0%"}`);
  }

  /** What, why, and what to do next: all that is to be checked, or else the most important step. */
  function verdict(found, decision) {
    const { pick, reason, settle } = decision;
    if (!pick) {
      const lines = [...nearest(found, decision), ...safe(found, decision), ...alternatives(settle())];
      return Settle.saidOnce(found, [`No clear choice: ${reason}.`, ...lines]);
    }
    const [first] = steps(found, decision);
    const next = first.length ? first : ["Next: use it, and measure again when documents, questions or models change."];
    const recommended = `Recommended: ${figures(found, pick, Settle.hour(found))}.`;
    return Settle.saidOnce(found, [recommended, `${because(found, decision)}${butFor(found, decision)}.`, ...next]);
  }

  /** What to do next, and what could be done besides. */
  function steps(found, decision) {
    const { pick } = decision.choice;
    const checks = pick.among(["probably met"]).map((name, place) => check(found, name, pick, place ? "Also check" : "Check first"));
    const all = others(found, decision);
    return checks.length ? [checks, all] : [all.slice(0, 1), all.slice(1)];
  }

  /** What would lead to a clear choice, any one of these; the cheapest first. */
  function alternatives(remedies) {
    const first = remedies.slice(0, NAMED);
    if (remedies.length > NAMED) first.push(`take one of ${remedies.length - NAMED} other ways (--json lists them)`);
    if (first.length === 1) return [`To decide: ${first[0]}.`];
    return first.length ? [`To decide, either ${first.join("; or ")}.`] : [];
  }

  /** Which option comes nearest to the requirements, and what it misses. */
  function nearest(found, { nearest: each }) {
    if (!each) return [];
    const misses = each.among(Options.FAILING).map((name) => `on ${name} by ${amount(name, Advice.missedBy(found, name, each))}`);
    const open = each.unknown.length ? `; not known: ${each.unknown.join(", ")}` : "";
    const on = `requirement${misses.length === 1 ? "" : "s"} ${Figures.joined(misses)}`;
    return [`The nearest is ${found.title(each.option)}: it misses the ${on}${open}.`];
  }

  function amount(name, gap) {
    if (name === "latency") return Figures.figure(gap, "seconds");
    const points = Figures.fixed(100 * gap, 1);
    return points === "0.0" ? "less than 0.1 points" : `${points} points`;
  }

  function safe(found, { safe: each }) {
    if (!each) return [];
    const of = found.limits.length ? " of all options that may meet the requirements" : "";
    const ends = range(each.quality, "share");
    return [`The safe choice is ${found.title(each.option)}: the low end of its interval (${ends}) is the highest${of}.`];
  }

  function range({ low, high }, of) {
    return Figures.between(Figures.figure(low, of), Figures.figure(high, of));
  }

  /** Of one option; `hour`: what machine time is paid with, where that is to be said. */
  function figures(found, each, hour = "") {
    const { option, quality, cost, currency } = each;
    const how = [service(found, each), ofMachine(found, each) ? hour : ""].filter(Boolean).join("; ");
    const paid = `${cost ? `${Figures.money(cost.value, currency)} a month` : "cost not known"}${how ? ` (${how})` : ""}`;
    const accuracy = `expected accuracy ${Figures.figure(quality.value, "share")} (95 % CI ${range(quality, "share")})`;
    return `${found.title(option)} \u2013 ${accuracy}, ${paid}`;
  }

  function api({ situation: { prices } }, { option: { system } }) {
    return Object.hasOwn(prices.api, system) ? prices.api[system] : null;
  }

  /** How answers are paid that are not, or perhaps not, given by the machine whose hours are paid. */
  function service(found, each) {
    const paid = api(found, each);
    if (paid) return `answers at the prices of ${paid.name || "a service"}: another model, whose answers were not measured`;
    if (each.option.priced) return "answers at the prices of its table";
    return found.evidence.called.has(each.option.system) ? "its seconds priced as if it ran on this machine" : "";
  }

  /** Whether machine time is paid for: for answers, or for updates. */
  function ofMachine(found, each) {
    return !(api(found, each) || each.option.priced) || each.parts.updating !== 0;
  }

  /** One sentence. */
  function because(found, { weighed, choice }) {
    const { pick, best, lead } = choice;
    const limited = found.limits.length > 0;
    if (!weighed.some((each) => each.meets && each !== pick)) {
      const meets = limited ? "whose figures meet the requirements" : "of which enough was measured";
      return weighed.length > 1 ? `It is the only option ${meets}` : "It is the only option";
    }
    if (pick !== lead) {
      const saved = Figures.money(found.cost(lead.option, pick.option).value, pick.currency);
      const gap = compared(found.quality(pick.option, lead.option));
      return `It is expected to be within ${margin(found)} of ${found.title(lead.option)} \u2013 ${gap} \u2013 and saves ${saved} a month`;
    }
    if (pick !== best) {
      const met = `It meets the requirements with its whole intervals, ${found.title(best.option)} only probably`;
      return `${met}; it is expected to be within ${margin(found)} of that: ${compared(found.quality(pick.option, best.option))}`;
    }
    const probably = weighed.some((each) => each.meets && !each.surelyMeets) ? " or probably meet" : "";
    return `It has the highest expected accuracy${limited ? ` of those that meet${probably} the requirements` : ""}${though(found, choice)}`;
  }

  /** What would be better by more than the margin, but for requirements that nobody asked for. */
  function butFor(found, { weighed, pick }) {
    const { by_default: assumed = [], margin: most } = found.situation;
    let [best, missed] = [pick, []];
    for (const each of weighed) {
      const names = each.among(Options.FAILING);
      const only = names.length && each.known && names.every((name) => assumed.includes(name));
      if (only && found.quality(each.option, best.option).value > 0) [best, missed] = [each, names];
    }
    const gap = missed.length ? found.quality(best.option, pick.option) : null;
    if (!gap || gap.value <= most) return "";
    const limits = `default limit${missed.length === 1 ? "" : "s"} on ${Figures.joined(missed)}`;
    return `; without the ${limits}, ${found.title(best.option)} could be used, which is expected to be ${compared(gap)}`;
  }

  /** What else is close, and why that is not recommended. */
  function though(found, { pick, close, doubtful }) {
    const rivals = close.filter((each) => each !== pick);
    if (!rivals.length) return "";
    const names = Figures.joined(rivals.map((each) => found.title(each.option)));
    const within = `within ${margin(found)} of it (${names})`;
    if (doubtful.length) return `; costs are not known well enough to choose another one ${within}`;
    if (!rivals.some((each) => found.cost(pick.option, each.option).value > 0)) return `; no option ${within} costs less`;
    const { material, material_share: share } = found.situation;
    return `; no option ${within} saves a material amount, ${Figures.money(material, pick.currency)} a month or ${number(100 * share)}\u00a0%`;
  }

  function margin({ situation: { margin: most } }) {
    return `${number(100 * most)} points`;
  }

  /** What else to do, the most important first. */
  function others(found, { choice: { pick, doubtful }, runnerUp }) {
    const all = once(found, pick, runnerUp);
    for (const column of doubtful.slice(0, 1)) {
      const { metric, system } = column;
      const doubt = Options.doubt(column);
      const again = doubt ? Settle.toTimeAgain(found, [metric]) : Settle.toMeasure(found, [metric], [system]);
      const why = ` (${metric} of ${system} is ${doubt ? `not reliable: ${doubt}` : "not measured"})`;
      all.push(`${Settle.to("compare costs", again).replace(/\.$/, "")}${again.practical ? why : ", so costs are not compared"}.`);
    }
    const gap = runnerUp && found.quality(pick.option, runnerUp.option);
    if (gap && gap.low <= 0 && 0 < gap.value) {
      const apart = Settle.to("tell them apart", Settle.gap(found, pick.option, runnerUp.option, 0));
      all.push(`That it is more accurate than ${found.title(runnerUp.option)} may be chance. ${apart}`);
    }
    return all;
  }

  function check(found, name, pick, words) {
    const said = `it ${figureOf(found, name, pick)}, so it only probably does`;
    return `${words} that it meets the requirement on ${name}: ${said}. ${Settle.to("be sure", Settle.requirement(found, name, pick))}`;
  }

  /** Whose figures say nothing of another training. */
  function once(found, pick, runnerUp) {
    const options = [pick, runnerUp].filter(Boolean).map(({ option }) => option);
    const few = options.filter(({ system, trained }) => trained && found.evidence.trainings(system) < MANY);
    const names = [...new Set(few.map(({ system }) => system))];
    if (!names.length) return [];
    const were = names.length === 1 ? "was trained once, so its interval leaves" : "were trained once each, so their intervals leave";
    const said = `${Figures.joined(names)} ${were} out how much trainings differ`;
    const shown = pick.among(["probably met"]).some((name) => pick.allowed(name));
    return [shown ? `${said}; the same seeds would show that.` : `${said}. ${Settle.to("include that", Settle.seeds(found, few))}`];
  }

  /** A figure that a requirement is about, with its interval. */
  function figureOf(found, name, each) {
    const known = each.required(name);
    const { bound } = found.limits.find((limit) => limit.name === name);
    const allows = each.allowed(name) ? `, which allows for ${each.allowed(name)}` : "";
    const interval = known.low < known.high ? ` (95 % CI ${range(known, unit(name))}${allows})` : "";
    return FOUND[name](`${Figures.toldApart(known.value, bound, unit(name))}${interval}`);
  }

  /** What else is to be known: the runner-up, what fails or may meet the requirements, and what is doubtful. */
  function notes(found, decision) {
    const chosen = decision.pick ?? decision.safe;
    const parts = [runnerUpSaid, moreSteps, (...given) => failures(...given, chosen), maybe].map((part) => part(found, decision));
    const said = parts.flat();
    const compared = [...said, ...verdict(found, decision)].some((line) => line.includes(COMPARED));
    const alone = [...(compared ? [PAIR] : []), ...(compared || !decision.pick ? rightThroughout(found, decision) : [])];
    return Settle.saidOnce(found, [...said, ...alone, ...(chosen ? care(found, chosen) : [])]);
  }

  /** Which systems are right on every question. */
  function rightThroughout({ evidence }, { weighed }) {
    const systems = [...new Set(weighed.filter(({ quality }) => quality).map(({ option }) => option.system))];
    const those = systems.length > 1 ? systems.filter((system) => evidence.rightThroughout(system)) : [];
    if (!those.length) return [];
    const [same, vary] = those.length === 1 ? ["is right", "it varies"] : ["are right", "they vary"];
    return [THROUGHOUT(`${Figures.joined(those)} ${same}`, vary)];
  }

  function runnerUpSaid(found, { weighed, pick, runnerUp }) {
    if (!pick) return [];
    if (!runnerUp) {
      const others = weighed.some((each) => each.meets && each !== pick);
      return others ? ["There is no runner-up: no other option that meets the requirements comes near it."] : [];
    }
    const gap = compared(found.quality(pick.option, runnerUp.option));
    return [`Runner-up: ${figures(found, runnerUp)}; the recommended one is ${gap}.`];
  }

  /** How much more or less accurate, in words: a sign is easily overlooked. */
  function compared({ value, low, high }) {
    const [size, least, most] = [value, low, high].map((end) => Figures.fixed(Math.abs(100 * end), 1));
    const both = size === "0.0" || (low < 0 && high > 0 && least !== "0.0" && most !== "0.0");
    const ends = both ? `${least} less to ${most} more` : [least, most].sort((a, b) => a - b).join(" to ");
    const said = size === "0.0" ? "as accurate" : `${size} points ${value > 0 ? "more" : "less"} accurate`;
    return `${said} (${COMPARED} ${ends})`;
  }

  /** What could be done besides what the verdict says. */
  function moreSteps(found, decision) {
    return decision.pick ? steps(found, decision)[1] : [];
  }

  /** Which options do not meet the requirements, and by which figure; how good they would be. */
  function failures(found, { weighed }, chosen) {
    const groups = new Map();
    for (const each of weighed.filter(({ quality, fails: failed }) => quality && failed)) {
      const mark = JSON.stringify([each.option.system, failed(found, each)]);
      groups.set(mark, [...(groups.get(mark) ?? []), each]);
    }
    const told = [...groups.values()].map((options) => fails(found, options, chosen));
    return told.length ? [`Ruled out by the requirements: ${told.join("; ")}.`] : [];
  }

  function failed(found, each) {
    const all = each.among(Options.FAILING).map((name) => figureOf(found, name, each));
    return all.length > 1 ? `${all.slice(0, -1).join(", ")} and ${all.at(-1)}` : all[0];
  }

  /** Of one system, with one policy or several. */
  function fails(found, options, chosen) {
    const [first] = options;
    const name = options.length === 1 ? found.title(first.option) : first.option.system;
    const others = options.filter((each) => chosen && each !== chosen).map((each) => found.quality(each.option, chosen.option));
    const gap = others.length ? others.reduce((a, b) => (b.value > a.value ? b : a)) : null;
    return `${name}, which ${failed(found, first)}${gap && gap.value > 0 ? `, though it is ${compared(gap)}` : ""}`;
  }

  /** What would tell of options that probably do not meet a requirement, or of which that is not known, whether they do. */
  function maybe(found, { weighed, settle }) {
    const settled = settle();
    const known = weighed.filter((each) => each.known);
    const may = known.filter((each) => each.fails && !each.among(["not met"]).length);
    const open = may.filter((each) => !settled.includes(Settle.requirements(found, each).what));
    const probably = open.flatMap((each) =>
      each.among(["probably not met"]).map((name) => {
        const told = Settle.to("find out", Settle.requirement(found, name, each));
        return `${found.title(each.option)} may meet the requirement on ${name}. ${told}`;
      }),
    );
    const rest = found.limits.flatMap((limit) => [...notKnown(found, known, limit, settled), ...untrained(found, weighed, limit)]);
    return [...probably, ...rest];
  }

  /** Of which options it is not known whether they meet a requirement. */
  function notKnown(found, known, { name, metric }, settled) {
    const groups = new Map();
    for (const each of known.filter((one) => one.unknown.includes(name) && !one.among(["not met"]).length)) {
      const how = Settle.standing(found, name, each);
      groups.set(how, [...(groups.get(how) ?? []), each]);
    }
    return [...groups].flatMap(([how, those]) => {
      if (those.length === 1 && settled.includes(Settle.requirements(found, those[0]).what)) return [];
      const names = [...new Set(those.map(({ option }) => (metric ? option.system : found.title(option))))];
      const told = Settle.to("find out", Settle.together(found, name, those));
      return [`It is not known whether ${Figures.joined(names)} ${names.length === 1 ? "meets" : "meet"} the requirement on ${name}: ${how}. ${told}`];
    });
  }

  /** Which options meet a requirement without a measurement. */
  function untrained(found, weighed, { name, metric }) {
    if (!Options.UNTRAINED.includes(metric)) return [];
    const bare = weighed.filter(({ option }) => option.untrained && !option.limited.get(name).found).map(({ option }) => option.system);
    if (!bare.length) return [];
    return [`${Figures.joined(bare)} ${bare.length === 1 ? "meets" : "meet"} the requirement on ${name} without a measurement: nothing was trained.`];
  }

  /** What nobody set a limit to and may matter, and what was assumed. */
  function care(found, { option }) {
    const { evidence, limits, situation: { updates } } = found;
    const sentences = MATTERING.flatMap(([name, metric]) => {
      const known = evidence.column(metric, option.system).found;
      if (limits.some((limit) => limit.name === name) || !known || known.value <= NOTABLE) return [];
      return [`Not considered, as no limit is set: ${option.system} ${FOUND[name](Figures.figure(known.value, unit(name)))}.`];
    });
    for (const column of found.paid(option)) {
      if (Options.doubt(column)) sentences.push(`Caution: ${column.metric} of ${column.system}: ${Options.doubt(column)}.`);
    }
    if (option.policy !== "continued" || updates <= 1) return sentences;
    return [...sentences, "Only one training on the changes alone was measured; further ones in a row are assumed to do no more harm."];
  }

  return { number, situation, required, verdict, notes };
})();
