// Which view is shown, and what happens where the page is clicked.

const Views = { answers: Answers, question: Question, system: System };

/** Show what the address says. */
async function show() {
  const [name, where] = [State.get("view", "board"), section()];
  document.documentElement.classList.toggle("board", name === "board");
  all(".section").forEach((each) => (each.hidden = name !== "board" || each.dataset.section !== where?.id));
  all(".view").forEach((each) => (each.hidden = each.dataset.view !== name));
  all("#views a").forEach((link) => current(link, name));
  if (one("#where")) one("#where").value = where.id;
  const root = where && one(`.section[data-section="${CSS.escape(where.id)}"]`);
  if (name === "board" && root) [Figure, Panel].forEach((part) => part.render(root, where));
  const view = one(`.view[data-view="${CSS.escape(name)}"]`);
  try {
    if (view) await Views[name]?.render(view);
  } catch (error) {
    view.replaceChildren(h("h2", {}, "This cannot be shown"), h("p", { class: "warn" }, error.message));
  }
  performance.mark("shown");
}

function current(link, name) {
  const mine = link.dataset.view === name || (link.dataset.view === "answers" && ["question", "system"].includes(name));
  if (mine) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
  link.href = link.dataset.view === "board" ? State.view("") : State.view(link.dataset.view);
}

/** Links that depend on the state get their address when they are followed, so that they can be opened elsewhere, too. */
function follow(event) {
  const link = event.target.closest?.("a");
  if (!link) return;
  if (link.dataset.toSystem !== undefined) link.href = State.view("system", { system: link.dataset.toSystem });
  if (link.dataset.at) {
    event.preventDefault();
    if (event.type !== "click") return;
    one(`.section:not([hidden]) [data-part="${link.dataset.at}"]`)?.scrollIntoView();
  }
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent;
  await navigator.clipboard?.writeText(text).then(() => tell("Copied"), () => getSelection().selectAllChildren(document.getElementById(button.dataset.copy)));
  button.textContent = "Copied";
}

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
  let last = State.get("view");
  addEventListener("hashchange", async () => {
    await show();
    if (State.get("view") !== last) {
      last = State.get("view");
      scrollTo(0, 0);
      one("#main").focus({ preventScroll: true });
    }
  });
  show();
}

start();
