// The browser keeps no cookie here, so the page holds the session: links and forms go out through one form, by POST.

const held = document.getElementById("held");

function send({ path, method, fields, target }) {
  const form = held.cloneNode(true);
  form.removeAttribute("id");
  form.target = target;
  form.rel = target === "_blank" ? "noopener" : "";
  form.setAttribute("action", held.getAttribute("action") + path.hash);
  for (const [name, value] of [["held_path", path.pathname + path.search], ["held_method", method], ...fields]) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || link.origin !== location.origin) {
    return;
  }
  if (link.getAttribute("href").startsWith("#") || link.hasAttribute("download")) {
    return;
  }
  event.preventDefault();
  const target = event.ctrlKey || event.metaKey || event.shiftKey ? "_blank" : link.target;
  send({ path: link, method: "GET", fields: [], target });
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const path = new URL(form.getAttribute("action") ?? "", location.href);
  if (event.defaultPrevented || path.origin !== location.origin) {
    return;
  }
  event.preventDefault();
  const fields = [...new FormData(form, event.submitter)];
  send({ path, method: form.getAttribute("method")?.toUpperCase() ?? "GET", fields, target: form.target });
});

if (held.dataset.fragment) {
  location.hash = held.dataset.fragment;
}
