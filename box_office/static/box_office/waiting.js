// Requests that move money. Each is kept with its key until the server has answered. So a lost
// answer, a reload or a server that does not answer never sells anything twice.

import { newKey } from "../shows/api.js";
import { byId } from "../shows/page.js";
import { call, isAway, kept, till } from "./state.js";

const AGAIN_MS = 3000;

let timer = null;

export const waiting = () => kept.get("waiting");

// Send a request with a key of its own. `kind` says what to do with the answer after a reload.
export async function sendOnce(kind, path, body) {
  if (waiting()) throw new Error("The previous request still waits for its answer.");
  kept.set("waiting", { kind, path, body, user: kept.get("user"), key: newKey() });
  return sendWaiting();
}

// Send the request that waits, with its first key. Rejects with `isWaiting` while there is no answer.
export async function sendWaiting() {
  clearTimeout(timer);
  const { path, body, key, user } = waiting();
  // A key belongs to a user, so the same request of another person would be a second sale.
  if (user !== kept.get("user")) throw new Error(`${user} has to log in: their last request still waits.`);
  try {
    const answer = await call("POST", path, { body, key });
    settle();
    return answer;
  } catch (problem) {
    // Without a login, the request waits for the same person to log in again.
    if (problem.status === 401) throw problem;
    if (!isAway(problem)) settle();
    else {
      problem.isWaiting = true;
      showAway();
      timer = setTimeout(() => till.resume(), AGAIN_MS);
    }
    throw problem;
  }
}

function settle() {
  kept.drop("waiting");
  byId("away").hidden = true;
}

function showAway() {
  byId("away").hidden = false;
  byId("away").querySelector("span").textContent =
    "The last request is sent again until the server answers. It counts once.";
}
