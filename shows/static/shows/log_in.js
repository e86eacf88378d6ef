// The page for a login. It leads to the page that `?next=` names, or to the account.

import { Session } from "./api.js";
import { onSubmit } from "./forms.js";
import { byId } from "./page.js";

const session = new Session("tokens");

// Another host is refused, so that a link cannot lead to a foreign site after the login.
function nextPage() {
  const next = new URL(new URLSearchParams(location.search).get("next") || "/account/", location);
  return next.origin === location.origin ? next.pathname + next.search : "/account/";
}

onSubmit(byId("credentials"), async ({ email, password }) => {
  await session.logIn(email.value, password.value);
  location.assign(nextPage());
});
