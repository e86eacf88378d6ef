// The names of a booking's statuses.

import { t } from "./texts.js";

export const statusName = (status) => ({
  confirmed: t("Booked"),
  pending: t("These seats are held for you"),
  expired: t("The time to pay is over"),
  cancelled: t("Cancelled"),
})[status];
