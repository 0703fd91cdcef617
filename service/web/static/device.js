// What the device keeps of forms, where the browser lets it: null or false where it does not, as in a frame of another site.

const database = new Promise((resolve) => {
  try {
    const opening = indexedDB.open("mentorready", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("drafts");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => resolve(null);
  } catch {
    resolve(null); // the browser keeps nothing for a frame of another site
  }
});

// Whether the browser keeps anything here.
export const keepsForms = database.then(Boolean);

// Runs one request on the device's drafts; gives false where it keeps none.
export async function onDevice(ask) {
  const opened = await database;
  return new Promise((resolve) => {
    const request = opened && ask(opened.transaction("drafts", "readwrite").objectStore("drafts"));
    if (request) {
      request.onsuccess = () => resolve(request.result ?? true);
      request.onerror = () => resolve(false);
    } else {
      resolve(false);
    }
  });
}
