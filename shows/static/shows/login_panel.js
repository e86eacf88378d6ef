// The login of a page that needs one: its form, and the button at the top.

import { attempt, onSubmit } from "./forms.js";
import { byId } from "./page.js";
import { t } from "./texts.js";

// `draw(isLoggedIn)` is called at first, and after each change.
export function loginPanel(session, draw) {
  const panel = byId("login");
  const button = byId("account");

  async function change() {
    const isLoggedIn = Boolean(session.tokens);
    button.textContent = isLoggedIn ? t("Log out") : t("Log in");
    panel.hidden = isLoggedIn;
    await draw(isLoggedIn);
    // The login may have ended meanwhile.
    if (isLoggedIn && !session.tokens) await change();
  }

  onSubmit(panel.querySelector("form"), async ({ email, password }) => {
    await session.logIn(email.value, password.value);
    password.value = "";
    await change();
  });
  button.addEventListener("click", () => attempt(async () => {
    if (!session.tokens) return panel.querySelector("input").focus();
    const ending = session.logOut();
    await change();
    await ending;
  }));
  return () => attempt(change);
}
