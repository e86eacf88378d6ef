// The page for a login. It leads to the page that `?next=` names, or to the account.

import { Session } from "./api.js";
import { onSubmit } from "./forms.js";
import { byId } from "./page.js";

const session = new Session("tokens");

// Only a path of this shop: an address of another host is no next page.
function nextPage() {
  const next = new URL(new URLSearchParams(location.search).get("next") || "/account/", location);
  return next.origin === location.origin ? next.pathname + next.search : "/account/";
}

onSubmit(byId("credentials"), async ({ email, password }) => {
  await session.logIn(email.value, password.value);
  location.assign(nextPage());
});
