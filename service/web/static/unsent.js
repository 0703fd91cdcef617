// Keeps what is typed into a form on the device until it is sent: no network, no loss. The tool gets nothing of it before;
// the device forgets it when it was taken, or after a day: somebody else may use it next.

import { onDevice } from "./device.js";

const page = document.getElementById("unsent").dataset;
const [DAY, NOW] = [24 * 60 * 60 * 1000, Date.now()];
const sent = page.sent.split(" ");

// Typed before this script was there: by someone fast, or by a browser that gives back what was in a page.
function wasTypedBefore(field) {
  const isText = field.type === "textarea" || (field.localName === "input" && !["hidden", "file", "submit"].includes(field.type));
  return isText && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

class UnsentForm {
  key = crypto.randomUUID();
  typed = {};

  constructor(form) {
    this.form = form;
    const act = form.querySelector("input[type=hidden][name=act]"); // where several forms of a page go to one address
    const place = form.dataset.place ?? act?.value ?? "";
    this.place = `${form.elements.as.value} ${form.getAttribute("action")} ${place}`.trim();
    this.state = document.createElement("p");
    this.state.setAttribute("role", "status");
    form.append(this.state);
    form.addEventListener("input", ({ target }) => this.keep(target));
    form.addEventListener("submit", (event) => this.send(event));
    const early = [...form.elements].filter(wasTypedBefore);
    early.forEach((field) => this.note(field));
    this.restore().then(() => early.length && this.store());
  }

  keep(field) {
    this.note(field);
    this.store();
  }

  note(field) {
    if (field.type === "checkbox") {
      this.typed[`${field.name}=${field.value}`] = field.checked;
    } else {
      this.typed[field.name] = field.value;
    }
  }

  async store() {
    const { place, key, typed } = this;
    await onDevice((drafts) => drafts.put({ place, key, typed, until: NOW + DAY }, place));
  }

  send(event) {
    if (navigator.onLine) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: "unsent_key", value: this.key });
      this.form.append(input);
    } else {
      event.preventDefault();
      this.say(page.offline, "on_device");
    }
  }

  say(text, kind) {
    this.state.textContent = text;
    this.state.className = `save-state is-${kind}`;
  }

  async restore() {
    const kept = await onDevice((drafts) => drafts.get(this.place));
    if (!kept?.typed) {
      return;
    }
    [this.key, this.typed] = [kept.key, { ...kept.typed, ...this.typed }];
    if ([...this.form.elements].filter((field) => this.fill(field)).length) {
      this.form.closest("details")?.setAttribute("open", "");
      this.say(page.restored, "on_device");
    }
  }

  // Only what was typed: the rest of the form may have been changed by someone else meanwhile. Tells whether it was news.
  fill(field) {
    const isTick = field.type === "checkbox";
    const typed = this.typed[isTick ? `${field.name}=${field.value}` : field.name];
    if (typed === undefined || field.type === "hidden" || field.type === "submit") {
      return false;
    }
    const before = [field.checked, field.value].join();
    if (isTick || field.type === "radio") {
      field.checked = isTick ? typed : field.value === typed;
    } else {
      field.value = typed;
    }
    return before !== [field.checked, field.value].join();
  }
}

// What is tried out stands in the page alone until it is saved: a hidden form of the page without it brings it back.
class TriedForm extends UnsentForm {
  async restore() {
    for (const forgetting of document.querySelectorAll("[data-forgets='tried']")) {
      forgetting.addEventListener("click", () => this.forget());
    }
    const { own, version } = this.form.elements;
    if (!this.form.hidden) {
      const tried = { own: own.value, version: version.value };
      await onDevice((drafts) => drafts.put({ place: this.place, key: this.key, tried, until: NOW + DAY }, this.place));
      return;
    }
    const kept = await onDevice((drafts) => drafts.get(this.place));
    if (kept?.tried?.own === own.value) {
      this.forget(); // it is what is asked now
    } else if (kept?.tried) {
      [own.value, version.value] = [kept.tried.own, kept.tried.version];
      this.form.hidden = false;
    }
  }

  forget() {
    onDevice((drafts) => drafts.delete(this.place));
    this.form.hidden = true;
  }
}

for (const { place, key, until } of (await onDevice((drafts) => drafts.getAll())) || []) {
  if (sent.includes(key) || until < NOW) {
    await onDevice((drafts) => drafts.delete(place));
  }
}
for (const form of document.querySelectorAll("form[data-keep]")) {
  form.dataset.keep === "tried" ? new TriedForm(form) : new UnsentForm(form);
}
