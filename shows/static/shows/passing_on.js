// The controls by which a customer passes a ticket on, or withdraws the offer.

import { attempt, onSubmit } from "./forms.js";
import { el, textIn } from "./page.js";
import { t } from "./texts.js";

// `changed` is called after each change.
export function passingOn(session, path, { id, holder_name, offered_to, checked_in_at }, changed) {
  const url = `${path}tickets/${id}/transfer/`;
  if (holder_name) return textIn("span")(t("Passed on to {name}", { name: holder_name }));
  if (checked_in_at) return "";
  return offered_to ? offered(session, url, offered_to, changed) : offering(session, url, changed);
}

function offered(session, url, email, changed) {
  const button = el("button", { type: "button", textContent: t("Withdraw the offer") });
  button.addEventListener("click", () => attempt(async () => {
    await session.call("DELETE", url);
    await changed();
  }));
  return el("span", {}, textIn("span")(t("Offered to {email}", { email })), button);
}

function offering(session, url, changed) {
  const email = el("input", { name: "email", type: "email", required: true });
  const message = el("input", { name: "message", maxLength: 500 });
  const form = el("form", { className: "fields" },
    el("label", {}, t("E-mail of the recipient"), " ", email),
    el("label", {}, t("Your message"), " ", message),
    el("button", { textContent: t("Pass on") }));
  onSubmit(form, async () => {
    await session.postOnce(url, { email: email.value, message: message.value });
    await changed();
  });
  const note = t("Your ticket stays valid until the recipient accepts it.");
  return el("details", {}, textIn("summary")(t("Pass this ticket on")), textIn("p")(note), form);
}
