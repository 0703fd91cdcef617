// Sends a form beside the page, for scripts that do so quietly.

const held = document.getElementById("held");

// Where the browser keeps no cookie the page holds the session, and requests go through its form (held.js).
export function post(path, body, keepalive) {
  let address = path;
  if (held) {
    address = held.getAttribute("action");
    body.set("held_session", held.elements.held_session.value);
    body.set("held_path", path);
    body.set("held_method", "POST");
  }
  return fetch(address, { method: "POST", body, keepalive, credentials: "same-origin" });
}
