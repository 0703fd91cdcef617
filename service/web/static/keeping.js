// Where forms that are not sent yet are kept: on the device; in the tool where the browser keeps nothing, as it may in a
// frame of another site. What a form says of itself is { key, typed } or { key, tried }.

import { keepsForms, onDevice } from "./device.js";
import { post } from "./quietly.js";

const [DAY, NOW] = [24 * 60 * 60 * 1000, Date.now()];

class OnDevice {
  pause = 0;

  async keep(place, form) {
    await onDevice((drafts) => drafts.put({ place, ...form, until: NOW + DAY }, place));
    return { isKept: true };
  }

  find(place) {
    return onDevice((drafts) => drafts.get(place));
  }

  forget(place) {
    return onDevice((drafts) => drafts.delete(place));
  }

  async forgetSent(keys) {
    for (const { place, key, until } of (await onDevice((drafts) => drafts.getAll())) || []) {
      if (keys.includes(key) || until < NOW) {
        await this.forget(place);
      }
    }
  }
}

// The tool forgets by itself what it has taken, and what is older than a day.
class InTool {
  pause = 1000;
  isTool = true;
  number = 0;
  seen = {};

  constructor(address) {
    this.address = address;
  }

  async keep(place, { key, ...form }, isLeaving = false) {
    this.number += 1;
    const fields = { submission_key: key, draft: this.seen[place] ?? "", draft_number: this.number };
    const answer = await this.ask("", { place, ...fields, content: JSON.stringify(form) }, isLeaving);
    const { words } = answer?.ok ? await answer.json() : {};
    return { isKept: Boolean(answer?.ok), status: answer?.status ?? 0, words };
  }

  // The form that finds it goes on under a key of its own: another tab may have found it too.
  async find(place) {
    const answer = await this.ask("/find", { place });
    const { version, content } = answer?.ok ? await answer.json() : {};
    this.seen[place] = version;
    return content && { key: crypto.randomUUID(), ...JSON.parse(content) };
  }

  forget(place) {
    return this.ask("/forget", { place });
  }

  async forgetSent() {}

  ask(what, fields, isLeaving) {
    const body = new URLSearchParams({ ...fields, as: document.body.dataset.person });
    return post(this.address + what, body, isLeaving).catch(() => null);
  }
}

export async function openKeeping(address) {
  return (await keepsForms) ? new OnDevice() : new InTool(address);
}
