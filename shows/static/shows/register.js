// The page for a new account.

import { Session } from "./api.js";
import { onSubmit } from "./forms.js";
import { byId } from "./page.js";

const session = new Session("tokens");

onSubmit(byId("credentials"), async ({ email, password, first_name, last_name }) => {
  const names = { first_name: first_name.value, last_name: last_name.value };
  await session.register(email.value, password.value, names);
  location.assign("/account/");
});
