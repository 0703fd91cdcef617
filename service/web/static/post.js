// The toolbar above the text of a post: puts the signs of Markdown around what is chosen. Without scripts they are typed.

for (const bar of document.querySelectorAll("[data-toolbar]")) {
  const area = document.getElementById(bar.dataset.toolbar);
  bar.hidden = false;
  bar.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) {
      put(area, button.dataset);
    }
  });
}

function put(area, { around, before, link }) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const chosen = value.slice(start, end);
  if (around) {
    replace(area, start, end, `${around}${chosen}${around}`, around.length, chosen.length);
  } else if (link) {
    replace(area, start, end, `[${chosen}](${link})`, chosen.length + 3, link.length);
  } else {
    const from = value.lastIndexOf("\n", start - 1) + 1;
    const lines = value.slice(from, end).split("\n");
    const marked = lines.map((line) => before + line).join("\n");
    replace(area, from, end, marked, marked.length, 0);
  }
}

// Goes through the browser's own editing, so that it can be undone, and drafts.js hears of it.
function replace(area, start, end, text, offset, length) {
  area.focus();
  area.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(start + offset, start + offset + length);
}
