// The panel that asks for a login.

import { request } from "../api.js";
import { byId } from "../page.js";
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
  await page.resume();
  if (!state.booking) await afterLogin?.();
}

export async function logOut() {
  const ending = session.logOut();
  page.adopt(null);
  await ending;
}
