// The form that picks the best seats.

import { get } from "../api.js";
import { complain } from "../page.js";
import { stand } from "./areas.js";
import { offer } from "./offers.js";
import { page, state } from "./state.js";
import { t } from "../texts.js";

export function findBest(quantity, category, accessible) {
  const wishes = Object.entries({ quantity, category, accessible }).filter(([, wish]) => wish);
  return get(`/api/shows/${state.show.id}/best-seats/?${new URLSearchParams(wishes)}`);
}

export async function pickBest({ quantity, category, accessible }) {
  try {
    const best = await findBest(quantity.value, category.value, accessible.checked);
    stand(best.areas);
    page.choose(best.seat_ids);
    const detail = t("There are not enough free seats side by side.");
    if (!best.adjacent && !best.areas) complain({ detail });
  } catch (problem) {
    if (problem.code === "not_enough_seats") await offer([], problem.other_shows);
    throw problem;
  }
}
