// Sends the form that takes an answer to the LMS. Without scripts its button does.
document.querySelector("form[data-send]").requestSubmit();
