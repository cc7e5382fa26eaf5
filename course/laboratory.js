// Starts a laboratory when it is asked for: by its button, by its fold, or by an address that holds a setting. The first one
// loads what it is made of, from the book itself.
{
  const pages = document.documentElement.dataset.content_root, folder = `${pages}laboratory/`;
  const add = (tag, attributes) => new Promise((done, failed) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.onload = done;
    made.onerror = failed;
    document.head.append(made);
  });
  let loaded;
  const open = async (place, options) => {
    const before = [...place.childNodes];
    place.textContent = "Loading …";
    try {
      loaded ??= Promise.all([add("link", {rel: "stylesheet", href: `${folder}laboratory.css`}), add("script", {src: `${folder}laboratory.js`})])
        .then(() => Laboratory.start(folder));
      await loaded;
    } catch (error) {
      console.error(error);
      place.replaceChildren("The laboratory could not be loaded. ", ...before);
      throw error;
    }
    const laboratory = Laboratory.open(place, {pages, ...options});
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) laboratory.toggle();
    return laboratory;
  };

  for (const fold of document.querySelectorAll("details.laboratory-fold")) {
    const {example, knobs} = fold.dataset;
    let laboratory;
    fold.addEventListener("toggle", async () => {
      if (fold.open) laboratory ??= open(fold.querySelector(".laboratory"), {address: `try-${example}`, knobs: knobs.split(" "), small: true});
      else (await laboratory)?.pause();
    });
  }

  const place = document.querySelector(".laboratory-page");
  let last;
  const whole = async () => {
    (await last)?.pause();
    last = open(place, {address: location.hash.slice(1), follow: true});
    place.scrollIntoView();
    await last;
    place.querySelector("button, select").focus({preventScroll: true});
  };
  const asked = () => place && /^#try-|data\.kind=/.test(location.hash) && whole();
  place?.querySelector("button").addEventListener("click", whole);
  addEventListener("hashchange", asked);
  asked();
}
