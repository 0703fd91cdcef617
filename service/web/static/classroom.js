// In class: the keys of a clicker (page down and up) and the arrows in reading direction go from step to step.

const isMirrored = document.documentElement.dir === "rtl";
const WAYS = {
  PageDown: "next",
  PageUp: "prev",
  ArrowRight: isMirrored ? "prev" : "next",
  ArrowLeft: isMirrored ? "next" : "prev",
};

addEventListener("keydown", (event) => {
  const way = WAYS[event.key];
  const isBusy = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented;
  // A table or text that is scrolled sideways keeps its arrows.
  if (!way || isBusy || event.target.closest("input, select, textarea, summary, [role=region]")) {
    return;
  }
  const link = document.querySelector(`main a[rel="${way}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
});
