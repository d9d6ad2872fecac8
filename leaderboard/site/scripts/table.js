// The table of figures: which columns and rows are shown, in what order, and of what.

const Figure = (() => {
  /** Set once: what the server drew, by cell. */
  const drawn = new Map();

  function start(root) {
    for (const cell of all("table.figures tbody td", root)) drawn.set(cell, [...cell.childNodes]);
    for (const head of heads(root)) sortable(head);
    all("[data-set]", root).forEach(listen);
    columns(root);
  }

  const heads = (root) => all("table.figures thead tr:last-child th[data-metric]", root);
  const rows = (root) => all("table.figures tbody tr", root);

  /** What a choice takes back. */
  const INSTEAD = { axis: { columns: "" }, than: { tag: "" }, tag: { than: "" } };

  function listen(field) {
    const change = () => State.set({ [field.dataset.set]: field.value, ...INSTEAD[field.dataset.set] });
    field.addEventListener(field.type === "search" ? "input" : "change", field.type === "search" ? settled(change) : change);
  }

  /** A click sorts the best first, another the worst first, and a third as it was. */
  function sortable(head) {
    const metric = one(".metric", head);
    const button = h("button", { type: "button", class: "sort", on: { click: () => sort(head.dataset.metric) } });
    metric.replaceWith(button);
    button.append(metric);
  }

  function sort(metric) {
    const [by, way] = [State.get("sort"), State.get("way")];
    if (by !== metric) State.set({ sort: metric, way: "" });
    else State.set(way ? { sort: "", way: "" } : { way: "worst" });
  }

  /** A box to tick for each column, by axis. */
  function columns(root) {
    const field = one("[data-columns]", root);
    const axes = Map.groupBy(heads(root), (head) => head.dataset.axis);
    for (const [axis, members] of axes) {
      const boxes = members.map((head) => {
        const box = h("input", { type: "checkbox", value: head.dataset.metric, on: { change: () => choose(root) } });
        return h("label", {}, box, ` ${one(".metric", head).textContent}`);
      });
      field.append(h("fieldset", {}, h("legend", {}, axis), boxes));
    }
  }

  function choose(root) {
    const chosen = all("[data-columns] input:checked", root).map((box) => encodeURIComponent(box.value));
    State.set({ columns: chosen.join(",") || "," });
  }

  function shown(head) {
    const [chosen, axis] = [State.get("columns"), State.get("axis")];
    if (chosen) return chosen.split(",").includes(encodeURIComponent(head.dataset.metric));
    if (axis === "*") return true;
    return axis ? head.dataset.axis === axis : head.dataset.first !== undefined;
  }

  /** Make the table show what the state says. */
  function render(root, about) {
    claims(root);
    const table = one("table.figures", root);
    if (!table) return;
    const of = heads(root);
    const seen = of.map(shown);
    of.forEach((head, place) => (head.hidden = !seen[place]));
    heading(table, seen);
    for (const row of rows(root)) {
      [...row.cells].slice(1).forEach((cell, place) => (cell.hidden = !seen[place]));
      row.hidden = !row.dataset.system.toLowerCase().includes(State.get("named").toLowerCase());
    }
    fields(root, seen);
    fill(root, about);
    arrange(root, table);
  }

  /** The claims with the verdict that is asked for. */
  function claims(root) {
    const ruled = State.get("ruled");
    all(".topic", root).forEach((topic) => {
      const rows = all("[data-ruled]", topic);
      rows.forEach((row) => (row.hidden = Boolean(ruled) && row.dataset.ruled !== ruled));
      topic.hidden = rows.every((row) => row.hidden);
    });
  }

  /** The row of axes: each as wide as its columns that are shown. */
  function heading(table, seen) {
    let place = 0;
    for (const axis of all("tr.axes th", table)) {
      const width = Number((axis.dataset.width ??= axis.colSpan));
      const count = seen.slice(place, place + width).filter(Boolean).length;
      axis.hidden = !count;
      axis.colSpan = Math.max(1, count);
      place += width;
    }
  }

  function fields(root, seen) {
    for (const field of all("[data-set]", root)) {
      if (document.activeElement !== field) field.value = State.get(field.dataset.set);
    }
    all("[data-columns] input", root).forEach((box, place) => (box.checked = seen[place]));
  }

  function arrange(root, table) {
    const [by, worst] = [State.get("sort"), State.get("way") === "worst"];
    const of = heads(root);
    const head = of.find((each) => each.dataset.metric === by);
    of.forEach((each) => (each === head ? each.setAttribute("aria-sort", order(each, worst)) : each.removeAttribute("aria-sort")));
    const place = head ? of.indexOf(head) + 1 : 0;
    const sign = head && (head.dataset.better === "higher") !== worst ? -1 : 1;
    const value = (row) => (head ? sign * number(row.cells[place]) : rowNumber(row));
    // What has no value is last, whichever way; equal ones stay in the order of the table of systems.
    const sorted = rows(root).sort((a, b) => last(value(a)) - last(value(b)) || value(a) - value(b) || rowNumber(a) - rowNumber(b));
    table.tBodies[0].append(...sorted);
  }

  const order = (head, worst) => ((head.dataset.better === "higher") !== worst ? "descending" : "ascending");
  const last = (value) => (Number.isNaN(value) ? 1 : 0);
  const rowNumber = (row) => Number((row.dataset.place ??= [...row.parentNode.children].indexOf(row)));
  const original = (cell) => Number(drawn.get(cell)?.find((node) => node.nodeName === "DATA")?.value ?? NaN);
  /** What a cell shows now; a system's difference from itself is none. */
  const number = (cell) => (cell.classList.contains("itself") ? 0 : Number(one("data", cell)?.value ?? NaN));

  /** The cells as they were drawn, or as differences, or for one kind of question. */
  function fill(root, about) {
    const [tag, of] = [State.get("tag"), heads(root)];
    const mode = key(State.get("than"), tag);
    if (mode === (root.dataset.mode ?? key("", ""))) return; // they show that already
    root.dataset.mode = mode;
    const told = new Map(about.tagged.filter((row) => row[0] === tag).map((row) => [key(row[2], row[1]), row]));
    const than = rows(root).find((row) => row.dataset.system === State.get("than"));
    legend(root, Boolean(than), Boolean(told.size));
    const against = than && pairs(about, than.dataset.system);
    for (const row of rows(root)) {
      of.forEach((head, place) => {
        const cell = row.cells[place + 1];
        const name = key(head.dataset.metric, row.dataset.system);
        restore(cell);
        if (told.size) tagged(cell, told.get(name), head);
        else if (than) apart(cell, than.cells[place + 1], against.get(name), head, row === than);
      });
    }
  }

  /** What marks mean depends on what the cells show. */
  function legend(root, apart, told) {
    one("[data-apart]", root).hidden = !apart;
    all(".legend .key.best, .legend .key.tied, .legend [data-ranks]", root).forEach((mark) => (mark.closest("li").hidden = apart || told));
  }

  const key = (...names) => JSON.stringify(names);

  /** Every other system against one: differences turned round where the pair is the other way about. */
  function pairs(about, than) {
    const found = new Map();
    for (const [metric, system, other, value, low, high] of about.pairs) {
      if (other === than) found.set(key(metric, system), { value, low, high });
      if (system === than) found.set(key(metric, other), { value: -value, low: -high, high: -low });
    }
    return found;
  }

  function restore(cell) {
    if (cell.firstChild === drawn.get(cell)[0] && cell.childNodes.length === drawn.get(cell).length) return;
    cell.replaceChildren(...drawn.get(cell));
    cell.classList.remove("other", "itself", "up", "down");
  }

  function tagged(cell, row, head) {
    cell.classList.add("other");
    if (!row) return cell.replaceChildren(h("small", {}, "no breakdown"));
    const [, , , value, low, high, n, few] = row;
    const unit = head.dataset.unit;
    cell.replaceChildren(h("data", { value }, Figures.figure(value, unit)), h("small", {}, ends(low, high, unit)), h("small", {}, `n ${n}${few}`));
  }

  function apart(cell, other, pair, head, itself) {
    cell.classList.add("other");
    const [mine, theirs] = [original(cell), original(other)];
    if (Number.isNaN(mine - theirs)) return cell.replaceChildren(h("small", {}, "not comparable"));
    if (itself) return cell.classList.add("itself"), cell.replaceChildren(h("small", {}, "reference"));
    const unit = head.dataset.unit === "share" ? "difference" : head.dataset.unit;
    const value = pair ? pair.value : mine - theirs;
    const significant = pair && (pair.low > 0 || pair.high < 0);
    if (significant && one(".way", head)) cell.classList.add((value > 0) === (head.dataset.better === "higher") ? "up" : "down");
    const said = pair ? `${ends(pair.low, pair.high, unit)}${significant ? "" : ", n.s."}` : "no interval (one reading each)";
    cell.replaceChildren(h("data", { value }, Figures.signed(value, unit)), h("small", {}, said));
  }

  const ends = (low, high, unit) => `${Figures.figure(low, unit)} to ${Figures.figure(high, unit)}`;

  /** What a cell says of its system and metric, whatever it is turned into at present. */
  const content = (cell) => drawn.get(cell).map((node) => node.cloneNode(true));

  return { start, render, content };
})();
