// Leaves the proof of a login in the storage of the LMS, or asks for it there, then goes on (lti-cs-oidc, lti-pm-s).
// The proof is told to the registered origin only, and an answer is believed from there only.

const PATIENCE_MS = 1500;
const ASK_AGAIN_MS = 250; // the frame that stores may still be loading
const page = document.getElementById("storage");
const { origin, target, key, proof } = page.dataset;
const subject = proof === undefined ? "lti.get_data" : "lti.put_data";
const id = crypto.randomUUID();
const trusted = new URL(origin).origin;
const platform = window.parent === window ? window.opener : window.parent;
let frame = target;

function storage() {
  if (!frame || frame === "_parent") {
    return platform;
  }
  try {
    return platform.frames[frame];
  } catch {
    return undefined; // there is no frame of that name
  }
}

function ask() {
  storage()?.postMessage({ subject, message_id: id, key, value: proof }, trusted);
  // Whoever frames us may know the name of the right frame better; the question gives nothing away.
  platform?.postMessage({ subject: "lti.capabilities", message_id: id }, "*");
}

const answer = await new Promise((resolve) => {
  addEventListener("message", ({ data, origin: sender, source }) => {
    if (data?.message_id !== id) {
      return;
    }
    if (data.subject === `${subject}.response` && sender === trusted) {
      resolve(data);
    } else if (data.subject === "lti.capabilities.response" && source === platform) {
      const offered = data.supported_messages?.find?.((message) => message?.subject === subject);
      if (offered?.frame && offered.frame !== frame) {
        frame = offered.frame;
        ask();
      }
    }
  });
  setTimeout(resolve, platform ? PATIENCE_MS : 0, {});
  setInterval(ask, ASK_AGAIN_MS);
  ask();
});

if (proof === undefined) {
  page.elements.namedItem("storage_proof").value = typeof answer.value === "string" ? answer.value : "";
  page.submit();
} else {
  location.replace(page.href);
}
