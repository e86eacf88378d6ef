// The public API as a browser without cookies sees it: one request, one login, one effect.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A refusal: the members of its problem document.
export class Problem extends Error {
  constructor(members) {
    super(members.detail);
    Object.assign(this, members);
  }
}

// In the session's storage, so that a reload keeps the login and closing the tab ends it.
export const session = {
  get tokens() {
    return JSON.parse(sessionStorage.getItem("tokens"));
  },
  set tokens(tokens) {
    sessionStorage.setItem("tokens", JSON.stringify(tokens));
  },
};

let clockSkew = 0; // How far the server's clock is ahead of this one, in ms.
export const now = () => Date.now() + clockSkew;

// One request. What is no JSON comes as a Blob.
export async function request(method, path, { body, token, headers, credentials = "omit" } = {}) {
  const sent = { Accept: "application/json, */*;q=0.5", ...headers };
  if (body) sent["Content-Type"] = "application/json";
  if (token) sent.Authorization = `Bearer ${token}`;
  const options = { method, headers: sent, credentials, body: body && JSON.stringify(body) };
  const response = await fetch(path, options).catch(() => {
    throw new Problem({ status: 0, detail: "The server cannot be reached. Try again." });
  });
  // Of no answer that may come from a cache.
  if (token) clockSkew = Date.parse(response.headers.get("Date")) - Date.now() || 0;
  const isJson = /json/.test(response.headers.get("Content-Type"));
  const data = await (isJson ? response.json() : response.blob());
  if (response.ok || response.status === 304) return { data, response };
  const members = isJson ? data : { detail: `The server answered ${response.status}.` };
  const wait = Number(response.headers.get("Retry-After"));
  throw new Problem({ ...members, status: response.status, wait });
}

export const get = async (path) => (await request("GET", path)).data;

let refreshing = null;

// Each refresh token works once, so requests that are refused together share one refresh.
function refresh({ access, refresh }) {
  if (session.tokens?.access !== access) return null;
  refreshing ??= request("POST", "/api/users/token/refresh/", { body: { refresh } })
    .then(({ data }) => (session.tokens = data))
    .catch((problem) => {
      if ([400, 401].includes(problem.status)) session.tokens = null;
      throw problem;
    })
    .finally(() => (refreshing = null));
  return refreshing;
}

// Whether the same request may well succeed in a moment.
const passes = ({ status, code }) =>
  [0, 429, 503].includes(status) || code === "idempotency_in_flight";

// A request of whoever is logged in. It refreshes an old token, and asks a busy server again
// where that cannot do harm.
export async function call(method, path, { body, headers } = {}) {
  for (let attempt = 1; ; attempt++) {
    const { tokens } = session;
    try {
      return (await request(method, path, { body, headers, token: tokens?.access })).data;
    } catch (problem) {
      if (problem.status === 401 && tokens && attempt === 1) await refresh(tokens);
      else if (passes(problem) && (headers || method === "GET") && attempt < 4) {
        await pause(1000 * Math.min(problem.wait || attempt, 10));
      } else throw problem;
    }
  }
}

// A POST that takes effect once, however often it is sent.
export function postOnce(path, body) {
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  return call("POST", path, { body, headers: { "Idempotency-Key": key } });
}
