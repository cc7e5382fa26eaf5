/* What Sphinx's search shows below each page that it found: the words around those that were searched for. */
// A page that was opened as a file may not read others.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

/** The text of a page, or of the place in it that was found. Sphinx's own gives "" for an empty anchor, and then fails. */
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const article = page.querySelector("article");
  for (const other of article.querySelectorAll(".headerlink, script, style")) other.remove();
  let place = anchor && page.getElementById(anchor.slice(1));
  // What a label names is around its empty mark.
  while (place && !place.textContent.trim()) place = place.parentElement;
  return (place || article).textContent;
};
