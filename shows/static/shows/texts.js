// The texts of the pages in the page's language. The page has them, except for English.

const texts = JSON.parse(document.getElementById("texts")?.textContent || "{}");
const lang = document.documentElement.lang || "en";

// The locale of amounts, days and times.
export const locale = { en: "en-GB", hi: "hi-IN" }[lang] || lang;
export const language = lang;

const plurals = new Intl.PluralRules(lang);
const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

// Translate a text, and put values in place of {names}.
export const t = (text, values = {}) => filled(texts[text] || text, values);

// The form of a text for a count. Each language here has two forms.
export function plural(count, one, many, values = {}) {
  const forms = texts[one] || [one, many];
  return filled(forms[plurals.select(count) === "one" ? 0 : 1], { count, ...values });
}
