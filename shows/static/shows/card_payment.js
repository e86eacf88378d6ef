// Payment by card where Stripe takes the money: its Payment Element, in frames of Stripe's own.

import { get, Problem } from "./api.js";
import { el } from "./page.js";
import { language, t } from "./texts.js";

const { provider, stripe: script } = document.querySelector("main").dataset;

export const takesCards = provider === "stripe";

let loading;
let stripe;
let elements;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const onload = () => resolve(globalThis.Stripe);
    const onerror = () => {
      loading = null;
      reject(new Problem({ detail: t("The payment provider cannot be reached. Try again.") }));
    };
    document.head.append(el("script", { src: script, onload, onerror }));
  });
  return loading;
}

// Show the fields for a card in a box. The client secret is of one payment.
export async function showCard(box, clientSecret) {
  const Stripe = await load();
  const { stripe_publishable_key: key } = await get("/api/config/");
  stripe = Stripe(key, { locale: language });
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  elements = stripe.elements({ clientSecret, appearance: { theme: isDark ? "night" : "stripe" } });
  const card = elements.create("payment");
  card.mount(box);
  box.hidden = false;
}

export const isShown = () => Boolean(elements);

export function forgetCard(box) {
  elements = null;
  box.replaceChildren();
  box.hidden = true;
}

// Confirm the payment. A bank with a page of its own leads back to the page of the booking.
export async function confirmCard(reference) {
  const return_url = new URL(`/bookings/${reference}`, location).href;
  const confirmParams = { return_url };
  const { error } = await stripe.confirmPayment({ elements, confirmParams, redirect: "if_required" });
  if (error) throw new Problem({ detail: error.message });
}

// Stripe's status in the address after a bank's page, or null.
export const returned = () => new URLSearchParams(location.search).get("redirect_status");
