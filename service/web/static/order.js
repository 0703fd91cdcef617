// Exercises of the type "order": moves items up and down by button, or to a chosen place, and says where they are now.
// Without scripts the lists of places do the same work.

const status = document.getElementById("status");

for (const list of document.querySelectorAll("[data-order]")) {
  for (const button of list.querySelectorAll("[data-move]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const item = button.closest("li");
      move(list, item, [...list.children].indexOf(item) + Number(button.dataset.move));
      button.focus();
    });
  }
  list.addEventListener("change", (event) => {
    const item = event.target.closest("li");
    move(list, item, event.target.selectedIndex);
    event.target.focus();
  });
  // A page that came back with an error holds the places as they were chosen; so does a draft (drafts.js).
  list.closest("form").addEventListener("restored", () => arrange(list));
  arrange(list);
}

function arrange(list) {
  list.append(...[...list.children].sort((a, b) => placeOf(a) - placeOf(b)));
  number(list);
}

function placeOf(item) {
  return item.querySelector("select").selectedIndex;
}

function move(list, item, place) {
  const others = [...list.children].filter((other) => other !== item);
  const index = Math.max(0, Math.min(place, others.length));
  list.insertBefore(item, others[index] ?? null);
  number(list);
  list.dispatchEvent(new Event("input", { bubbles: true }));
  const words = { item: item.querySelector("label").textContent, place: index + 1, count: list.children.length };
  status.textContent = list.dataset.order.replace(/{(\w+)}/g, (_, name) => words[name]);
}

// Writes the place of each item into its list; the first cannot go up, nor the last down.
function number(list) {
  [...list.children].forEach((item, index) => {
    item.querySelector("select").selectedIndex = index;
    const [up, down] = item.querySelectorAll("[data-move]");
    up.setAttribute("aria-disabled", index === 0);
    down.setAttribute("aria-disabled", index === list.children.length - 1);
  });
}
