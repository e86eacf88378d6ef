// A ticket's payload, checked with nothing but the public keys. docs/tickets.md has its format.

function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function fromBase32(text) {
  const bytes = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    value = (value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
    }
  }
  return Uint8Array.from(bytes);
}

// Return a payload's numbers, or null if no key has signed it.
export async function claimsOf(payload, keys) {
  const match = /^T1\.([A-Z0-9]{1,6})((?:\.[0-9A-Z]{1,13}){5})\.([A-Z2-7]{103})$/.exec(payload);
  const key = match && keys.find(({ kid }) => kid === match[1]);
  if (!key) return null;
  const [ticket, show, seat, start, version] = match[2].slice(1).split(".").map((n) => parseInt(n, 36));
  const message = new TextEncoder().encode(payload.slice(0, payload.lastIndexOf(".")));
  const imported = await crypto.subtle.importKey("raw", fromBase64url(key.x), "Ed25519", false, ["verify"]);
  const isGenuine = await crypto.subtle.verify("Ed25519", imported, fromBase32(match[3]), message);
  return isGenuine ? { ticket, show, seat, start, version } : null;
}
