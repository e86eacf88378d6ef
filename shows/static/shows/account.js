// The account: profile, address, password, a copy of the data, and the end of the account.

import { Session } from "./api.js";
import { attempt, onSubmit } from "./forms.js";
import { loginPanel } from "./login_panel.js";
import { byId, el } from "./page.js";
import { t } from "./texts.js";

const session = new Session("tokens");
const ME = "/api/users/me/";
const FIELDS = ["first_name", "last_name", "phone", "language"];

async function draw(isLoggedIn) {
  byId("settings").hidden = true;
  // A guest has no account to look at.
  if (isLoggedIn && session.tokens.refresh) fill(await session.call("GET", ME));
  else byId("login").hidden = false;
}

function fill(profile) {
  const fields = byId("profile").elements;
  for (const name of FIELDS) fields[name].value = profile[name];
  // Password managers read these.
  for (const field of document.querySelectorAll("[name=username]")) field.value = profile.email;
  byId("email").textContent = profile.email;
  byId("verified").textContent = profile.email_verified_at ? t("Confirmed") : t("Not confirmed yet");
  byId("unverified").hidden = Boolean(profile.email_verified_at);
  byId("settings").hidden = false;
}

function say(text) {
  byId("said").textContent = text;
  byId("said").hidden = !text;
  byId("said").scrollIntoView({ block: "nearest" });
}

// Send a form, and say that it is done.
function sends(id, method, path, bodyOf, text, after = () => {}) {
  const form = byId(id);
  onSubmit(form, async (elements) => {
    say("");
    const answer = await session.call(method, path, { body: bodyOf(elements) });
    for (const field of form.querySelectorAll("[type=password]")) field.value = "";
    say(text);
    await after(answer);
  });
}

const valuesOf = (...names) => (elements) =>
  Object.fromEntries(names.map((name) => [name, elements[name].value]));

sends("profile", "PATCH", ME, valuesOf(...FIELDS), t("Saved."));
sends("address", "POST", "/api/users/email/change/", valuesOf("email", "password"),
  t("Look into the new mailbox. The link there makes the change."));
sends("password", "POST", "/api/users/password/change/",
  valuesOf("current_password", "new_password"), t("Your password has changed."));
sends("erasure", "DELETE", ME, valuesOf("password"), t("Your account is deleted."), async () => {
  session.tokens = null;
  await show();
});

byId("resend").addEventListener("click", () => attempt(async () => {
  await session.call("POST", "/api/users/email/verify/resend/");
  say(t("The mail is on its way."));
}));
byId("export").addEventListener("click", () => attempt(async () => {
  const data = await session.call("GET", `${ME}export/`);
  const file = new Blob([JSON.stringify(data, null, 2)], { type: "application/json" });
  el("a", { href: URL.createObjectURL(file), download: "my-data.json" }).click();
}));

const show = loginPanel(session, draw);
show();
