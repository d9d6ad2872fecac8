/**
 * What advice says of the options that were left out, and of what would change the recommendation: as `leaderboard/advice/outlook.py`.
 *
 * Needs sayings.js and flips.js.
 */
const Outlook = (() => {
  "use strict";

  const NAMED = 6; // options that one sentence names; of more it says how many more
  const RETRAINING = (options) => `retraining after updates was not measured; run pytest -m domain --full${options} to compare them`;
  const CAUSES = {
    accuracy: "where the expected accuracies cross",
    margin: "where the expected accuracies differ by the margin",
    saving: "where the saving becomes material",
  };
  const ALONG = { updates: "number of updates a month", queries: "number of questions a day", hour: "price of machine time" };
  const NONE = {
    updates: { below: "Without updates", above: "With any updates" },
    queries: { below: "Without questions", above: "From the first question on" },
    hour: { below: "Where machine time is free", above: "At any price of machine time" },
  };

  /** How many options were compared, and which were not, for which reason. */
  function leftOut(found, { weighed }) {
    const gone = weighed.map((each) => [each, whyOut(found, each)]).filter(([, why]) => why);
    const compared = weighed.length - gone.length;
    const out = gone.length ? `, ${gone.length} left out` : "";
    const count = `${compared} ${compared === 1 ? "option" : "options"} compared${out}.`;
    return [count, ...others(found, gone), ...unpriced(found, weighed)];
  }

  function others(found, gone) {
    const reasons = new Map();
    for (const [{ option }, why] of gone) reasons.set(why, [...(reasons.get(why) ?? []), found.title(option)]);
    return [...reasons].map(([why, names]) => {
      const rest = names.length > NAMED ? `; and ${names.length - NAMED} more` : "";
      return `Left out: ${names.slice(0, NAMED).join("; ")}${rest} (${why}).`;
    });
  }

  function whyOut(found, each) {
    const metrics = each.missing.map(({ metric }) => metric);
    if (metrics.some((metric) => /^updates\.(retrained|continued)/.test(metric))) return RETRAINING(Settle.after(Settle.chosen(found)));
    const never = found.evidence.whyNever(metrics, each.option.system);
    if (never) return `${metrics.join(", ")} cannot be measured: ${never}`;
    return metrics.length ? `${metrics.join(", ")} ${were(metrics)} not measured` : found.thin(each)?.what;
  }

  function unpriced(found, weighed) {
    const columns = [...new Set(weighed.filter((each) => each.quality).flatMap((each) => each.unpriced))];
    const absent = [...new Set(columns.filter(({ never }) => !never).map(({ metric }) => metric))];
    const open = absent.length ? [`Costs marked ? are not known, as ${absent.join(", ")} ${were(absent)} not measured.`] : [];
    const gone = new Map();
    for (const { metric, system, never } of columns) if (never) gone.set(system, [...(gone.get(system) ?? []), metric]);
    const alike = new Map();
    for (const [system, metrics] of gone) {
      const mark = JSON.stringify(metrics);
      alike.set(mark, [...(alike.get(mark) ?? []), system]);
    }
    const never = [...alike].map(([mark, systems]) => {
      const cost = systems.length === 1 ? "costs" : "cost";
      return `What ${Figures.joined(systems)} ${cost} is not known: ${Settle.never(found, JSON.parse(mark), systems)}.`;
    });
    return [...open, ...never];
  }

  function were(metrics) {
    return metrics.length === 1 ? "was" : "were";
  }

  /** What would change the recommendation, along each axis. */
  function along(found, decision, flips) {
    const now = decision.pick ? found.title(decision.pick.option) : "no clear choice";
    return Object.keys(Flips.LIMITS).flatMap((axis) => {
      const mine = flips.filter((flip) => flip.axis === axis);
      if (!mine.length) return [`At any ${ALONG[axis]}: ${now}.`];
      return mine.map((flip) => `${from(found, flip)}: ${flip.to ? flip.title : `no clear choice (${flip.reason})`}${why(found, flip)}.`);
    });
  }

  function from(found, { axis, side, at }) {
    return at ? `${side === "above" ? "Above" : "Below"} ${where(found, axis, at)}` : NONE[axis][side];
  }

  function where({ situation }, axis, at) {
    if (axis === "hour") return `${Figures.paid(Sayings.number(at), situation.prices.currency)} an hour of machine time`;
    return `${Sayings.number(at)} ${axis === "updates" ? "updates a month" : "questions a day"}`;
  }

  function why({ situation }, { axis, cause, low, high }) {
    if (!cause) return "";
    const end = (x) => (axis === "hour" ? Figures.paid(Sayings.number(x), situation.prices.currency) : Sayings.number(x));
    const [from, to] = [end(low), high === null ? "beyond" : end(high)];
    return ` (${CAUSES[cause]}${from === to ? "" : `; 95 % CI ${from} to ${to}`})`;
  }

  return { leftOut, along };
})();
