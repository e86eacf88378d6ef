// Puts the shop into a page of another site, in a frame that is as high as its content:
//
//   <script src="https://tickets.example.org/embed.js" data-venue="3"></script>
//
// `data-venue` shows the programme of a venue, and `data-show` the seats of a show. The element
// <ticket-shop venue="3"> does the same at another place of the page.

(() => {
  const { currentScript } = document;
  const { origin } = new URL(currentScript.src);

  class TicketShop extends HTMLElement {
    connectedCallback() {
      if (this.frame) return;
      const [venue, show] = ["venue", "show"].map((name) => this.getAttribute(name));
      const query = new URLSearchParams({ ...(venue && { venue }), embed: location.origin });
      const path = show ? `/shows/${encodeURIComponent(show)}/` : "/";
      this.frame = document.createElement("iframe");
      Object.assign(this.frame, { src: `${origin}${path}?${query}`, title: "Tickets", allow: "payment" });
      Object.assign(this.frame.style, { width: "100%", height: "40rem", border: "0", display: "block" });
      addEventListener("message", (event) => this.onMessage(event));
      this.append(this.frame);
    }

    onMessage({ origin: sender, source, data }) {
      if (sender !== origin || source !== this.frame.contentWindow) return;
      if (data?.type !== "ticket-shop" || !(data.height > 0)) return;
      this.frame.style.height = `${Math.min(data.height, 20000)}px`;
    }
  }

  if (!customElements.get("ticket-shop")) customElements.define("ticket-shop", TicketShop);
  const { venue, show } = currentScript.dataset;
  if (!venue && !show) return;
  const element = document.createElement("ticket-shop");
  for (const [name, value] of Object.entries({ venue, show })) if (value) element.setAttribute(name, value);
  currentScript.after(element);
})();
