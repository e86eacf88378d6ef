{% load static %}// Keeps the scanner's own files, so that it opens without a connection. It never keeps an answer of the API.
const FILES = [
  "/check-in/",{% for file in files %}
  "{% static file %}",{% endfor %}
];

async function keep() {
  await (await caches.open("check-in")).addAll(FILES);
  await self.skipWaiting();
}

async function fresh(request) {
  try {
    const response = await fetch(request);
    if (response.ok) await (await caches.open("check-in")).put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await caches.match(request);
    if (!kept) throw error;
    return kept;
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method === "GET" && FILES.includes(pathname)) event.respondWith(fresh(event.request));
});
