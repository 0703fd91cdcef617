// What is said about somebody's safety is kept nowhere, so it leaves its page only for a tool that is there.

import { Leaving } from "./leaving.js";

const form = document.querySelector("form[data-offline]");
new Leaving(form, { fail: () => (form.querySelector("[role=alert]").textContent = form.dataset.offline) });
