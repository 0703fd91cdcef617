// Sends a form only once the tool has answered: the browser may believe in a connection that leads nowhere, and what was
// typed is gone with the page.

export class Leaving {
  state = "";

  // `fail` says that there is no connection; `prepare`, where given, has the last word.
  constructor(form, { fail, prepare = async () => true }) {
    Object.assign(this, { form, fail, prepare });
    form.addEventListener("submit", (event) => this.send(event));
    form.addEventListener("input", () => (this.state = ""));
    addEventListener("pageshow", () => (this.state = "")); // back from a page that could not be reached
  }

  get isOn() {
    return this.state === "leaving";
  }

  async send(event) {
    if (this.isOn) {
      return;
    }
    event.preventDefault();
    if (this.state === "asking") {
      return; // a second click
    }
    this.state = "asking";
    const { submitter } = event;
    const isThere = await isReachable();
    const mayLeave = isThere && (await this.prepare());
    this.state = mayLeave ? "leaving" : "";
    if (mayLeave) {
      this.form.requestSubmit(submitter);
    } else if (!isThere) {
      this.fail();
    }
  }
}

// One who waits long for an answer is let go on.
async function isReachable() {
  const answer = fetch("/healthz", { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
  return navigator.onLine && Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 10000, true))]);
}
