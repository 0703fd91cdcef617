// Tells the page of the LMS that the registration is done, so that it can close this window (Dynamic Registration 3.8).
// Which of the LMS's origins that page has is not known; a message for another origin is not delivered.

const platform = window.opener ?? window.parent;
for (const origin of document.getElementById("closing").dataset.origins.split(" ")) {
  platform.postMessage({ subject: "org.imsglobal.lti.close" }, origin);
}
