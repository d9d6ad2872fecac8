// What is behind the figures, loaded when somebody asks for it: from the page itself, or from the files beside it.

const Sections = data("about");

/** The section that the state names; the first where it names none. */
const section = () => Sections.find((each) => each.id === State.get("in")) ?? Sections[0];

const Parts = (() => {
  const policy = globalThis.trustedTypes?.createPolicy("proctor", { createScriptURL: (path) => path });
  const loaded = new Map();
  const waiting = new Map();

  // The files beside the page call this with what they hold. A script can be loaded from a disk, where data cannot.
  globalThis.proctorPart = (path, content) => waiting.get(path)?.(content);

  function load(path) {
    return new Promise((resolve, reject) => {
      waiting.set(path, resolve);
      const script = document.createElement("script");
      script.src = policy ? policy.createScriptURL(path) : path;
      script.onerror = () => reject(new Error(`${path} is not there: publish the run again, and keep the folder answers beside the page`));
      document.head.append(script);
    });
  }

  /** Whether anything was kept behind the figures of a section. */
  const any = (where) => (where.inside ? where.parts.length : Object.keys(where.parts).length) > 0;

  /** A part of a section, by name: a promise. */
  function part(where, name) {
    const key = `${where.id}--${name}`;
    if (!loaded.has(key)) loaded.set(key, where.inside ? Promise.resolve(data(key)) : load(where.parts[name]));
    loaded.get(key).catch(() => loaded.delete(key)); // it may be there the next time
    return loaded.get(key);
  }

  return { any, part };
})();
