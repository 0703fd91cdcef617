// Keeps what is typed into a form until it is sent: no network, no loss. On the device, and the tool gets nothing of it
// before; where the browser keeps nothing, in the tool. It is forgotten when it was taken, or after a day: somebody else
// may use the device next.

import { openKeeping } from "./keeping.js";
import { Leaving } from "./leaving.js";

const page = document.getElementById("unsent").dataset;
const keeping = await openKeeping(page.keeping);
const RETRY = 10000;

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
    const fail = () => this.say(page.offline, keeping.isTool ? "not_saved" : "on_device");
    const leaving = new Leaving(form, { fail, prepare: () => this.prepare() });
    addEventListener("pagehide", () => this.isChanged && !leaving.isOn && this.store(true));
    const early = [...form.elements].filter(wasTypedBefore);
    early.forEach((field) => this.note(field));
    this.restore().then(() => early.length && this.store());
  }

  keep(field) {
    this.note(field);
    this.isChanged = true;
    clearTimeout(this.timer);
    if (keeping.pause) {
      this.timer = setTimeout(() => this.store(), keeping.pause);
    } else {
      this.store();
    }
  }

  note(field) {
    if (field.type === "checkbox") {
      this.typed[`${field.name}=${field.value}`] = field.checked;
    } else {
      this.typed[field.name] = field.value;
    }
  }

  get content() {
    return { key: this.key, typed: this.typed };
  }

  // Tells whether nothing would be lost if the page were left now.
  async store(isLeaving = false) {
    clearTimeout(this.timer);
    this.isChanged = false;
    const { isKept, status, words } = await keeping.keep(this.place, this.content, isLeaving);
    const known = { 401: page.ended, 409: page.outdated, 413: page.refused, 422: page.refused };
    if (isKept) {
      words && this.say(words, "saved");
    } else {
      this.isChanged = true;
      this.say(known[status] ?? page.nowhere, "not_saved");
      known[status] || (this.timer = setTimeout(() => this.store(), RETRY));
    }
    return isKept || status === 413 || status === 422; // the tool says of what is too long, and shows it again
  }

  async prepare() {
    const isKept = !keeping.isTool || (await this.store());
    if (isKept) {
      this.add("unsent_key", this.key);
      keeping.isTool && this.add("unsent_in", "tool");
    }
    return isKept;
  }

  add(name, value) {
    if (!this.form.elements.namedItem(name)) {
      this.form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
  }

  say(text, kind) {
    this.state.textContent = text;
    this.state.className = `save-state is-${kind}`;
  }

  async restore() {
    const kept = await keeping.find(this.place);
    if (!kept?.typed) {
      return;
    }
    [this.key, this.typed] = [kept.key, { ...kept.typed, ...this.typed }];
    if ([...this.form.elements].filter((field) => this.fill(field)).length) {
      this.form.closest("details")?.setAttribute("open", "");
      keeping.isTool ? this.say(page.restoredHere, "saved") : this.say(page.restored, "on_device");
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
  get content() {
    const { own, version } = this.form.elements;
    return { key: this.key, tried: { own: own.value, version: version.value } };
  }

  async restore() {
    for (const forgetting of document.querySelectorAll("[data-forgets='tried']")) {
      forgetting.addEventListener("click", () => this.forget());
    }
    const { own, version } = this.form.elements;
    if (!this.form.hidden) {
      await this.store();
      return;
    }
    const kept = await keeping.find(this.place);
    if (kept?.tried?.own === own.value) {
      this.forget(); // it is what is asked now
    } else if (kept?.tried) {
      [own.value, version.value] = [kept.tried.own, kept.tried.version];
      this.form.hidden = false;
    }
  }

  forget() {
    keeping.forget(this.place);
    this.form.hidden = true;
  }
}

await keeping.forgetSent(page.sent.split(" "));
for (const form of document.querySelectorAll("form[data-keep]")) {
  form.dataset.keep === "tried" ? new TriedForm(form) : new UnsentForm(form);
}
