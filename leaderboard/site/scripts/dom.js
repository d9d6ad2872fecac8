// What every script of the page uses: elements made of texts, and the state, which is what the address says after its #.

/** An element with attributes, listeners (under `on`) and children. Children that are texts stay texts, whatever is in them. */
function h(name, traits = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(traits)) {
    if (value === false || value === null || value === undefined) continue;
    if (key === "on") Object.entries(value).forEach(([event, act]) => node.addEventListener(event, act));
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An element of a drawing. */
function svg(name, traits, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(traits).forEach(([key, text]) => node.setAttribute(key, text));
  node.append(...children);
  return node;
}

/** The colours of systems in drawings, by their places. */
const INKS = ["blue", "orange", "green", "purple", "red", "brown"];

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
/** A name that leaves room for others. */
const short = (name) => (name.length <= 100 ? name : `${name.slice(0, 99)}\u2026`);
/** A name that may go on in another line after each of its dots. */
const breaking = (name) => name.split(".").flatMap((part, place) => (place ? [".", h("wbr"), part] : part));
/** What an object was given under a name, and not what every object has. */
const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);
const data = (id) => JSON.parse(document.getElementById(id).textContent);

/** The state of the page. What is not in it has its default, so that short addresses mean the usual. */
const State = (() => {
  const read = () => new URLSearchParams(location.hash.slice(1));
  const get = (name, otherwise = "") => read().get(name) ?? otherwise;

  /** The address of another state: this one with changes. An empty value takes a name out. */
  function link(changes, from = read()) {
    const next = new URLSearchParams(from);
    Object.entries(changes).forEach(([name, value]) => (value === "" || value === null ? next.delete(name) : next.set(name, value)));
    return `#${next}`;
  }

  /** A view of its own: of the present state it keeps only which section is looked at. */
  const view = (name, more = {}) => link({ view: name, ...more }, new URLSearchParams(get("in") ? { in: get("in") } : {}));

  /** Go to a state without leaving one more step to go back. */
  function set(changes) {
    history.replaceState(null, "", link(changes));
    window.dispatchEvent(new Event("hashchange"));
  }

  return { get, link, view, set };
})();

/** Wait until nothing came for a moment: a search field need not search for every letter. */
function settled(act, wait = 120) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}

/** What changed, for those who do not see it. */
const tell = (text) => {
  one("#told").textContent = text;
};

/** A field that shows a part of the state and changes it. */
function choice(label, name, options, otherwise = "") {
  const select = h("select", { on: { change: () => State.set({ [name]: select.value, from: "" }) } });
  options.forEach(([value, text]) => select.append(h("option", { value, selected: value === State.get(name, otherwise) }, short(text))));
  return h("label", {}, `${label} `, select);
}

/** Words that explain something, shown beside it while it is pointed at or has the focus. */
const Bubble = (() => {
  const bubble = () => one("#bubble");

  function show(event) {
    const about = event.target.closest?.("[data-tip]");
    if (!about) return hide();
    const box = bubble();
    box.textContent = about.dataset.tip;
    box.hidden = false;
    const place = about.getBoundingClientRect();
    const left = Math.min(Math.max(8, place.left), innerWidth - box.offsetWidth - 8);
    const below = place.bottom + 6 + box.offsetHeight < innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${below ? place.bottom + 6 : place.top - box.offsetHeight - 6}px`;
  }

  function hide() {
    bubble().hidden = true;
  }

  /** Titles become bubbles: a title alone is out of reach of the keyboard and of fingers. */
  function take(root) {
    for (const node of all("[title]", root)) {
      if (node.closest("svg")) continue;
      node.dataset.tip = node.title;
      node.removeAttribute("title");
      node.append(h("span", { class: "spoken" }, ` (${node.dataset.tip})`));
      if (node.matches("abbr:not(.way)")) node.tabIndex = 0;
    }
  }

  function start() {
    ["pointerover", "focusin"].forEach((event) => document.addEventListener(event, show));
    ["pointerleave", "focusout", "scroll"].forEach((event) => document.addEventListener(event, hide, true));
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }

  return { take, start };
})();
