// The panel that asks for a login.

import { byId } from "../page.js";
import { beginExchange } from "./exchange.js";
import { findHolds } from "./holds.js";
import { page, session, state } from "./state.js";

let afterLogin;

// Ask for a login; then continue with an action.
export function askForLogin(next) {
  afterLogin = next;
  page.render();
  byId("login").hidden = false;
  byId("login").scrollIntoView();
  byId("login").querySelector("input").focus({ preventScroll: true });
}

export async function logIn({ email, password, is_new }) {
  if (is_new.checked) await session.register(email.value, password.value);
  else await session.logIn(email.value, password.value);
  is_new.checked = false;
  password.value = "";
  await proceed();
}

// Book without an account. Only the e-mail is needed.
export async function beAGuest() {
  const { email } = byId("login").querySelector("form").elements;
  if (!email.reportValidity()) return;
  await session.beAGuest(email.value);
  await proceed();
}

async function proceed() {
  byId("login").hidden = true;
  page.render();
  const next = afterLogin;
  await beginExchange();
  await findHolds();
  await next?.();
}

export async function logOut() {
  const ending = session.logOut();
  state.holds = [];
  page.adopt(null);
  await ending;
}
