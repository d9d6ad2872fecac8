// Which to take: a situation set by sliders, and what the measurements say to do in it.

const Panel = (() => {
  const steps = (...values) => values;
  const count = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  const share = (value) => `${count(100 * value)} %`;

  /** Name -> what it says, the values that its slider stops at, and how they read. An empty value: as the command has it. */
  const SITUATION = {
    updates: { label: "Updates of documents a month", stops: steps(0, 0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 20, 30, 60, 100, 300, 1000), said: count },
    changed: { label: "Knowledge that each changes", stops: steps("", 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1), said: share, none: "as the suite’s revisions" },
    queries: { label: "Questions a day", stops: steps(0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1000000, 3000000, 10000000), said: count },
    gpu_hour: { label: "Price of an hour of the machine", stops: steps(0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 100, 300, 1000), said: (value) => `$ ${count(value)}` },
  };
  const least = (label) => ({ label, stops: steps("", 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99), said: share, none: "no demand" });
  const most = (label) => ({ label, stops: steps(0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, ""), said: share, none: "no demand" });
  const DEMANDS = {
    min_accuracy: least("Right, at least"),
    min_style: least("In the house format, at least"),
    min_abstention: least("Declines what cannot be answered, at least"),
    max_latency: { label: "19 of 20 answers within", stops: steps(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, ""), said: (value) => Figures.figure(value, "seconds"), none: "no demand" },
    max_forgetting: most("General ability lost, at most"),
    max_extracted: most("Planted secrets given away, at most"),
  };

  /** The value of a name in the state, as a number; null where there is none. */
  const told = (name) => (State.get(name) === "" || !Number.isFinite(Number(State.get(name))) ? null : Number(State.get(name)));

  function slider(name, about, now) {
    const { label, stops, said, none } = about;
    const output = h("output", {}, now === null ? none : said(now));
    const nearest = now === null ? stops.indexOf("") : closest(stops, now);
    const field = h("input", { type: "range", min: 0, max: stops.length - 1, step: 1, value: nearest, "data-field": name, "aria-valuetext": output.textContent });
    field.addEventListener("input", () => {
      const value = stops[Number(field.value)];
      output.textContent = value === "" ? none : said(value);
      field.setAttribute("aria-valuetext", output.textContent);
      State.set({ [name]: value === "" ? "" : String(value) });
    });
    return h("label", { class: "slider" }, h("span", {}, label), output, field);
  }

  function closest(stops, value) {
    const distance = (stop) => (stop === "" ? Infinity : Math.abs(Math.log10(stop + 1e-4) - Math.log10(value + 1e-4)));
    return stops.reduce((best, stop, place) => (distance(stop) < distance(stops[best]) ? place : best), 0);
  }

  return { SITUATION, DEMANDS, told, slider };
})();
