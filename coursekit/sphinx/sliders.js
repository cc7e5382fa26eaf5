// Draws a figure with a slider when its fold is opened for the first time. The first one loads Vega, from the book itself.
{
  const folder = `${document.documentElement.dataset.content_root}vega/`;
  const load = (name) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${folder}${name}.min.js`;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  let loaded;
  const draw = async (fold) => {
    const figure = fold.querySelector(".slider-figure");
    try {
      loaded ??= load("vega").then(() => load("vega-lite")).then(() => load("vega-embed"));
      await loaded;
      const specification = JSON.parse(fold.querySelector("script").textContent);
      const bind = fold.querySelector(".slider-control");
      await vegaEmbed(figure, specification, {mode: "vega-lite", renderer: "svg", actions: false, bind});
    } catch (error) {
      figure.textContent = "This figure could not be drawn. The picture above shows a part of it.";
      console.error(error);
    }
  };
  for (const fold of document.querySelectorAll("details.slider")) {
    fold.addEventListener("toggle", () => draw(fold), {once: true});
  }
}
