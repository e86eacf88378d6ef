// The session of one booking, which the token of a mailed link opens without a login.

import { newKey, Problem, request } from "./api.js";
import { t } from "./texts.js";

// The tab keeps the token of a link, so that a reload and the next page have it.
const keyOf = (reference) => `link ${reference}`;
export const keepToken = (reference, token) => sessionStorage.setItem(keyOf(reference), token);
export const keptToken = (reference) => sessionStorage.getItem(keyOf(reference));

export class LinkSession {
  constructor(reference) {
    this.reference = reference;
  }

  // Pages use a link like a login, which has tokens.
  get tokens() {
    return { access: this.access };
  }

  // Return the booking. The access to it lasts half an hour.
  async open() {
    const body = { reference: this.reference, token: keptToken(this.reference) };
    const { data } = await request("POST", "/api/bookings/open/", { body }).catch((problem) => {
      if (problem.status !== 401) throw problem;
      sessionStorage.removeItem(keyOf(this.reference));
      throw new Problem({ detail: t("This link has ended. Log in to see your booking.") });
    });
    this.access = data.access;
    return data.booking;
  }

  async call(method, path, options) {
    if (!this.access) await this.open();
    const send = () => request(method, path, { ...options, token: this.access });
    const answer = await send().catch(async (problem) => {
      if (problem.status !== 401) throw problem;
      await this.open();
      return send();
    });
    return answer.data;
  }

  // Send a POST that has one effect, even if it is repeated.
  postOnce(path, body) {
    return this.call("POST", path, { body, headers: { "Idempotency-Key": newKey() } });
  }
}
