// One person after the other: Alt and Page Down or Page Up follow the links "Next person" and "Previous person".
// With Alt, since screen readers and browsers use the bare keys, letters and arrows for themselves.

const WAYS = { PageDown: "next", PageUp: "prev" };

addEventListener("keydown", (event) => {
  const isOurs = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.defaultPrevented;
  const link = isOurs && WAYS[event.key] && document.querySelector(`.neighbours a[rel="${WAYS[event.key]}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
});
