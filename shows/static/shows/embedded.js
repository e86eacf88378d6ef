// A page in a frame sends its height to the site around it, and to no other site.

const { embed } = document.body.dataset;

const tell = () => {
  // Margins of the body's content count, or the frame would scroll by them.
  const { height } = document.documentElement.getBoundingClientRect();
  parent.postMessage({ type: "ticket-shop", height: Math.ceil(height) }, embed);
};
new ResizeObserver(tell).observe(document.body);
tell();
