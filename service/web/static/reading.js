// Notes which sections a reader has come to the end of. How long that took is neither measured nor sent. Without scripts
// the button "I have read this" says the same, where the module asks for it.

import { post } from "./quietly.js";

const { reading, person } = { ...document.getElementById("reading").dataset, ...document.body.dataset };

async function note(end) {
  const body = new URLSearchParams({ as: person, section: end.dataset.readEnd, quiet: "yes" });
  const answer = await post(reading, body, true).catch(() => null);
  if (answer?.ok) {
    end.querySelector("form")?.remove();
    end.querySelector("[hidden]")?.removeAttribute("hidden");
  }
}

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) {
      observer.unobserve(target);
      note(target);
    }
  }
});

for (const end of document.querySelectorAll("[data-read-end]:not([data-is-read])")) {
  observer.observe(end);
}
