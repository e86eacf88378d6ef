// The page for a new password. With a mailed link it sets the password; without one it asks for a mail.

import { request } from "./api.js";
import { byId, complain } from "./page.js";

const link = new URLSearchParams(location.search);
const [uid, token] = [link.get("uid"), link.get("token")];
// The link works once. It need not stay in the address bar.
history.replaceState(null, "", location.pathname);

function show(id) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== id;
  byId(id).querySelector("input, h2").focus();
}

function onSubmit(id, path, bodyOf, next) {
  byId(id).querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    complain();
    try {
      await request("POST", path, { body: bodyOf(event.target.elements) });
      show(next);
    } catch (problem) {
      complain(problem);
    }
  });
}

const path = "/api/users/password/reset/";
onSubmit("ask", path, ({ email }) => ({ email: email.value }), "asked");
onSubmit(
  "choose", `${path}confirm/`, ({ password }) => ({ uid, token, new_password: password.value }), "done",
);
show(uid && token ? "choose" : "ask");
