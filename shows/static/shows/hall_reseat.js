// The people on the seats of a hall in the admin site, and another seat for a ticket: staff choose a taken
// seat, then a free one to move to or a taken one to swap with, and confirm what will happen.

import { nameOf } from "./hall/names.js";
import { byId, el, joined, unitsOf } from "./page.js";

const MAILED = "The ticket is issued again and mailed; the earlier one is void.";
const BOTH_MAILED = "Both tickets are issued again and mailed; the earlier ones are void.";

export class Reseating {
  // `sitterOf(seat)` is the ticket of a seat, `send(method, path, body)` asks the API, and `isFree`
  // tells whether a ticket may move to a seat. `render` draws, and `done(text)` reads anew.
  constructor({ show, sitterOf, isFree, send, render, done, complain }) {
    Object.assign(this, { show, sitterOf, isFree, send, render, done, complain });
    this.box = byId("sitter");
    this.begin = byId("reseat-begin");
    this.confirm = byId("reseat-confirm");
    if (!this.begin) return;
    this.begin.onclick = () => this.ask();
    byId("reseat-end").onclick = () => this.end();
    this.confirm.onclick = () => this.act();
  }

  // The seats of a change stand out.
  lookOf(seat) {
    if (!this.isAsking) return null;
    return { [this.from.id]: "mine", [this.to?.id]: "chosen" }[seat.id];
  }

  // Show who sits on a seat, or take it as the target. Return whether the seat was used.
  onSeat(seat) {
    if (this.isAsking) {
      this.aim(seat);
      return true;
    }
    const sitter = this.sitterOf(seat);
    this.box.hidden = !sitter;
    if (!sitter) return false;
    this.from = seat;
    const { name, reference, booking, ticket_type: type, price, checked_in: isIn } = sitter;
    const link = el("a", { href: this.box.dataset.booking.replace("0", booking) }, reference);
    const facts = joined(nameOf(seat), name || "no name", type || seat.category, price, isIn && "in");
    byId("sitter-facts").replaceChildren(`${facts} · `, link);
    if (this.begin) this.begin.disabled = isIn;
    return true;
  }

  ask() {
    if (!this.from) return;
    this.isAsking = true;
    this.aim(null);
  }

  end() {
    this.isAsking = false;
    this.from = this.to = null;
    this.box.hidden = true;
    this.showForm();
  }

  showForm() {
    byId("reseat").hidden = !this.isAsking;
    this.begin.hidden = Boolean(this.isAsking);
    this.render();
  }

  // Say what would happen with a target, or why it cannot.
  aim(seat) {
    this.to = seat;
    const { text, can } = this.preview();
    byId("reseat-text").textContent = text;
    this.confirm.disabled = !can;
    this.showForm();
  }

  preview() {
    const { from, to } = this;
    if (!to) return { text: "Choose a free seat to move to, or a taken seat to swap with." };
    if (to === from) return { text: "This is the ticket's own seat. Choose another one." };
    const [mine, other] = [this.sitterOf(from), this.sitterOf(to)];
    if (!mine) return { text: "Nobody sits here any more." };
    const who = mine.name || mine.reference;
    if (other) {
      if (other.checked_in) return { text: `${nameOf(to)}: somebody came in with this ticket.` };
      const prices = to.category !== from.category && "The prices stay as they are.";
      const text = `${who}: ${nameOf(from)} → ${nameOf(to)}. ` +
        `${other.name || other.reference}: ${nameOf(to)} → ${nameOf(from)}.`;
      return { text: [text, prices, BOTH_MAILED].filter(Boolean).join(" "), can: true };
    }
    if (!this.isFree(to)) return { text: `${nameOf(to)} is taken by a booking that is not paid yet.` };
    const change = `${who}: ${nameOf(from)} → ${nameOf(to)}.`;
    if (to.category === from.category || !unitsOf(mine.price)) return { text: `${change} ${MAILED}`, can: true };
    const price = `${to.category}, ${to.price} in place of ${mine.price}.`;
    if (unitsOf(to.price) > unitsOf(mine.price)) {
      return { text: `${change} ${price} A dearer seat is sold by an exchange.` };
    }
    return { text: `${change} ${price} The difference goes back to the customer. ${MAILED}`, can: true };
  }

  async act() {
    const { from, to } = this;
    const [mine, other] = [this.sitterOf(from), this.sitterOf(to)];
    this.confirm.disabled = true;
    this.complain();
    try {
      if (other) {
        const body = { ticket_ids: [mine.ticket, other.ticket] };
        await this.send("POST", `/api/shows/${this.show}/swap-seats/`, body);
      } else {
        const path = `/api/bookings/${mine.booking}/tickets/${mine.ticket}/reseat/`;
        const reprice = to.category !== from.category;
        await this.send("POST", path, { seat_id: to.id, ...(reprice && { reprice }) });
      }
      this.end();
      await this.done(`${nameOf(from)} ${other ? "⇄" : "→"} ${nameOf(to)}.`);
    } catch (problem) {
      this.complain(problem);
      this.aim(to);
    }
  }
}
