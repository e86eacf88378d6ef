// A client of the public API for browsers, without cookies: requests, a login, idempotency keys.

import { language, t } from "./texts.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// An error of the API with the members of its problem document. `status` is 0 if no answer came.
export class Problem extends Error {
  constructor(members) {
    super(members.detail);
    Object.assign(this, members);
  }
}

const unreachable = () =>
  new Problem({ status: 0, detail: t("The server cannot be reached. Try again.") });

let clockSkew = 0; // Milliseconds that the server's clock is ahead of this one.
export const now = () => Date.now() + clockSkew;

// Send one request. An answer that is not JSON comes as a Blob.
export async function request(method, path, options = {}) {
  const { body, token, headers, credentials = "omit", cache, timeout } = options;
  const sent = {
    Accept: "application/json, */*;q=0.5", "Accept-Language": language, ...headers,
  };
  if (body) sent["Content-Type"] = "application/json";
  if (token) sent.Authorization = `Bearer ${token}`;
  const signal = timeout && AbortSignal.timeout(timeout);
  const init = { method, headers: sent, credentials, cache, signal };
  const response = await fetch(path, { ...init, body: body && JSON.stringify(body) }).catch(() => {
    throw unreachable();
  });
  // Answers without a login may come from a cache, with an old date.
  if (token) clockSkew = Date.parse(response.headers.get("Date")) - Date.now() || 0;
  const isJson = /json/.test(response.headers.get("Content-Type"));
  const data = await (isJson ? response.json() : response.blob()).catch(() => {
    throw unreachable();
  });
  if (response.ok || response.status === 304) return { data, response };
  const members = isJson ? data : { detail: t("The server answered {status}.", response) };
  const wait = Number(response.headers.get("Retry-After"));
  throw new Problem({ ...members, status: response.status, wait });
}

export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

export const get = async (path) => (await request("GET", path)).data;

// Whether the same request may succeed in a moment.
const isPassing = ({ status, code }) =>
  [0, 429, 503].includes(status) || code === "idempotency_in_flight";

// A login and its requests. Its tokens are in the tab's storage: a reload keeps them, and closing
// the tab ends them.
export class Session {
  #refreshing = null;

  constructor(name) {
    this.name = name;
  }

  get tokens() {
    return JSON.parse(sessionStorage.getItem(this.name));
  }

  set tokens(tokens) {
    sessionStorage.setItem(this.name, JSON.stringify(tokens));
  }

  async logIn(email, password) {
    const body = { email, password };
    this.tokens = (await request("POST", "/api/users/login/", { body })).data;
  }

  async register(email, password, names = {}) {
    const body = { email, password, language, ...names };
    const { access, refresh } = (await request("POST", "/api/users/register/", { body })).data;
    this.tokens = { access, refresh };
  }

  // Begin the checkout of a guest: half an hour, without an account.
  async beAGuest(email) {
    this.tokens = (await request("POST", "/api/users/guest/", { body: { email, language } })).data;
  }

  async logOut() {
    const { refresh } = this.tokens;
    this.tokens = null;
    if (refresh) await request("POST", "/api/users/logout/", { body: { refresh } });
  }

  // Send a request as the logged-in user. Refresh an old access token. Repeat the request while the
  // server is busy, if repeating it is safe.
  async call(method, path, { attempts = 4, ...options } = {}) {
    const isSafe = method === "GET" || options.headers?.["Idempotency-Key"];
    for (let attempt = 1; ; attempt++) {
      const { tokens } = this;
      try {
        return (await request(method, path, { ...options, token: tokens?.access })).data;
      } catch (problem) {
        if (problem.status === 401 && tokens?.refresh && attempt === 1) await this.#refresh(tokens);
        else if (problem.status === 401 && tokens?.access === this.tokens?.access) {
          this.tokens = null;
          throw problem;
        }
        else if (isPassing(problem) && isSafe && attempt < attempts) {
          await pause(1000 * Math.min(problem.wait || attempt, 10));
        } else throw problem;
      }
    }
  }

  // Send a POST that has one effect, even if it is repeated.
  postOnce(path, body) {
    return this.call("POST", path, { body, headers: { "Idempotency-Key": newKey() } });
  }

  // A refresh token works once, so concurrent requests share one refresh.
  #refresh({ access, refresh }) {
    if (this.tokens?.access !== access) return null;
    this.#refreshing ??= request("POST", "/api/users/token/refresh/", { body: { refresh } })
      .then(({ data }) => (this.tokens = data))
      .catch((problem) => {
        if ([400, 401].includes(problem.status)) this.tokens = null;
        throw problem;
      })
      .finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }
}
