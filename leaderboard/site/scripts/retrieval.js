// Retrieval: how far down the evidence stands, where it was lost, what the index cost, what each part changes, and what failed.

const Retrieval = (() => {
  const RANKS = [1, 2, 3, 5, 10, 20, 50]; // where every curve has a point
  const FOUND = 400; // letters of a passage that is shown beside what is missing
  const SHOWN = 20; // failures on one page
  const DASHES = ["", "7 4", "2 3", "10 3 2 3"];
  const LABELS = { split: "no passage holds it whole", far: "not among those looked up", unseen: "not shown", beyond: "further down than is shown", reranked: "not chosen by the reranker", diverse: "passed over by MMR", cut: "cut for want of room", shown: "shown" };
  /** What became of the evidence, in words; `looked`: how many passages were looked up. */
  const label = (cause, looked) => (cause === "far" && looked ? `not among the first ${looked}` : LABELS[cause]);
  const share = (value) => Figures.figure(value, "share");
  const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [480, 230, 62, 18, 14, 52];

  let jumping = false; // whether a count was followed to the questions behind it

  async function render() {
    const where = section();
    const rows = where.retrieval;
    const head = h("h2", {}, "Retrieval ", h("small", {}, h("bdi", {}, where.title)));
    if (!rows.length) return [head, h("p", {}, "No system of this board looks passages up, or says which it was shown.")];
    const found = [head, warnings(rows), curves(where, rows), lost(rows), costs(rows), parts(where), await failures(where, rows)];
    if (jumping) requestAnimationFrame(() => one("#failures")?.focus());
    jumping = false;
    return found.flat(Infinity);
  }

  const table = (words, heads, body, kind = "") =>
    h("div", { class: "box", role: "region", "aria-label": words, tabindex: "0" },
      h("table", { class: kind }, h("caption", { class: "spoken" }, words), h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, body)));

  const name = (system) => h("th", { scope: "row" }, h("a", { href: "#", "data-to-system": system }, h("bdi", {}, breaking(system))));

  /** What is to be known before the figures are believed, each once with all systems that it holds for. */
  function warnings(rows) {
    const said = (kind) => [...Map.groupBy(rows.flatMap((row) => row[kind].map((text) => [text, row.system])), ([text]) => text)];
    const item = ([text, found]) => h("li", {}, h("b", {}, h("bdi", {}, Figures.joined(found.map(([, system]) => system)))), `: ${text}`);
    const [doubts, notes] = [said("warnings"), said("notes")];
    return [
      doubts.length > 0 && h("div", { class: "cautions" }, h("h3", {}, "⚠ Caution: the indexes"), h("ul", {}, doubts.map(item))),
      notes.length > 0 && h("ul", { class: "notes about" }, notes.map(item)),
    ];
  }

  /** One curve for all systems that find the same. */
  function curves(where, rows) {
    const drawn = rows.filter((row) => row.curve.length);
    if (!drawn.length) return null;
    const same = (row) => JSON.stringify(row.curve.filter(([k]) => RANKS.includes(k))); // besides them, each has a point where it shows passages
    const groups = [...Map.groupBy(drawn, same)].map(([, found]) => ({ ...found.toSorted((a, b) => b.curve.length - a.curve.length)[0], found }));
    const lines = groups.map((group, place) => ({ ...group, ink: `var(--${INKS[own(where.inks, group.system) ?? place % INKS.length]})`, dash: DASHES[place % DASHES.length] }));
    const most = Math.max(...lines.flatMap(({ curve }) => curve.map(([k]) => k)));
    const x = (k) => LEFT + WIDE * (most > 1 ? Math.log(k) / Math.log(most) : 0.5);
    const y = (value) => TOP + HIGH * (1 - value);
    const at = (k, value) => `${x(k).toFixed(1)},${y(value).toFixed(1)}`;
    const band = ({ curve, ink }) => svg("polygon", { points: [...curve.map(([k, , low]) => at(k, low)), ...curve.toReversed().map(([k, , , high]) => at(k, high))].join(" "), style: `fill:${ink};opacity:.13` });
    const line = ({ curve, ink, dash }) => svg("polyline", { points: curve.map(([k, value]) => at(k, value)).join(" "), style: `fill:none;stroke:${ink};stroke-width:2`, "stroke-dasharray": dash || "none" });
    const dots = ({ curve, ink, found }) => curve.map(([k, value]) => svg("circle", { cx: x(k), cy: y(value), r: found.some((row) => row.top_k === k) ? 5 : 2.5, style: `fill:${ink}` }));
    const words = (text, traits) => svg("text", { class: "tick", ...traits }, text);
    const ticks = [...new Set(lines.flatMap(({ curve }) => curve.map(([k]) => k)))].sort((a, b) => a - b);
    const apart = ticks.filter((k, place) => !place || x(k) - x(ticks[place - 1]) > 20);
    const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
      svg("line", { x1: LEFT, x2: LEFT + WIDE, y1: y(value), y2: y(value), style: "stroke:var(--line)" }),
      words(`${100 * value} %`, { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }),
    ]);
    const below = [...apart.map((k) => words(String(k), { x: x(k), y: TOP + HIGH + 18, "text-anchor": "middle" })), words("passages looked up", { x: LEFT + WIDE, y: TOP + HIGH + 43, "text-anchor": "end" })];
    const said = lines.map(({ found, curve }) => `${Figures.joined(found.map(({ system }) => system))}: ${curve.map(([k, value]) => `${share(value)} in ${k}`).join(", ")}`).join("; ");
    const picture = svg("svg", { viewBox: `0 0 ${LEFT + WIDE + RIGHT} ${TOP + HIGH + BOTTOM}`, role: "img", "aria-label": `Evidence found. ${said}.` }, ...grid, ...below, ...lines.map(band), ...lines.map(line), ...lines.flatMap(dots));
    const legend = lines.map(({ found, ink, dash }) => h("li", {}, svg("svg", { viewBox: "0 0 30 8", class: "dash", "aria-hidden": "true" }, svg("line", { x1: 0, x2: 30, y1: 4, y2: 4, style: `stroke:${ink};stroke-width:3`, "stroke-dasharray": dash || "none" })), h("bdi", {}, Figures.joined(found.map(({ system }) => system)))));
    const ranked = drawn.some((row) => !row.by_documents);
    const about = [
      ranked && "The share of the evidence that stands among the first k passages, with 95 % intervals. The large dot is at as many passages as a system shows: what lies to its right was found, and not shown.",
      drawn.some((row) => row.by_documents) && `Where no ranks were kept, points are ${Figures.joined(["retrieval.recall@1", "@3", "@5"])}, which count documents.`,
    ];
    const body = drawn.flatMap((row) => row.curve.map(([k, value, low, high]) => h("tr", { "data-system": row.system, "data-k": k }, name(row.system), h("td", {}, String(k), k === row.top_k && h("small", {}, "shown")), h("td", {}, h("data", { value }, share(value)), h("small", {}, Figures.between(share(low), share(high)))), h("td", {}, row.n ? String(row.n) : "–"))));
    return h("figure", { class: "curve" },
      h("figcaption", {}, h("b", {}, "Evidence found among the first k passages"), about.filter(Boolean).join(" ")),
      picture, h("ul", { class: "legend" }, legend),
      h("details", {}, h("summary", {}, "Show as table"), table("Evidence found among the first k passages", ["system", "k", "found", "questions"], body)));
  }

  /** Every question once, under the first cause on its way to the prompt. */
  function lost(rows) {
    const told = rows.filter((row) => row.n);
    if (!told.length) return [h("h3", {}, "Where the evidence was lost"), h("p", { class: "about" }, "Not known of these systems.")];
    const causes = Object.keys(LABELS).filter((cause) => told.some((row) => own(row.lost, cause)));
    const looked = told.every((row) => row.looked === told[0].looked) ? told[0].looked : 0; // where it differs, each cell says it
    const cell = (row, cause) => {
      const count = own(row.lost, cause) ?? 0;
      const wrong = own(row.wrong, cause) ?? 0;
      const state = { system: row.system, cause };
      const link = h("a", { href: State.view("retrieval", state), on: { click: (event) => follow(event, state) } }, h("data", { value: count }, String(count)));
      return h("td", { "data-cause": cause }, count && failing(row, cause) ? link : h("data", { value: count }, String(count)), count > 0 && h("small", {}, `${wrong} wrong${cause === "far" && !looked ? `, of ${row.looked} looked up` : ""}`));
    };
    const body = told.map((row) => h("tr", { "data-system": row.system }, name(row.system), h("td", {}, String(row.top_k ?? "?")), causes.map((cause) => cell(row, cause)), h("td", {}, String(row.n))));
    return [
      h("h3", {}, "Where the evidence was lost"),
      h("p", { class: "about" }, `Each question that names evidence counts once, under the first thing that kept a piece of it out of the prompt. A passage holds the evidence if the text that the suite quotes stands in it, or a reference answer where nothing is quoted. Wrong: answered wrongly, by ${told[0].by}.`),
      table("Where the evidence was lost", ["system", "passages shown", ...causes.map((cause) => label(cause, looked)), "questions"], body, "lost"),
    ];
  }

  /** Go to the questions behind a count; with a key held, the browser opens them elsewhere. */
  function follow(event, state) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    jumping = true;
    State.set({ ...state, from: "" });
  }

  const failing = (row, cause) => (cause === "shown" ? own(row.wrong, cause) : own(row.lost, cause)) > 0;

  function costs(rows) {
    const amount = (row, kind, said) => {
      const value = row.per_thousand[kind];
      const why = own(row.cost_notes, kind);
      const shown = value === null ? h(why ? "abbr" : "span", { title: why }, "not measured") : [h("data", { value }, said(value)), why && [" ", h("abbr", { class: "care", title: why }, "⚠")]];
      return h("td", { "data-cost": kind }, shown);
    };
    const passages = (row) => (row.documents && row.passages ? Figures.grouped(Figures.fixed((1000 * row.passages) / row.documents, 0)) : "not known");
    const paid = rows.some((row) => row.per_thousand.money !== null || row.per_thousand.tokens !== null);
    const body = rows.map((row) => h("tr", { "data-system": row.system }, name(row.system), h("td", {}, passages(row)), amount(row, "seconds", (value) => Figures.figure(value, "seconds")), paid && [amount(row, "tokens", (value) => Figures.figure(value, "tokens")), amount(row, "money", (value) => Figures.figure(value, ""))]));
    return [
      h("h3", {}, "What an index costs"),
      h("p", { class: "about" }, `For a thousand documents like these${rows[0].documents ? `, of which there are ${Figures.grouped(String(rows[0].documents))}` : ""}: splitting them, embedding and storing their passages.${paid ? " Money is in the currency of the embedder’s price." : " No embedder here is paid by the token."}`),
      table("What an index costs, for a thousand documents", ["system", "passages", "time", ...(paid ? ["tokens", "money"] : [])], body),
    ];
  }

  /** Systems that differ in one part of retrieval and in nothing else. */
  function parts(where) {
    const title = h("h3", {}, "What each part changes");
    const rows = where.changes;
    if (!rows.length) return [title, h("p", { class: "about" }, "No two systems of this board differ in one part of retrieval alone. Add a row to the table of systems that changes one setting of another row: chunker, embedder, store or retriever.")];
    const metrics = [...new Set(rows.map((row) => row.metric))];
    const usual = metrics.find((metric) => metric.startsWith("retrieval.recall@5")) ?? metrics[0];
    const metric = metrics.includes(State.get("metric")) ? State.get("metric") : usual;
    const verdict = (row) => (row.significant ? ((row.value > 0) === (row.better === "higher") ? "better" : "worse") : "n.s.");
    const body = rows.filter((row) => row.metric === metric).map((row) => h("tr", { "data-verdict": verdict(row) },
      h("th", { scope: "row" }, row.part, row.caution && [" ", h("abbr", { class: "care", title: row.caution }, "⚠")]),
      h("td", {}, h("bdi", {}, row.before), " → ", h("bdi", {}, row.after)),
      h("td", { class: { better: "up", worse: "down" }[verdict(row)] }, h("data", { value: row.value }, Figures.signed(row.value, "difference")), h("small", {}, Figures.between(Figures.figure(row.ci_low, "difference"), Figures.figure(row.ci_high, "difference")))),
      h("td", {}, verdict(row)), h("td", {}, String(row.n)), h("td", {}, h("small", {}, h("bdi", {}, row.than), " → ", h("bdi", {}, row.system)))));
    const pick = h("div", { class: "tools" }, choice("Metric", "metric", metrics.map((each) => [each, each]), metric));
    one("select", pick).dataset.field = "metric";
    return [
      title,
      h("p", { class: "about" }, "Systems that differ in one part of retrieval and in nothing else, paired question by question: the change that the later one makes, with its 95 % interval. n.s.: not significant by a paired test, corrected for all effects of parts (Benjamini–Hochberg)."),
      pick, table("What each part changes", ["part", "from → to", "change", "verdict", "n", "systems"], body, "parts"),
    ];
  }

  async function failures(where, rows) {
    const told = rows.filter((row) => Object.keys(LABELS).some((cause) => failing(row, cause)));
    const title = h("h3", { id: "failures", tabindex: "-1" }, "What failed, by cause");
    if (!told.length) return rows.some((row) => row.n) ? [title, h("p", {}, "Every question’s evidence was shown, and answered right.")] : [];
    if (!Parts.any(where)) return [title, h("p", {}, "The answers were not kept with the run.")];
    const row = told.find(({ system }) => system === State.get("system")) ?? told[0];
    const causes = Object.keys(LABELS).filter((cause) => failing(row, cause));
    const cause = causes.includes(State.get("cause")) ? State.get("cause") : "";
    const [kept, list] = await Promise.all([Parts.part(where, "retrieval"), Parts.part(where, "list")]);
    const found = (own(kept.systems, row.system) ?? []).filter((each) => !cause || each[1] === cause);
    const start = Math.max(0, Math.min(SHOWN * Math.trunc(Number(State.get("from", "0")) / SHOWN || 0), SHOWN * Math.floor((found.length - 1) / SHOWN)));
    const listed = found.slice(start, start + SHOWN);
    const blocks = new Map(await Promise.all([...new Set(listed.map(([place]) => Math.floor(place / list.block)))].map(async (number) => [number, await Parts.part(where, `block-${number}`)])));
    const tools = h("div", { class: "tools", role: "group", "aria-label": "Which failures are listed" },
      choice("System", "system", told.map(({ system }) => [system, system]), row.system),
      choice("Cause", "cause", [["", "all"], ...causes.map((each) => [each, each === "shown" ? "shown, and answered wrongly" : label(each, row.looked)])]));
    all("select", tools).forEach((select, place) => (select.dataset.field = `failures-${place}`));
    const words = h("p", { class: "about", role: "status" }, `${found.length} question${found.length === 1 ? "" : "s"}`);
    const items = listed.map((each) => failure(each, row, kept, list, blocks.get(Math.floor(each[0] / list.block))));
    const links = [
      start > 0 && h("a", { href: State.link({ from: start > SHOWN ? start - SHOWN : "" }) }, `the ${SHOWN} before`),
      start + SHOWN < found.length && h("a", { href: State.link({ from: start + SHOWN }) }, `the next ${Math.min(SHOWN, found.length - start - SHOWN)}`),
    ];
    return [title, tools, words, h("div", { class: "failures" }, items), h("p", { class: "pager" }, links)];
  }

  /** One question: what is missing beside what was found. */
  function failure([place, cause, right, pieces], row, kept, list, block) {
    const [id, asked, references] = list.questions[place];
    const who = block.systems.findIndex(([system]) => system === row.system);
    const answer = who < 0 ? null : block.answers[who][place % list.block];
    const said = answer && (answer[8] ? unanswered(answer) : block.texts[answer[0]] || "(nothing)");
    const mark = right === null ? "" : h("span", { class: `mark ${right ? "good" : "bad"}` }, right ? "✓" : "✗", h("span", { class: "spoken" }, right ? " right" : " wrong"));
    const missing = pieces.filter(([, , , text]) => text >= 0).map(([document, why, rank, text]) => h("li", {}, h("p", { class: "about" }, h("bdi", {}, document), ` · ${label(why, row.looked)}${rank ? `: it is number ${rank}` : ""}`), h("p", { dir: "auto" }, kept.texts[text])));
    const evidence = new Set(pieces.map(([document]) => document));
    const found = ((answer && answer[2]) ?? []).map(([at]) => {
      const [document, text] = block.passages[at];
      const words = block.texts[text];
      return h("li", { class: evidence.has(document) && "gold" }, h("p", { class: "about" }, document ? h("bdi", {}, document) : h("i", {}, "of no document of the suite")), h("p", { dir: "auto" }, words.length > FOUND ? `${words.slice(0, FOUND)}…` : words));
    });
    return h("article", { class: "attempt", "data-cause": cause },
      h("h4", {}, mark, " ", h("a", { href: State.view("question", { q: id, system: row.system }), dir: "auto" }, asked)),
      h("p", { class: "about" }, cause === "shown" ? "the evidence was shown" : label(cause, row.looked), " · said ", h("q", { dir: "auto" }, said ?? ""), references.length > 0 && [" · right: ", h("span", { dir: "auto" }, references[0])]),
      h("div", { class: "sides" },
        missing.length > 0 && h("div", {}, h("h5", {}, "Missing"), h("ul", { class: "passages" }, missing)),
        h("div", {}, h("h5", {}, `Found and shown: ${found.length}`), h("ol", { class: "passages" }, found))));
  }

  return { render };
})();
