// Whether the page is in a frame of another site, and links that stay in it.

const { embed } = document.body.dataset;

export const isFramed = Boolean(embed);

// Add the site that shows the frame to the path of a page that may be in it.
export function inFrame(path, values = {}) {
  const query = new URLSearchParams({ ...values, ...(isFramed && { embed }) });
  return query.size ? `${path}?${query}` : path;
}
