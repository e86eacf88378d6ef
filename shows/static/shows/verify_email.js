// The page that confirms an e-mail address. The token of a mailed link is after the #, so no log has it.

import { request } from "./api.js";
import { byId, complain } from "./page.js";
import { t } from "./texts.js";

const token = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);

byId("confirm").addEventListener("click", async () => {
  complain();
  try {
    await request("POST", "/api/users/email/verify/", { body: { token } });
    byId("ask").hidden = true;
    byId("done").hidden = false;
  } catch (problem) {
    complain(problem);
  }
});
byId("confirm").disabled = !token;
if (!token) complain({ detail: t("This address lacks the token of the mail. Open the link of the mail.") });
