// Turns a drawn map into one that can be moved and brought nearer. What is on it is what the drawing shows, and comes
// with the page; pictures of the land beneath it only where the post has named a server for them.

/* global L */

const NEAREST = 18;

for (const place of document.querySelectorAll(".live-map[data-map]")) show(place, JSON.parse(place.dataset.map));

function show(place, { title, land, ways, marks, tiles, credit, nearer, farther }) {
  const drawing = place.querySelector("svg");
  const box = document.createElement("div");
  box.className = "map";
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", title);
  drawing.replaceWith(box);
  const map = L.map(box, { maxZoom: NEAREST, zoomControl: false, attributionControl: Boolean(credit), zoomSnap: 0.5 });
  L.control.zoom({ zoomInTitle: nearer, zoomOutTitle: farther }).addTo(map);
  if (tiles) L.tileLayer(tiles, { maxZoom: NEAREST, attribution: credit }).addTo(map);
  else L.polygon(land, { className: "land", interactive: false }).addTo(map);
  for (const { points, kind } of ways) L.polyline(points, { className: `way ${kind}`, interactive: false }).addTo(map);
  const places = marks.map((mark) => marked(mark).addTo(map).getLatLng());
  map.fitBounds(L.latLngBounds([...places, ...ways.flatMap(({ points }) => points)]).pad(0.12), { maxZoom: 15 });
}

/** A numbered pin for a stop, a dot with its name for anything else. */
function marked({ at, name, kind, text }) {
  if (!text) return L.circleMarker(at, { radius: 7, className: `mark ${kind}` }).bindTooltip(named(name), { permanent: true });
  const pin = document.createElement("span");
  pin.textContent = text;
  const icon = L.divIcon({ className: `pin ${kind}`, html: pin, iconSize: [28, 28] });
  return L.marker(at, { icon, alt: name, title: name, keyboard: true }).bindPopup(named(name));
}

/** What people wrote is text, never markup. */
function named(name) {
  const words = document.createElement("span");
  words.textContent = name;
  return words;
}
