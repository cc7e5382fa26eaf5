// A link to a claim opens its line. Without scripts it leads to the line, which opens by hand.
{
  const open = () => {
    const line = document.getElementById(location.hash.slice(1));
    if (line?.matches(".claim-line")) line.open = true;
  };
  addEventListener("hashchange", open);
  open();
}
