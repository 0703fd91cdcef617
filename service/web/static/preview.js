// The page of a preview loads itself anew when a file of the content has changed.
const address = "/preview/state";
let before;
setInterval(async () => {
  try {
    const state = await (await fetch(address)).json();
    if (before !== undefined && state !== before) {
      location.reload();
    }
    before = state;
  } catch {
    // The preview was ended; a reload would only show that.
  }
}, 1000);
