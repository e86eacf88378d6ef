// The session of one booking, which the token of a mailed link opens without a login.

import { newKey, request } from "./api.js";

export class LinkSession {
  constructor(reference, token) {
    Object.assign(this, { reference, token });
  }

  // Return the booking. The access to it lasts half an hour.
  async open() {
    const body = { reference: this.reference, token: this.token };
    const { data } = await request("POST", "/api/bookings/open/", { body });
    this.access = data.access;
    return data.booking;
  }

  async call(method, path, options) {
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
