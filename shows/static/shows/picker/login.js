// The panel that asks for a login.

import { request } from "../api.js";
import { byId } from "../page.js";
import { findHolds } from "./holds.js";
import { page, session, state } from "./state.js";

let afterLogin;

// Ask for a login; then continue with an action.
export function askForLogin(next) {
  afterLogin = next;
  page.render();
  byId("login").hidden = false;
  byId("login").querySelector("input").focus();
}

export async function logIn({ email, password, is_new }) {
  const body = { email: email.value, password: password.value };
  if (is_new.checked) await request("POST", "/api/users/register/", { body });
  is_new.checked = false;
  await session.logIn(email.value, password.value);
  password.value = "";
  byId("login").hidden = true;
  page.render();
  const next = afterLogin;
  await findHolds();
  await next?.();
}

export async function logOut() {
  const ending = session.logOut();
  state.holds = [];
  page.adopt(null);
  await ending;
}
