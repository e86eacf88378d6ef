// The choice of a customer whose show has moved: keep the tickets, or give them back for all of the
// money. Mails link to both.

import { byId, money } from "./page.js";
import { t } from "./texts.js";

// Offer the choice until the deadline. `session` sends requests about the booking below `path`, and
// `giveBack` is called after the customer has confirmed. `isAsked` says that the mail's second link
// was followed.
export async function offerToGiveBack({ session, path, show, timeOf, giveBack, isAsked }) {
  const box = byId("moved");
  box.hidden = true;
  if (!show.give_back_until || new Date(show.give_back_until) < new Date()) return;
  const call = session.call("POST", `${path}cancel/?dry_run=true`, { body: {} });
  // Tickets that are in use cannot be given back.
  const { give_back_until: until, refund, currency } = await call.catch(() => ({}));
  if (!until) return;
  byId("moved-until").textContent = timeOf(until);
  byId("moved-yes").textContent = t("Yes, give them back for {amount}", {
    amount: money(refund, currency),
  });
  byId("moved-keep").onclick = () => {
    box.hidden = true;
    byId("note").textContent = t("You keep your tickets. There is nothing else to do.");
  };
  byId("moved-give").onclick = ask;
  byId("moved-yes").onclick = giveBack;
  byId("moved-confirm").hidden = true;
  box.hidden = false;
  if (isAsked) ask();
}

function ask() {
  byId("moved-confirm").hidden = false;
  byId("moved").scrollIntoView({ block: "nearest" });
  byId("moved-yes").focus();
}
