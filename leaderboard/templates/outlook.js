/**
 * What advice says of the options that were left out, and of what would change the recommendation: as `leaderboard/outlook.py`.
 *
 * Needs sayings.js and flips.js.
 */
const Outlook = (() => {
  "use strict";

  const RETRAINING = "retraining";
  const WAYS = 2; // to train again
  const CAUSES = {
    accuracy: "there the expected accuracies cross",
    margin: "there the expected accuracies differ by the margin",
    saving: "there the saving passes what is material",
  };
  const ALONG = { updates: "number of updates a month", queries: "number of questions a day", hour: "price of machine time" };
  const NONE = {
    updates: { below: "Without updates", above: "With any updates" },
    queries: { below: "Without questions", above: "From the first question on" },
    hour: { below: "Where machine time is free", above: "At any price of machine time" },
  };

  /** How many options were compared, and why the others were not. */
  function leftOut(found, { weighed }) {
    const gone = weighed.map((each) => [each, whyOut(found, each)]).filter(([, why]) => why);
    const compared = weighed.length - gone.length;
    const count = `${compared} ${compared === 1 ? "option" : "options"} compared, ${gone.length} left out.`;
    return [count, ...untrained(found, gone), ...others(found, gone), ...unpriced(weighed)];
  }

  /** Those that were not trained after updates; a system once, where that is so of every way to train it again. */
  function untrained(found, gone) {
    const policies = new Map();
    for (const [{ option }] of gone.filter(([, why]) => why === RETRAINING)) {
      policies.set(option.system, [...(policies.get(option.system) ?? []), option]);
    }
    const names = [...policies].map(([system, each]) => (each.length === WAYS ? system : found.title(each[0])));
    return names.length ? [`Retraining after updates was not measured for ${names.join("; ")}: run pytest -m domain --full to compare it.`] : [];
  }

  function others(found, gone) {
    const reasons = new Map();
    for (const [{ option }, why] of gone) reasons.set(why, [...(reasons.get(why) ?? []), found.title(option)]);
    reasons.delete(RETRAINING);
    return [...reasons].map(([why, names]) => `Left out: ${names.join("; ")}: ${why}.`);
  }

  function whyOut(found, each) {
    const measures = each.missing.map(({ measure }) => measure);
    if (measures.some((measure) => /^updates\.(retrained|continued)/.test(measure))) return RETRAINING;
    return measures.length ? `${measures.join(", ")} not measured` : found.thin(each)?.what;
  }

  function unpriced(weighed) {
    const measures = weighed.filter((each) => each.quality).flatMap((each) => each.unpriced.map(({ measure }) => measure));
    const absent = [...new Set(measures)];
    return absent.length ? [`Costs marked ? are not known: ${absent.join(", ")} not measured.`] : [];
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
