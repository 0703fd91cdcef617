// Keeps what is typed into an exercise: at once on the device, a moment later in the tool (docs/decisions/0007). What the
// tool has, the device forgets: somebody else may use it next.

import { onDevice } from "./device.js";
import { Leaving } from "./leaving.js";
import { post } from "./quietly.js";

const words = document.getElementById("saving").dataset;
const [PAUSE, RETRY] = [1000, 10000];

class Draft {
  constructor(form) {
    this.form = form;
    this.fields = form.elements;
    this.state = form.querySelector(".save-state");
    this.place = `${this.fields.as.value} ${form.dataset.draft}`;
    // A form that came back, refused or previewed, goes on counting: the tool drops what looks older than what it has.
    const [key, number] = this.fields.draft.value.split(".");
    this.began = key === this.fields.submission_key.value ? Number.parseInt(number, 10) : 0;
    this.number = this.savedNumber = this.began;
    form.addEventListener("input", () => this.change());
    this.leaving = new Leaving(form, { fail: () => this.say(words.unsent, this.isOnDevice ? "on_device" : "not_saved") });
    addEventListener("online", () => this.save());
    addEventListener("pagehide", () => this.leaving.isOn || this.save(true));
    this.restore();
  }

  async change() {
    this.number += 1;
    const kept = { number: this.number, content: this.typed() };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
    this.isOnDevice = (await onDevice((drafts) => drafts.put(kept, this.place))) !== false;
  }

  // Files go with the form alone: they are no words, and nobody else who uses the device should find them.
  typed() {
    return [...new FormData(this.form)].filter(([, value]) => typeof value === "string");
  }

  async save(isLeaving = false) {
    clearTimeout(this.timer);
    const number = this.number;
    if (number === this.savedNumber || (this.isSaving && !isLeaving)) {
      return;
    }
    this.isSaving = true;
    const body = new URLSearchParams(this.typed());
    body.set("draft_number", number);
    const answer = await post(this.form.dataset.draft, body, isLeaving).catch(() => null);
    this.isSaving = false;
    if (answer?.ok) {
      this.savedNumber = Math.max(number, this.savedNumber);
      this.say((await answer.json()).words, "saved");
      if (number === this.number) {
        await onDevice((drafts) => drafts.delete(this.place));
      } else {
        this.save();
      }
    } else {
      this.fail(answer?.status ?? 0);
    }
  }

  fail(status) {
    const known = { 401: words.ended, 409: words.outdated, 413: words.refused, 422: words.refused };
    if (known[status] || !this.isOnDevice) {
      this.say(known[status] ?? words.nowhere, "not_saved");
    } else {
      this.say(words.device, "on_device");
    }
    if (status === 401 && words.back) {
      const link = document.createElement("a");
      link.href = words.back;
      link.target = "_top";
      link.textContent = words.backWords;
      this.state.append(" ", link);
    } else if (!known[status]) {
      this.timer = setTimeout(() => this.save(), RETRY);
    }
  }

  // The same words again would be read out again.
  say(text, kind) {
    if (this.state.textContent !== text) {
      this.state.textContent = text;
      this.state.className = `save-state is-${kind}`;
    }
  }

  // Brings back what the tool does not have yet, because the network or the session had ended.
  async restore() {
    const kept = await onDevice((drafts) => drafts.get(this.place));
    if (!kept?.content || this.number > this.began) {
      return;
    }
    const content = new Map(kept.content);
    const [key, seen, shown] = [content.get("submission_key"), content.get("draft"), this.fields.draft.value];
    const isShown = shown.split(".")[0] === key;
    if (key === this.form.dataset.sent || (isShown && kept.number <= shown.split(".")[1])) {
      await onDevice((drafts) => drafts.delete(this.place));
      return;
    }
    const hasOther = shown && !isShown && shown !== seen;
    // The old page may have reached the tool in its last moment, so this one goes on from both.
    this.fields.draft.value = `${seen} ${isShown ? shown : `${key}.${kept.number}`}`.trim();
    this.fill(content);
    await this.change();
    await this.save();
    if (hasOther && this.savedNumber) {
      location.reload(); // the tool has both versions now, and shows them
    }
  }

  fill(content) {
    for (const field of this.fields) {
      field.disabled = false; // a closed exercise shows what was typed too
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = content.get(field.name) === field.value;
      } else if (field.type !== "hidden" && content.has(field.name)) {
        field.value = content.get(field.name);
      }
    }
    this.form.dispatchEvent(new Event("restored"));
  }
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  new Draft(form);
}
