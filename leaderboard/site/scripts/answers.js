// Behind the figures: all questions with who was right, and one question with what each system read, said and was given for it.

const MARKS = { "-": ["–", "does not apply"], "?": ["?", "not measured"], x: ["✗", "failed"], ".": ["", "not examined"] };
/** Why there is no answer: nobody gave one, which is not measured, or something broke, which counts as wrong. */
const unanswered = ([, , , , , , , , error, absent]) => `${absent ? "not measured" : "failed"}: ${error}`;
const PAGE = 100;

/** Whether a value of a metric is good, bad, or neither. */
function ruled(value, metric) {
  if (value === "x") return "bad";
  if (typeof value === "string") return "none";
  const good = metric.better === "higher" ? value : 1 - value;
  if (metric.unit !== "share") return "amount";
  return good === 1 ? "good" : good === 0 ? "bad" : "partly";
}

/** A value as a mark with words for it. */
function mark(value, metric) {
  const how = ruled(value, metric);
  if (how === "none" || value === "x") return h("span", { class: `mark ${how}` }, MARKS[value][0], h("span", { class: "spoken" }, ` ${MARKS[value][1]}`));
  if (how === "good" || how === "bad") {
    return h("span", { class: `mark ${how}` }, how === "good" ? "✓" : "✗", h("span", { class: "spoken" }, ` ${Figures.figure(value, metric.unit)}`));
  }
  return h("span", { class: `mark ${how}` }, Figures.figure(value, metric.unit));
}

/** Letters or numbers of all questions; numbers where they are numbers. */
const column = (found) => [...(found ?? [])].map((value) => (value === "0" || value === "1" ? Number(value) : value));

const Answers = (() => {
  async function render() {
    const where = section();
    if (!Parts.any(where)) return [heading(where), h("p", {}, "The answers were not kept with the run.")];
    const list = await Parts.part(where, "list");
    const metric = list.metrics.find((each) => each.name === State.get("metric")) ?? list.metrics[0];
    const scores = metric ? await Parts.part(where, `scores-${list.metrics.indexOf(metric)}`) : {};
    const systems = chosen(list);
    const columns = systems.map((system) => column(own(scores, system)));
    const found = matching(list, systems, columns, metric);
    const texts = State.get("system") ? new Map() : null; // what one or two systems said fits beside their marks
    const shown = table(list, found, systems, columns, metric, texts);
    if (texts) fill(where, list, texts, shown);
    return [heading(where), tools(list, metric), said(found, systems, list), shown, more(found)];
  }

  const heading = (where) => h("h2", {}, "Answers ", h("small", {}, h("bdi", {}, where.title)));

  /** The two that are compared, or all of them while there is room. */
  function chosen(list) {
    const named = [State.get("system"), State.get("other")].filter((name) => list.systems.includes(name));
    return named.length ? [...new Set(named)] : list.systems.slice(0, 8);
  }

  function tools(list, metric) {
    const names = list.systems.map((system) => [system, system]);
    const find = h("input", { type: "search", "data-field": "find", value: State.get("find"), autocomplete: "off", spellcheck: "false" });
    find.addEventListener("input", settled(() => State.set({ find: find.value, from: "" })));
    const tags = [...new Set(list.questions.flatMap((question) => question[4]))].sort();
    const fields = [
      choice("System", "system", [["", "all"], ...names]),
      choice("beside", "other", [["", "nobody"], ...names]),
      choice("by", "metric", list.metrics.map((each) => [each.name, each.name]), metric?.name),
      choice("Show", "show", shows(chosen(list))),
      tags.length > 1 && choice("of kind", "tag", [["", "any"], ...tags.map((tag) => [tag, tag])]),
      h("label", {}, "Find ", find),
    ];
    all("select", h("div", {}, fields)).forEach((select, place) => (select.dataset.field = `field-${place}`));
    return h("div", { class: "tools", role: "group", "aria-label": "Which questions are listed" }, fields);
  }

  function shows(systems) {
    const some = systems.length > 1 ? ", at least one" : "";
    const two = State.get("system") && State.get("other") && State.get("system") !== State.get("other");
    const flips = two ? [["flipped", "where the two differ"], ["gained", "the first right, the other wrong"], ["lost", "the other right, the first wrong"]] : [];
    return [["", "all questions"], ...[["wrong", "wrong"], ["right", "right"], ["missing", "not scored"]].map(([show, words]) => [show, words + some]), ...flips];
  }

  /** The places of the questions that the state asks for. */
  function matching(list, systems, columns, metric) {
    const words = State.get("find").toLowerCase().split(/\s+/).filter(Boolean);
    const tag = State.get("tag");
    return list.questions
      .map((question, place) => ({ question, place, how: columns.map((values) => (metric ? ruled(values[place] ?? ".", metric) : "none")) }))
      .filter(({ question, how }) => wanted(how) && (!tag || question[4].includes(tag)) && words.every((word) => text(question).includes(word)))
      .map(({ place }) => place);
  }

  const text = (question) => [question[0], question[1], ...question[2], ...question[3]].join(" ").toLowerCase();

  function wanted(how) {
    const [mine, theirs] = how;
    switch (State.get("show")) {
      case "wrong": return how.some((each) => each === "bad" || each === "partly");
      case "right": return how.some((each) => each === "good");
      case "missing": return how.some((each) => each === "none");
      case "flipped": return (mine === "good") !== (theirs === "good");
      case "gained": return mine === "good" && theirs !== "good";
      case "lost": return mine !== "good" && theirs === "good";
      default: return true;
    }
  }

  const said = (found, systems, list) => h("p", { class: "about", role: "status" }, `${found.length} of ${list.questions.length} question${list.questions.length === 1 ? "" : "s"}`);

  /** The place of the first that is listed, where pages start. */
  const first = (found) => Math.max(0, Math.min(PAGE * Math.trunc(Number(State.get("from", "0")) / PAGE || 0), PAGE * Math.floor((found.length - 1) / PAGE)));

  /** Write what was said into the cells that are to show it, block by block; the table is busy until the last of them. */
  async function fill(where, list, cells, shown) {
    const blocks = Map.groupBy(cells.keys(), (place) => Math.floor(place / list.block));
    shown.setAttribute("aria-busy", "true");
    await Promise.all([...blocks].map(([number, places]) => Parts.part(where, `block-${number}`).then((block) => {
      for (const place of places) cells.get(place).forEach((cell, system) => (cell.textContent = spoken(block, system, place % list.block)));
    }, (error) => tell(error.message))));
    shown.removeAttribute("aria-busy");
  }

  /** The answer of a system's first seed. */
  function spoken(block, system, at) {
    const row = block.answers[block.systems.findIndex(([name]) => name === system)]?.[at];
    if (!row) return "";
    return row[8] ? unanswered(row) : block.texts[row[0]] || "(nothing)";
  }

  function table(list, found, systems, columns, metric, texts) {
    const start = first(found);
    const head = h("tr", {}, h("th", { scope: "col" }, "question"), h("th", { scope: "col" }, "right"), systems.map((system) => h("th", { scope: "col" }, h("bdi", {}, system))));
    const rows = found.slice(start, start + PAGE).map((place) => {
      const [id, asked, references] = list.questions[place];
      const link = h("a", { href: State.link({ view: "question", q: id }), dir: "auto" }, asked);
      const right = references.length ? references[0] : h("i", {}, "no answer in the documents");
      const answers = texts && new Map(systems.map((system) => [system, h("span", { class: "answer", dir: "auto" })]));
      if (texts) texts.set(place, answers);
      const cells = systems.map((system, number) => h("td", {}, metric ? mark(columns[number][place] ?? ".", metric) : "", answers && answers.get(system)));
      return h("tr", {}, h("th", { scope: "row" }, link), h("td", { dir: "auto" }, right), cells);
    });
    const caption = h("caption", { class: "spoken" }, "Questions, and how each system did");
    return h("div", { class: "box", role: "region", "aria-label": "Questions", tabindex: "0" }, h("table", { class: "list" }, caption, h("thead", {}, head), h("tbody", {}, rows)));
  }

  function more(found) {
    const start = first(found);
    const links = [];
    if (start) links.push(h("a", { href: State.link({ from: start > PAGE ? start - PAGE : "" }) }, `the ${PAGE} before`));
    if (start + PAGE < found.length) links.push(h("a", { href: State.link({ from: start + PAGE }) }, `the next ${Math.min(PAGE, found.length - start - PAGE)}`));
    return h("p", { class: "pager" }, links);
  }

  return { render };
})();

const Question = (() => {
  async function render() {
    const where = section();
    const list = Parts.any(where) ? await Parts.part(where, "list") : { questions: [] };
    const place = list.questions.findIndex((question) => question[0] === State.get("q"));
    if (place < 0) return [h("h2", {}, "No such question"), h("p", {}, "It is not among those of this run.")];
    const block = await Parts.part(where, `block-${Math.floor(place / list.block)}`);
    const at = place % list.block;
    const attempts = block.systems.map(([system, seed], who) => ({ system, seed, row: block.answers[who][at], scores: given(block, who, at) }));
    const about = { block, list, evidence: list.questions[place][3] };
    const cards = [...sorted(Map.groupBy(attempts.filter(({ row }) => row), ({ system }) => system))].map(([, of]) => card(of, about));
    return [...head(list, place), h("div", { class: "attempts" }, cards)];
  }

  /** The scores of one answer: metric, value or letter, and the place of the reason. */
  function given({ scores }, who, at) {
    const mine = scores.filter((row) => row[1] === who).map(([metric, , values, reasons]) => [metric, column(values)[at], Array.isArray(reasons) ? reasons[at] : reasons]);
    return mine.filter(([, value]) => value !== ".");
  }

  /** Those that are compared come first. */
  function sorted(systems) {
    const named = [State.get("system"), State.get("other")];
    const rank = ([system]) => (named.includes(system) ? named.indexOf(system) : named.length);
    return [...systems].sort((a, b) => rank(a) - rank(b));
  }

  function head(list, place) {
    const [, asked, references, evidence, tags] = list.questions[place];
    const step = (by, words) => list.questions[place + by] && h("a", { href: State.link({ q: list.questions[place + by][0] }) }, words);
    return [
      h("p", { class: "pager" }, h("a", { href: State.link({ view: "answers", q: "" }) }, "All answers"), step(-1, "the one before"), step(1, "the next")),
      h("h2", { dir: "auto" }, asked),
      h("p", { class: "about" }, h("bdi", {}, list.questions[place][0]), tags.map((tag) => [" · ", h("bdi", {}, tag)])),
      h("dl", {},
        h("dt", {}, "Right"), h("dd", { dir: "auto" }, references.length ? references.join(" / ") : h("i", {}, "the documents do not hold the answer")),
        evidence.length ? [h("dt", {}, "Evidence"), h("dd", { dir: "auto" }, evidence.join(", "))] : []),
    ];
  }

  /** What one system said: with its first seed at once, with its others folded. */
  function card([first, ...others], about) {
    const count = own(section().systems, first.system)?.kind ? "repeat" : "seed";
    const seed = others.length ? h("small", {}, ` ${count} ${first.seed}`) : "";
    const folded = others.map((attempt) => h("details", { class: "seed" }, h("summary", {}, right(attempt, about), ` ${count} ${attempt.seed}`), body(attempt, about)));
    return h("article", { class: "attempt" }, h("h3", {}, right(first, about), " ", h("bdi", {}, first.system), seed), body(first, about), folded);
  }

  function right({ scores }, { list }) {
    const found = scores.find(([number]) => list.metrics[number].name === (section().facts.headline?.[0] ?? "accuracy.exact"));
    return found ? mark(found[1], list.metrics[found[0]]) : "";
  }

  function body({ row, scores }, { block, list, evidence }) {
    const [text, prompt, contexts, citations, seconds, tokens, before, cut, error] = row;
    const about = [];
    if (seconds) about.push(`${Figures.figure(seconds, "seconds")} in a batch`);
    if (tokens || before) about.push(`${tokens} ${tokens === 1 ? "token" : "tokens"} after ${before}`);
    if (citations.length) about.push(`cites ${citations.join(", ")}`);
    if (cut) about.push(`${cut} ${cut === 1 ? "passage" : "passages"} left out for want of room`);
    return [
      error ? h("p", { class: "said warn", dir: "auto" }, unanswered(row)) : h("p", { class: "said", dir: "auto" }, block.texts[text] || h("i", {}, "(nothing)")),
      about.length > 0 && h("p", { class: "about" }, about.join(" · ")),
      contexts && passages(contexts, citations, block, evidence),
      read(block.texts[prompt], contexts),
      scored(scores, list, block),
    ];
  }

  function passages(contexts, citations, block, evidence) {
    const found = contexts.map(([place, score]) => ({ document: block.passages[place][0], text: block.texts[block.passages[place][1]], score }));
    const gold = found.filter(({ document }) => evidence.includes(document)).length;
    const scored = found.some(({ score }) => score !== 0); // what comes from elsewhere may have no scores
    const items = found.map(({ document, text, score }) => {
      const holds = evidence.includes(document);
      const words = [document ? h("bdi", {}, document) : h("i", {}, "of no document of the suite"), scored && ` · score ${score.toFixed(3)}`, holds && [" · ", h("b", {}, "holds the evidence")], citations.includes(document) && " · cited"];
      return h("li", { class: holds && "gold" }, h("p", { class: "about" }, words), h("p", { dir: "auto" }, text));
    });
    const summary = `${found.length} ${found.length === 1 ? "passage" : "passages"} retrieved${evidence.length ? `, ${gold} with the evidence` : ""}`;
    return h("details", {}, h("summary", {}, summary), h("ol", { class: "passages" }, items));
  }

  /** What the model read; its passages are listed above. */
  function read(prompt, contexts) {
    if (!prompt) return null;
    const [head, ...rest] = prompt.split("\ufffc");
    const body = rest.length && contexts?.length ? [head, h("mark", {}, `(the ${contexts.length} passages)`), "\n\n", rest.join("\ufffc")] : [prompt];
    return h("details", {}, h("summary", {}, "What it read"), h("pre", { dir: "auto" }, body));
  }

  /** Every score with its reason; folded is what does not apply, and what is not about this answer: the question asked otherwise, and costs. */
  function scored(scores, list, block) {
    const kind = ([number, value]) => (value === "-" ? "none" : list.metrics[number].aside ? "otherwise" : "own");
    const of = (name) => scores.filter((score) => kind(score) === name);
    const folded = (rows, words) => rows.length > 0 && h("details", {}, h("summary", {}, `${rows.length} ${words}`), table(rows, list, block));
    return h("div", { class: "scored" }, table(of("own"), list, block), folded(of("otherwise"), "asked otherwise, and costs"), folded(of("none"), "that do not apply"));
  }

  function table(scores, list, block) {
    const rows = scores.map(([number, value, reason]) => {
      const metric = list.metrics[number];
      const why = reason < 0 ? "" : block.texts[reason].split("\n").map((line) => h("span", { class: "claim" }, line));
      const score = typeof value === "string" ? mark(value, metric) : h("data", { value }, Figures.figure(value, metric.unit));
      return h("tr", {}, h("th", { scope: "row" }, breaking(metric.name)), h("td", {}, score), h("td", { dir: "auto" }, why));
    });
    const head = h("tr", {}, ["metric", "score", "because"].map((word) => h("th", { scope: "col" }, word)));
    return h("table", { class: "scores" }, h("caption", { class: "spoken" }, "Scores"), h("thead", {}, head), h("tbody", {}, rows));
  }

  return { render };
})();

const System = (() => {
  function render() {
    const [where, system] = [section(), State.get("system")];
    const root = one(`.section[data-section="${CSS.escape(where.id)}"]`);
    const row = all("table.figures tbody tr", root).find((each) => each.dataset.system === system);
    if (!row) return [h("h2", {}, "No such system"), h("p", {}, "It is not among those of this run.")];
    const heads = all("table.figures thead tr:last-child th[data-metric]", root);
    const figures = heads.map((head, place) => [head, row.cells[place + 1]]).filter(([, cell]) => !cell.classList.contains("absent"));
    return [
      h("h2", {}, h("bdi", {}, system), " ", h("small", {}, "on ", h("bdi", {}, where.title))),
      h("p", { class: "pager" }, links(system)),
      settings(own(where.systems, system)),
      table(figures, root),
    ];
  }

  const links = (system) => [
    h("a", { href: State.view("answers", { system }) }, "All its answers"),
    h("a", { href: State.view("answers", { system, show: "wrong" }) }, "Those that are wrong"),
  ];

  function settings(found) {
    if (!found) return null;
    return h("details", { class: "more" }, h("summary", {}, "How it is made"), h("dl", {}, Object.entries(found).filter(([, value]) => value !== null).map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])));
  }

  /** By axis, as on the board. */
  function table(figures, root) {
    const groups = [...Map.groupBy(figures, ([head]) => head.dataset.axis)].map(([axis, of]) => {
      const name = one("abbr", all(".axes th", root).find((each) => each.dataset.axis === axis)).cloneNode(true);
      const rows = of.map(([head, cell]) => line(head, cell));
      return h("tbody", {}, h("tr", { class: "metric" }, h("th", { scope: "rowgroup", colspan: 2 }, name)), rows);
    });
    const head = h("tr", {}, ["metric", "value"].map((word) => h("th", { scope: "col" }, word)));
    return h("div", { class: "box", role: "region", "aria-label": "All its figures", tabindex: "0" }, h("table", {}, h("caption", { class: "spoken" }, "All figures of this system"), h("thead", {}, head), groups));
  }

  function line(head, cell) {
    const shown = h("td", { class: cell.className }, Figure.content(cell));
    shown.classList.remove("other", "itself", "up", "down");
    const way = one(".way", head)?.cloneNode(true);
    return h("tr", {}, h("th", { scope: "row", "data-tip": head.dataset.tip }, breaking(head.dataset.metric), " ", way), shown);
  }

  return { render };
})();
