/**
 * What advice says in sentences: what, why, and what to do next; then notes. As `leaderboard/sayings.py`.
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
      ` Answers of ${system} are paid by the token (${name ? `${name}; ` : ""}${paid(prompt)} for a million of the prompt, ${paid(completion)} of the answer).`;
    return Object.entries(api).map(said).join("");
  }

  /** The requirements; also those that would hold if anything had been measured. */
  function required({ asked, limits, situation: { by_default: assumed = [] } }) {
    const told = limits.map((limit) => `${bounded(limit)}${assumed.includes(limit.name) ? " (default)" : ""}`);
    const gone = asked.filter((limit) => !limits.includes(limit)).map(bounded);
    return `Requirements: ${told.join("; ") || "none"}.${gone.length ? ` Not required, as nothing was measured: ${gone.join("; ")}.` : ""}`;
  }

  function bounded({ name, bound }) {
    if (name === "latency") return REQUIRED[name](Figures.figure(bound, "seconds"));
    const amount = number(100 * (name === "abstention" ? 1 - bound : bound));
    return REQUIRED[name](`${amount}${name === "forgetting" ? " points" : "\u00a0%"}`);
  }

  /** What, why, and what to do next. */
  function verdict(found, decision) {
    const { pick, reason, settle } = decision;
    if (!pick) {
      return [`No clear choice: ${reason}.`, ...safe(found, decision), ...settle().slice(0, 1).map((what) => `To decide: ${what}.`)];
    }
    const [step = "Next: use it, and measure again when documents, questions or models change."] = steps(found, decision);
    return [`Recommended: ${figures(found, pick)}.`, `${because(found, decision)}${butFor(found, decision)}.`, step];
  }

  function safe(found, { safe: each }) {
    if (!each) return [];
    const of = found.limits.length ? " of the options that may meet the requirements" : "";
    const ends = range(each.quality, "share");
    return [`The safe choice is ${found.title(each.option)}: the low end of its interval (${ends}) is the highest${of}.`];
  }

  function range({ low, high }, of) {
    return Figures.between(Figures.figure(low, of), Figures.figure(high, of));
  }

  function figures(found, { option, quality, cost, currency }) {
    const paid = cost ? `${Figures.money(cost.value, currency)} a month` : "cost not known";
    const accuracy = `expected accuracy ${Figures.figure(quality.value, "share")} (95 % CI ${range(quality, "share")})`;
    return `${found.title(option)} \u2013 ${accuracy}, ${paid} (${Settle.hour(found)})`;
  }

  /** One sentence. */
  function because(found, { weighed, choice, runnerUp }) {
    const { pick, best, lead } = choice;
    const limited = found.limits.length > 0;
    if (!runnerUp) {
      const meets = limited ? "whose figures meet the requirements" : "that enough was measured of";
      return weighed.length > 1 ? `It is the only option ${meets}` : "It is the only option";
    }
    if (pick !== lead) {
      const saved = Figures.money(found.cost(lead.option, pick.option).value, pick.currency);
      const gap = compared(found.quality(pick.option, lead.option));
      return `It is expected to be within ${margin(found)} of ${found.title(lead.option)} \u2013 ${gap} \u2013 and saves ${saved} a month`;
    }
    if (pick !== best) {
      const met = `It surely meets the requirements, which ${found.title(best.option)} only probably does`;
      return `${met}, and is expected to be within ${margin(found)} of it: ${compared(found.quality(pick.option, best.option))}`;
    }
    return `It has the highest expected accuracy${limited ? " of those that meet the requirements" : ""}${though(found, choice)}`;
  }

  /** What would be better by more than the margin, but for requirements that nobody asked for. */
  function butFor(found, { weighed, pick }) {
    const { by_default: assumed = [], margin: most } = found.situation;
    let [best, missed] = [pick, []];
    for (const each of weighed) {
      const names = failing(each);
      const only = names.length && each.known && names.every((name) => assumed.includes(name));
      if (only && found.quality(each.option, best.option).value > 0) [best, missed] = [each, names];
    }
    const gap = missed.length ? found.quality(best.option, pick.option).value : 0;
    if (gap <= most) return "";
    const more = Figures.fixed(100 * gap, 1);
    return `; but for the default on ${missed.join(" and ")}, ${found.title(best.option)} would be ${more} points more accurate`;
  }

  /** The requirements that its figures do not meet. */
  function failing(each) {
    return each.requirements.filter(([, how]) => how === "not met" || how === "probably not met").map(([name]) => name);
  }

  /** What else is close, and why that is not recommended. */
  function though(found, { pick, close, doubtful }) {
    const rivals = close.filter((each) => each !== pick);
    if (!rivals.length) return "";
    const names = rivals.map((each) => found.title(each.option)).join("; ");
    const within = `within ${margin(found)} of it`;
    if (doubtful.length) return `; ${names}: ${within}, but what they cost is not known well enough to count`;
    if (!rivals.some((each) => found.cost(pick.option, each.option).value > 0)) return `; what is ${within} does not cost less: ${names}`;
    const { material, material_share: share } = found.situation;
    const amount = `${Figures.money(material, pick.currency)} a month or ${number(100 * share)} %`;
    return `; what is ${within} does not save a material amount (${amount}): ${names}`;
  }

  function margin({ situation: { margin: most } }) {
    return `${number(100 * most)} points`;
  }

  /** What to do next, the most important first. */
  function steps(found, { choice: { pick, doubtful }, runnerUp }) {
    const probably = pick.requirements.filter(([, how]) => how === "probably met");
    const all = probably.map(([name], place) => check(found, name, pick, place ? "Check, too," : "Check first"));
    all.push(...once(found, [pick, runnerUp]));
    for (const column of doubtful.slice(0, 1)) {
      const { measure, system } = column;
      const doubt = Options.doubt(column);
      const again = doubt ? Settle.toTimeAgain([measure]) : Settle.toMeasure([measure], system);
      all.push(`To compare costs: ${again} (${measure} of ${system} is ${doubt ? `not reliable: ${doubt}` : "not measured"}).`);
    }
    const gap = runnerUp && found.quality(pick.option, runnerUp.option);
    if (gap && gap.low <= 0 && 0 < gap.value) {
      all.push(`It is statistically tied with ${found.title(runnerUp.option)}; ${Settle.gap(found, pick.option, runnerUp.option, 0)}.`);
    }
    return all;
  }

  function check(found, name, pick, words) {
    const said = `it ${figureOf(found, name, pick)}, and only probably is within the limit`;
    return `${words} that it meets the requirement on ${name}: ${said}; ${Settle.requirement(found, name, pick)}.`;
  }

  /** Whose figures say nothing of another training. */
  function once(found, weighed) {
    const options = weighed.filter(Boolean).map(({ option }) => option);
    const few = options.filter(({ system, trained }) => trained && found.evidence.trainings(system) < MANY);
    const names = [...new Set(few.map(({ system }) => system))];
    if (!names.length) return [];
    const were = names.length === 1 ? "was trained once, and its interval does" : "were trained once each, and their intervals do";
    return [`${names.join(" and ")} ${were} not include what another training would change: ${Settle.seeds(found, few)}.`];
  }

  /** A figure that a requirement is about, with its interval. */
  function figureOf(found, name, each) {
    const column = each.option.limited.get(name);
    const known = column ? column.found : each.quality;
    const interval = known.low < known.high ? ` (95 % CI ${range(known, unit(name))})` : "";
    return FOUND[name](`${Figures.figure(known.value, unit(name))}${interval}`);
  }

  /** What else is to be known: the runner-up, what fails or may meet the requirements, and what is doubtful. */
  function notes(found, decision) {
    const chosen = decision.pick ?? decision.safe;
    const parts = [runnerUpSaid, moreSteps, (...given) => failures(...given, chosen), maybe].map((part) => part(found, decision));
    return [...parts.flat(), ...(chosen ? care(found, chosen) : [])];
  }

  function runnerUpSaid(found, { pick, runnerUp }) {
    if (!pick || !runnerUp) return [];
    const gap = compared(found.quality(pick.option, runnerUp.option));
    return [`Runner-up: ${figures(found, runnerUp)}; the recommended one is ${gap}.`];
  }

  /** How much more or less accurate, in words: a sign is easily overlooked. */
  function compared({ value, low, high }) {
    const ends = `95 % CI ${points(low)} to ${points(high)}`;
    const [size, way] = points(value).split(" ");
    return way ? `${size} points ${way} accurate (${ends})` : `as accurate (${ends})`;
  }

  function points(gap) {
    const size = Figures.fixed(Math.abs(100 * gap), 1);
    return size === "0.0" ? "equal" : `${size} ${gap > 0 ? "more" : "less"}`;
  }

  /** What could be done besides what the verdict says. */
  function moreSteps(found, decision) {
    const further = decision.pick ? steps(found, decision).slice(1) : [];
    const settle = decision.settle().slice(1);
    return [...further, ...settle.map((what) => `To decide: ${what}.`)];
  }

  /** Which options do not meet the requirements, and by which figure; how good they would be. */
  function failures(found, { weighed }, chosen) {
    const groups = new Map();
    for (const each of weighed.filter(({ quality, fails: failed }) => quality && failed)) {
      const mark = JSON.stringify([each.option.system, failed(found, each)]);
      groups.set(mark, [...(groups.get(mark) ?? []), each]);
    }
    const told = [...groups.values()].map((options) => fails(found, options, chosen));
    return told.length ? [`Not recommended, for the requirements: ${told.join("; ")}.`] : [];
  }

  function failed(found, each) {
    return failing(each).map((name) => figureOf(found, name, each)).join(", ");
  }

  /** Of one system, with one policy or several. */
  function fails(found, options, chosen) {
    const [first] = options;
    const name = options.length === 1 ? found.title(first.option) : first.option.system;
    const others = options.filter((each) => chosen && each !== chosen).map((each) => found.quality(each.option, chosen.option));
    const gap = others.length ? others.reduce((a, b) => (b.value > a.value ? b : a)) : null;
    return `${name} ${failed(found, first)}${gap && gap.value > 0 ? `, though it is ${compared(gap)}` : ""}`;
  }

  /** What would tell of options that probably do not meet a requirement, or of which that is not known, whether they do. */
  function maybe(found, { weighed, settle }) {
    const known = weighed.filter((each) => each.known);
    const settled = settle();
    const open = known.filter((each) => !each.requirements.some(([, how]) => how === "not met"));
    const probably = open.flatMap((each) =>
      each.requirements.filter(([, how]) => how === "probably not met").flatMap(([name]) => {
        const [title, what] = [found.title(each.option), Settle.requirement(found, name, each)];
        return settled.includes(`${title}, ${name}: ${what}`) ? [] : [`${title} may meet the requirement on ${name}: ${what}.`];
      }),
    );
    return [...probably, ...found.limits.flatMap((limit) => notKnown(found, known, limit))];
  }

  /** Of which options it is not known whether they meet a requirement. */
  function notKnown(found, known, { name, measure }) {
    return [["not measured", Settle.toMeasure], ["not reliable", Settle.toTimeAgain]].flatMap(([how, what]) => {
      const those = known.filter((each) => each.requirements.some(([of, standing]) => of === name && standing === how));
      const names = those.map((each) => found.title(each.option)).join("; ");
      return names ? [`The requirement on ${name} is ${how} for ${names}: ${what([measure])}.`] : [];
    });
  }

  /** What nobody set a limit to and may matter, and what was assumed. */
  function care(found, { option }) {
    const { evidence, limits, situation: { updates } } = found;
    const sentences = MATTERING.flatMap(([name, measure]) => {
      const known = evidence.column(measure, option.system).found;
      if (limits.some((limit) => limit.name === name) || !known || known.value <= NOTABLE) return [];
      return [`Not considered, as no limit is set: ${option.system} ${FOUND[name](Figures.figure(known.value, unit(name)))}.`];
    });
    for (const column of found.paid(option)) {
      if (Options.doubt(column)) sentences.push(`Caution: ${column.measure} of ${column.system}: ${Options.doubt(column)}.`);
    }
    if (option.policy !== "continued" || updates <= 1) return sentences;
    return [...sentences, "One training on changes alone was measured; that the next one in a row does no more harm is assumed."];
  }

  return { number, situation, required, verdict, notes };
})();
