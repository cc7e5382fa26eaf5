// Starts a playground: the whole one with its page, one in a chapter when its fold is opened. The first one loads what it is
// made of, from the book itself.
{
  const pages = document.documentElement.dataset.content_root, folder = `${pages}playground/`;
  const add = (tag, attributes) => new Promise((done, failed) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.onload = done;
    made.onerror = () => {
      made.remove();
      failed(new Error(`${made.src ?? made.href} could not be loaded`));
    };
    document.head.append(made);
  });
  let loaded;
  const script = () => add("script", {src: `${folder}playground.js`});
  const load = () => Promise.all([add("link", {rel: "stylesheet", href: `${folder}playground.css`}), script()]);
  // Gives nothing where loading fails, or what was loaded does not run; it is tried anew when asked for again.
  const open = async (place, options) => {
    const before = [...place.children];
    place.textContent = "Loading …";
    try {
      await (loaded ??= load());
      return Playground.open(place, {pages, ...options});
    } catch (error) {
      console.error(error);
      loaded = undefined;
      place.replaceChildren("The playground could not be loaded. ", ...before);
      return undefined;
    }
  };

  // Two networks on a page train by themselves only where motion is welcome, and once the page was painted; else when asked to.
  for (const place of document.querySelectorAll(".playground-versus")) {
    let asked;
    // Between reading the script and the first weights the page answers.
    const train = async () => {
      try {
        await script();
        await new Promise((then) => setTimeout(then));
        place.versus = new Playground.Versus(place);
      } catch (error) {
        console.error(error);
        asked = undefined;
        place.querySelector("[role=status]").textContent = "The networks could not be loaded.";
      }
    };
    const begin = () => asked ??= train();
    place.querySelector("button").addEventListener("click", begin);
    place.querySelector("input").addEventListener("input", begin);
    const soon = () => setTimeout(begin, 400);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) continue;
    if (document.readyState === "complete") soon();
    else addEventListener("load", soon);
  }

  for (const fold of document.querySelectorAll("details.playground-fold")) {
    const {example, knobs} = fold.dataset;
    let playground;
    fold.addEventListener("toggle", async () => {
      if (!fold.open) return (await playground)?.pause();
      playground ??= open(fold.querySelector(".playground"), {address: `try-${example}`, knobs: knobs.split(" "), small: true});
      playground = await playground;
    });
  }

  const place = document.querySelector(".playground-page");
  if (place) {
    // Without scripts these places show what was recorded. With them, they would draw the browser away from what trains.
    for (const mark of document.querySelectorAll("[id^=try-]")) mark.removeAttribute("id");
    const complete = new Promise((done) => document.readyState === "complete" ? done() : addEventListener("load", done));
    // Any other hash is a place on the page.
    const asked = () => /^#try-|=/.test(location.hash);
    let whole;
    const go = async () => {
      if (whole && (await whole)) (await whole).go(location.hash.slice(1));
      else whole = open(place, {address: asked() ? location.hash.slice(1) : "", follow: true});
      if (!(await whole)) return (whole = undefined);
      if (!asked()) return;
      // At once, since the theme's slow scrolling can be drawn elsewhere; and again when the page no longer grows.
      for (const ready of [undefined, complete]) {
        await ready;
        place.scrollIntoView({behavior: "instant"});
      }
    };
    place.querySelector("button").addEventListener("click", go);
    addEventListener("hashchange", () => asked() && go());
    go();
  }
}
