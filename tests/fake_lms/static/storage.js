// Storage of the LMS for tools whose frames get no cookies (lti-pm-s), in this page or in a frame of it. The switches
// `platform_storage` and `storage_answers` say where it is and what it answers.

const { keeps, frame, answers } = document.currentScript.dataset;
const kept = new Map();

function put(origin, { key, value }) {
  kept.set(`${origin} ${key}`, value);
  return value;
}

function get(origin, { key }) {
  const value = kept.get(`${origin} ${key}`);
  return answers === "other_value" && value ? value.replace(/^./, (c) => (c === "0" ? "1" : "0")) : value;
}

function answer({ data, origin, source }) {
  const answered = { subject: `${data.subject}.response`, message_id: data.message_id, key: data.key };
  answered.value = data.subject === "lti.put_data" ? put(origin, data) : get(origin, data);
  if (answers === "error") {
    answered.error = { code: "storage_exhaustion" };
    delete answered.value;
  }
  if (answers === "other_message") {
    answered.message_id = "other";
  }
  if (answers === "other_origin") {
    document.querySelector("iframe[data-stranger]").contentWindow.postMessage(answered, "*");
  } else if (answers !== "none") {
    source?.postMessage(answered, origin); // gone, if the frame has moved on meanwhile
  }
}

addEventListener("message", (event) => {
  const subject = event.data?.subject;
  if (keeps && (subject === "lti.put_data" || subject === "lti.get_data")) {
    answer(event);
  } else if (frame && subject === "lti.capabilities") {
    const supported = ["lti.put_data", "lti.get_data"].map((one) => ({ subject: one, frame }));
    const told = { subject: "lti.capabilities.response", message_id: event.data.message_id, supported_messages: supported };
    event.source?.postMessage(told, event.origin);
  } else if (subject?.endsWith("_data.response") && location.hostname === "127.0.0.1") {
    top.frames[0].postMessage(event.data, "*"); // the stranger: an answer from another origin than the LMS's
  }
});
