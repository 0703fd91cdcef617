// What every page gains where scripts run. Nothing here is needed to use it.

// Errors and fresh results take the focus, so that they are read first; only after loading, since the browser's own jump
// to the exercise in the address would take it away again.
addEventListener("load", () => document.querySelector("[data-focus]")?.focus());

// On a phone a table shows each row as a block. Cells then carry the heading of their column, and say what they are,
// since some browsers forget that a table is one when it is laid out in another way.
for (const table of document.querySelectorAll(".table-box table, .prose table")) {
  const headings = [...table.tHead.rows[0].cells].map((cell) =>
    cell.querySelector(".unseen") ? "" : cell.textContent.trim(),
  );
  table.setAttribute("role", "table");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    for (const cell of row.cells) {
      const isHeading = cell.tagName === "TH";
      const isColumn = cell.scope === "col" || row.parentElement === table.tHead;
      cell.setAttribute("role", !isHeading ? "cell" : isColumn ? "columnheader" : "rowheader");
      if (!isHeading) {
        cell.dataset.heading = headings[cell.cellIndex];
      }
    }
  }
}

// The language switch and the new window keep the place inside the page too.
for (const form of document.querySelectorAll(".languages, form.new-window")) {
  form.addEventListener("submit", () => {
    const next = form.elements.namedItem("next");
    next.value = next.value.split("#")[0] + location.hash;
  });
}

// One browser, two people: the cookie is of whoever came last. A page that was made for someone else says so, since its
// links lead to pages of that person now. Where the page itself holds the session it stays its own.
const person = document.body.dataset.person;
if (person && !document.getElementById("held") && "BroadcastChannel" in window) {
  const channel = new BroadcastChannel("person");
  channel.addEventListener("message", ({ data }) => {
    document.getElementById("other-person").hidden = data === person;
  });
  channel.postMessage(person);
}
