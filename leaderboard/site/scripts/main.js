// Which view is shown, and what happens where the page is clicked.

const Views = { answers: Answers, question: Question, retrieval: Retrieval, system: System, suite: Suite };
const { title } = document;
let turn = 0;

/** The view that the address names; the board where it names none that there is. */
const asked = () => all(".view").find((each) => each.dataset.view === State.get("view"))?.dataset.view ?? "board";

/** Show what the address says. */
async function show() {
  const [name, where, mine] = [asked(), section(), ++turn];
  document.documentElement.classList.toggle("board", name === "board");
  all(".section").forEach((each) => (each.hidden = name !== "board" || each.dataset.section !== where?.id));
  all(".view").forEach((each) => (each.hidden = each.dataset.view !== name));
  all("#views a").forEach((link) => current(link, name));
  if (one("#where")) one("#where").value = where.id;
  document.title = name === "board" ? title : `${name[0].toUpperCase()}${name.slice(1)} \u2013 ${title}`;
  const root = where && one(`.section[data-section="${CSS.escape(where.id)}"]`);
  if (name === "board" && root) [Figure, Panel].forEach((part) => part.render(root, where));
  if (Views[name] && where) await fill(one(`.view[data-view="${name}"]`), Views[name], () => mine === turn);
  performance.mark("shown");
}

/** A view with what it shows now, unless something else was asked for while that was loaded. */
async function fill(view, { render }, wanted) {
  const found = await Promise.resolve().then(render).catch((error) => [h("h2", {}, "This cannot be shown"), h("p", { class: "warn" }, error.message)]);
  if (!wanted()) return;
  const { dataset, selectionStart, selectionEnd } = document.activeElement;
  view.replaceChildren(...found.filter(Boolean));
  Bubble.take(view);
  const field = dataset.field && all("[data-field]", view).find((each) => each.dataset.field === dataset.field);
  field?.focus();
  if (field?.type === "search") field.setSelectionRange(selectionStart, selectionEnd);
}

function current(link, name) {
  const mine = link.dataset.view === name || (link.dataset.view === { question: "answers", system: "board", suite: "board" }[name]);
  if (mine) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
  link.href = link.dataset.view === "board" ? State.view("") : State.view(link.dataset.view);
}

/** Links that depend on the state get their address when they are followed, so that they can be opened elsewhere, too. */
function follow(event) {
  const link = event.target.closest?.("a");
  if (!link) return;
  if (link.dataset.toSystem !== undefined) link.href = State.view("system", { system: link.dataset.toSystem });
  if (link.dataset.toSuite !== undefined) link.href = State.view("suite");
  if (link.dataset.at) {
    event.preventDefault();
    if (event.type !== "click") return;
    const part = one(`.section:not([hidden]) [data-part="${link.dataset.at}"]`);
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    part.scrollIntoView();
  }
}

/** Copy a text; where the browser does not let a page do that, select it, so that one key does. */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const done = await Promise.resolve().then(() => navigator.clipboard.writeText(source.textContent)).then(() => true, () => false);
  if (!done) getSelection().selectAllChildren(source);
  button.textContent = done ? "Copied" : "Selected";
  tell(button.textContent);
}

/** What is looked at: where it changes by a link, reading starts at the top again. */
const place = () => ["view", "q", "system", "from"].map((name) => State.get(name)).join("\n");

function start() {
  document.documentElement.classList.add("scripted");
  all(".section").forEach((root) => [Figure, Panel].forEach((part) => part.start(root)));
  Bubble.take(document);
  Bubble.start();
  ["pointerdown", "focusin", "click"].forEach((event) => document.addEventListener(event, follow));
  one(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    one("#main").focus();
  });
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
  one("#where")?.addEventListener("change", (event) => (location.hash = State.link({ in: event.target.value })));
  let last = place();
  addEventListener("hashchange", async (event) => {
    const moved = event.isTrusted && place() !== last; // what a field changes leaves the reader at the field
    last = place();
    await show();
    if (!moved) return;
    scrollTo(0, 0);
    one("#main").focus({ preventScroll: true });
  });
  show();
}

start();
