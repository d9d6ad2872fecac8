// Which one to use: a situation set by sliders, and what the measurements say to do in it.

const Panel = (() => {
  const steps = (...values) => values;
  const count = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  const share = (value) => `${count(100 * value)} %`;
  const points = (value) => `${count(100 * value)} points`;

  /** Name -> what it says, the values that its slider stops at, how they read, and the metrics without which it says nothing. */
  const SITUATION = {
    updates: { label: "Updates of documents a month", stops: steps(0, 0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 20, 30, 60, 100, 300, 1000), said: count },
    changed: { label: "Share of the facts that an update changes", stops: steps("", 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1), said: share, none: "as in the suite", needs: ["updates.fresh"] },
    queries: { label: "Questions a day", stops: steps(0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1000000, 3000000, 10000000), said: count, needs: ["latency.seconds", "cost.tokens"] },
    hour: { label: "Price of machine time, an hour", stops: steps(0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 100, 300, 1000), said: (value, { currency }) => Figures.paid(count(value), currency), needs: ["latency.seconds", "updates.seconds"] },
  };
  const least = (label, metric) => ({ label, stops: steps("", 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99), said: share, none: "no limit", needs: [metric] });
  const most = (label, metric, said) => ({ label, stops: steps(0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, ""), said, none: "no limit", needs: [metric] });
  const REQUIREMENTS = {
    min_accuracy: least("Expected accuracy at least", "accuracy.exact"),
    min_style: least("Follows the house format at least", "style.format_followed"),
    min_abstention: least("Declines unanswerable questions at least", "hallucination.unanswerable"),
    max_latency: { label: "p95 latency at most", stops: steps(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, ""), said: (value) => Figures.figure(value, "seconds"), none: "no limit", needs: ["latency.p95"] },
    max_forgetting: most("General ability lost at most", "forgetting", points),
    max_extracted: most("Planted secrets given away at most", "privacy.extracted", share),
  };

  const FIELDS = { ...SITUATION, ...REQUIREMENTS };
  const ASSUMED = { abstention: "min_abstention", forgetting: "max_forgetting" };
  const NONE = "none"; // in the state: no limit, where there is one by default

  /** The value of a name in the state, as a number; null where it sets none, and undefined where it does not name it. */
  function told(name) {
    const text = State.get(name);
    if (text === NONE) return null;
    return text === "" || !Number.isFinite(Number(text)) ? undefined : Number(text);
  }

  /** What is asked of the measurements: as the page starts from, with what the state says in its place. */
  function situation(known) {
    const found = { ...known.situation, prices: { ...known.situation.prices } };
    for (const name of Object.keys(FIELDS)) {
      const value = told(name);
      if (value === undefined || (value === null && !(name in REQUIREMENTS))) continue;
      if (name === "hour") found.prices = { ...found.prices, [priced(known)]: value, machines: {} };
      else found[name] = value;
    }
    found.by_default = found.by_default.filter((name) => told(ASSUMED[name]) === undefined);
    return found;
  }

  /** The name of the price of an hour of what the seconds were taken on. */
  const priced = ({ machine }) => (machine === "cpu" ? "cpu_hour" : "gpu_hour");

  const value = (name, asked, known) => (name === "hour" ? asked.prices[priced(known)] : asked[name] ?? null);

  function slider(name, { label, stops, said, none, needs }) {
    const output = h("output", {});
    const field = h("input", { type: "range", min: 0, max: stops.length - 1, step: 1, "data-field": name });
    const node = h("label", { class: "slider" }, h("span", {}, label), output, field);
    const start = { value: null };
    field.addEventListener("input", () => State.set({ [name]: stated(stops[Number(field.value)], start.value) }));
    const show = (now, prices, known) => {
      start.value = known.situation[name] ?? null;
      node.hidden = Boolean(needs) && !known.figures.some(({ metric }) => needs.includes(metric));
      output.textContent = now === null ? none : said(now, prices);
      field.value = now === null ? stops.indexOf("") : closest(stops, now);
      field.setAttribute("aria-valuetext", output.textContent);
    };
    return { node, show, name };
  }

  /** A slider's stop as the state has it: a start without a limit needs no word for none. */
  const stated = (stop, start) => (stop === "" && start !== null ? NONE : String(stop));

  function closest(stops, now) {
    const distance = (stop) => (stop === "" ? Infinity : Math.abs(Math.log10(stop + 1e-4) - Math.log10(now + 1e-4)));
    return stops.reduce((best, stop, place) => (distance(stop) < distance(stops[best]) ? place : best), 0);
  }

  /** The sliders and an empty place for what follows from them. */
  function start(root) {
    const holder = one("[data-panel]", root);
    if (!holder) return;
    const group = (words, fields) => h("fieldset", {}, h("legend", {}, words), fields.map(({ node }) => node));
    const [month, required] = [SITUATION, REQUIREMENTS].map((about) => Object.entries(about).map(([name, field]) => slider(name, field)));
    const again = h("button", { type: "button", on: { click: () => State.set(Object.fromEntries(Object.keys(FIELDS).map((name) => [name, ""]))) } }, "Reset");
    const outcome = h("div", { class: "outcome" });
    holder.append(h("div", { class: "situation" }, group("Your situation", month), group("Requirements", required), h("p", {}, again)), outcome);
    holder.sliders = [...month, ...required];
    holder.outcome = outcome;
  }

  function render(root, about) {
    const holder = one("[data-panel]", root);
    if (!holder || !about.decision) return;
    const asked = situation(about.decision);
    const mark = JSON.stringify(asked);
    if (holder.asked === mark) return; // it says so already: what changed is elsewhere on the page
    holder.asked = mark;
    holder.sliders.forEach(({ show, name }) => show(value(name, asked, about.decision), asked.prices, about.decision));
    const found = Decision.advise(about.decision, asked);
    holder.outcome.replaceChildren(verdict(found), flips(found), options(found), chart(about, asked));
  }

  /** What is told to those who do not see it is short: what, why, and what to do next. */
  function verdict({ said, recommendation }) {
    const [first, ...rest] = said.verdict;
    const status = h("div", { role: "status" }, h("p", { class: recommendation ? "pick" : "pick open" }, first), rest.map((sentence) => h("p", {}, sentence)));
    return h("div", {}, status, h("ul", { class: "notes" }, said.notes.map((note) => h("li", {}, note))), [said.required, said.situation].map((line) => h("p", { class: "about" }, line)));
  }

  function flips({ said }) {
    return h("div", {}, h("h4", {}, "What would change this recommendation"), h("ul", { class: "flips" }, said.along.map((line) => h("li", {}, line))));
  }

  function options({ options: rows, recommendation, runner_up: second, safe, said }) {
    const heads = ["option", "expected accuracy", "cost a month", "updating", "answering", "storage", "requirements"];
    const head = h("tr", {}, heads.map((word) => h("th", { scope: "col" }, word)));
    const known = rows.filter((row) => row.quality !== null);
    const marks = new Map([[second, "runner-up"], [safe, "safe choice"], [recommendation, "recommended"]]);
    const body = known.map((row) => {
      const { option, quality, cost, parts, requirements } = row.shown;
      const mark = marks.get(row.option);
      const name = h("th", { scope: "row" }, h("bdi", {}, option), mark && h("small", {}, mark));
      return h("tr", { class: row.option === recommendation && "best" }, name, [quality, cost, ...Object.values(parts), requirements].map((text) => h("td", {}, text)));
    });
    const [count, ...lines] = said.left_out;
    const table = h("table", { class: "options" }, h("caption", { class: "spoken" }, "Every option"), h("thead", {}, head), h("tbody", {}, body));
    const open = one(".options-of details", document)?.open;
    const box = h("div", { class: "box", role: "region", "aria-label": "Every option", tabindex: "0" }, table);
    const all = known.length ? h("details", { class: "more", open }, h("summary", {}, count), box) : h("p", { class: "about" }, count);
    const reasons = lines.map((line) => h("p", { class: "about" }, line)); // which were left out, and why, is read without opening
    return h("div", { class: "options-of" }, h("div", {}, all, reasons));
  }

  // The map: what is recommended over updates (across) and questions (upwards), for the same prices and requirements.
  const [WIDE, HIGH, COLUMNS, ROWS] = [480, 240, 40, 24];
  const [LEFT, RIGHT, TOP, BOTTOM] = [44, 18, 24, 40];
  const ACROSS = [0.1, 1000];
  const UPWARDS = [1, 10000000];

  const series = ([least, greatest], count) => Array.from({ length: count }, (_, place) => least * (greatest / least) ** (place / (count - 1)));

  function chart(about, asked) {
    const { names, titles, cells } = Decision.map(about.decision, asked, series(ACROSS, COLUMNS), series(UPWARDS, ROWS));
    const ink = (name) => (name === null ? { fill: "var(--faint)" } : inked(name, about.inks));
    const counts = names.map((_, place) => cells.flat().filter((cell) => cell === place).length / (COLUMNS * ROWS));
    const parts = names.map((name, place) => ({ name, title: titles[place] ?? "no clear choice", part: counts[place] })).sort((a, b) => b.part - a.part);
    const words = parts.map(({ title, part }) => `${title} on ${Math.round(100 * part)} %`).join(", ");
    const legend = parts.map(({ name, title, part }) => h("li", {}, swatch(ink(name)), h("bdi", {}, title), ` ${Math.round(100 * part)} %`));
    const picture = svg("svg", { viewBox: `0 0 ${LEFT + WIDE + RIGHT} ${TOP + HIGH + BOTTOM}`, role: "img", "aria-label": `Of the map ${words}.` }, ...regions(names, cells, ink), ...axes(), here(asked));
    picture.addEventListener("click", (event) => go(picture, event));
    return h("figure", { class: "map" }, h("figcaption", {}, h("b", {}, "Recommendation by update rate and traffic"), "For the same prices and requirements. The ring marks your situation; click anywhere to move it."), picture, h("ul", { class: "legend" }, legend));
  }

  /** A system keeps the colour that it has in the plots; training again is paler. */
  function inked(name, inks) {
    const system = Object.keys(inks).find((each) => name.startsWith(`${each} (`)) ?? "";
    const policy = name.slice(system.length);
    return { fill: `var(--${INKS[own(inks, system)]})`, opacity: policy.includes("retrained") ? 0.6 : policy.includes("continued") ? 0.35 : 0.9 };
  }

  const painted = ({ fill, opacity = 1 }) => `fill:${fill};opacity:${opacity}`;
  const swatch = ({ fill, opacity = 1 }) => h("span", { class: "swatch", style: `background:${fill};opacity:${opacity}` });

  /** One rectangle for each run of equal cells in a row. */
  function regions(names, cells, ink) {
    const [width, height] = [WIDE / COLUMNS, HIGH / ROWS];
    return cells.flatMap((row, up) => {
      const found = [];
      row.forEach((cell, place) => {
        if (found.length && found.at(-1).cell === cell) found.at(-1).count += 1;
        else found.push({ cell, place, count: 1 });
      });
      return found.map(({ cell, place, count }) => svg("rect", { x: LEFT + place * width, y: TOP + HIGH - (up + 1) * height, width: count * width, height, "shape-rendering": "crispEdges", style: painted(ink(names[cell])) }));
    });
  }

  const along = ([least, greatest], x) => Math.min(1, Math.max(0, Math.log(Math.max(x, least) / least) / Math.log(greatest / least)));

  function axes() {
    const text = (x, y, anchor, words) => svg("text", { x, y, "text-anchor": anchor, class: "tick" }, words);
    const bottom = [0.1, 1, 10, 100, 1000].map((tick) => text(LEFT + WIDE * along(ACROSS, tick), TOP + HIGH + 18, tick === ACROSS[0] ? "start" : tick === ACROSS[1] ? "end" : "middle", count(tick)));
    const side = [[1, "1"], [100, "100"], [10000, "10k"], [1000000, "1M"]].map(([tick, words]) => text(LEFT - 6, TOP + 4 + HIGH * (1 - along(UPWARDS, tick)), "end", words));
    return [...bottom, ...side, text(LEFT + WIDE, TOP + HIGH + 35, "end", "updates a month"), text(0, 16, "start", "questions a day")];
  }

  const here = (asked) => svg("circle", { cx: LEFT + WIDE * along(ACROSS, asked.updates), cy: TOP + HIGH * (1 - along(UPWARDS, asked.queries)), r: 6, class: "here" });

  function go(picture, event) {
    const { left, top, width, height } = picture.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * (LEFT + WIDE + RIGHT);
    const y = ((event.clientY - top) / height) * (TOP + HIGH + BOTTOM);
    const at = ([least, greatest], share) => Number((least * (greatest / least) ** Math.min(1, Math.max(0, share))).toPrecision(2));
    State.set({ updates: String(at(ACROSS, (x - LEFT) / WIDE)), queries: String(at(UPWARDS, 1 - (y - TOP) / HIGH)) });
  }

  return { start, render };
})();
