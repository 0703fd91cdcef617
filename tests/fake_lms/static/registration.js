// What Moodle does when the tool says that it is done: the frame goes, and the list of tools is read again.
addEventListener("message", (event) => {
  if (event.data?.subject === "org.imsglobal.lti.close") {
    document.getElementById("registration").remove();
    location.assign("/tools");
  }
});
