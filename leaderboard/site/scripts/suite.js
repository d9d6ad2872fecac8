// A domain: what it is made of, and how each system does on each kind of its questions.

const Suite = (() => {
  const MOST = 6; // questions that are shown

  async function render() {
    const where = section();
    const { questions } = Parts.any(where) ? await Parts.part(where, "list") : { questions: [] };
    return [
      h("h2", {}, h("bdi", {}, where.title), " ", h("small", {}, "on ", h("bdi", {}, where.base_model))),
      h("p", { class: "pager" }, h("a", { href: State.view("") }, "Its board"), h("a", { href: State.view("answers") }, "Its questions and answers")),
      facts(where.facts),
      ...sample(questions),
      ...kinds(where),
    ];
  }

  const facts = ({ title, version, ...known }) => h("dl", { class: "facts" }, Object.entries(known).map(([name, value]) => [h("dt", {}, name), h("dd", {}, [value].flat().join(", "))]));

  /** The first question of each kind; the first of all where there are hardly any kinds. */
  function sample(questions) {
    const kinds = [...Map.groupBy(questions, (question) => question[4].join("\n")).values()].map(([first]) => first);
    const shown = (kinds.length > 2 ? kinds : questions).slice(0, MOST);
    const items = shown.map(([id, asked, references]) => {
      const right = references.length ? h("span", { dir: "auto" }, references[0]) : h("i", {}, "no answer in the documents");
      return h("li", {}, h("a", { href: State.view("question", { q: id }), dir: "auto" }, asked), h("br", {}), right);
    });
    return items.length ? [h("h3", {}, "What is asked"), h("ul", { class: "sample" }, items)] : [];
  }

  /** A table of the metric that is asked for, for each kind of question. */
  function kinds(where) {
    const metrics = [...new Set(where.tagged.map(([, , metric]) => metric))];
    if (!metrics.length) return [h("p", {}, "No breakdown by question type: no tag is shared by ten or more questions.")];
    const metric = metrics.includes(State.get("metric")) ? State.get("metric") : metrics[0];
    const rows = where.tagged.filter((row) => row[2] === metric);
    const tags = [...new Set(rows.map(([tag]) => tag))];
    const systems = where.order.filter((system) => rows.some((row) => row[1] === system));
    const found = new Map(rows.map((row) => [JSON.stringify(row.slice(0, 2)), row]));
    const head = h("tr", {}, h("th", { scope: "col" }, "question type"), systems.map((system) => h("th", { scope: "col" }, h("bdi", {}, system))));
    const body = tags.map((tag) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: State.view("answers", { tag }) }, h("bdi", {}, tag))), systems.map((system) => cell(found.get(JSON.stringify([tag, system])), own(where.units, metric)))));
    const table = h("table", {}, h("caption", { class: "spoken" }, `${metric} by question type`), h("thead", {}, head), h("tbody", {}, body));
    return [
      h("h3", {}, "By question type"),
      h("div", { class: "tools" }, choice("Metric", "metric", metrics.map((name) => [name, name]), metric)),
      h("div", { class: "box", role: "region", "aria-label": "By question type", tabindex: "0" }, table),
    ];
  }

  function cell(row, unit) {
    if (!row) return h("td", { class: "absent" }, h("span", { class: "spoken" }, "no breakdown"));
    const [, , , value, low, high, n, few] = row;
    return h("td", {}, h("data", { value }, Figures.figure(value, unit)), h("small", {}, Figures.between(Figures.figure(low, unit), Figures.figure(high, unit))), h("small", {}, `n ${n}${few}`));
  }

  return { render };
})();
