// Comfort on top of a plain form: a list of classes answered by keyboard alone.
"use strict";

const form = document.getElementById("list");
const help = document.getElementById("help");
const cards = [...form.querySelectorAll(".cards > li")];
const next = form.querySelector('a[aria-keyshortcuts="n"]');
const own = form.querySelector("[data-own]");

document.querySelectorAll("[data-help]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
});

own.hidden = false;
own.addEventListener("click", () => {
  form.querySelectorAll("[data-own-name]").forEach((radio) => { radio.checked = true; });
});

// What a name would swallow: beside the cards, or inside the card where the screen is narrow.

const aside = document.getElementById("swallows");
const panel = document.getElementById("panel");
const narrow = matchMedia("(max-width: 860px)");
const pages = new Map(); // address → promise of what the page there holds
let shown = 0;
let kept = null; // the name chosen last
let waiting = 0;

aside.hidden = false;
form.classList.add("aided");

function below(address) {
  if (!pages.has(address)) {
    pages.set(address, fetch(address).then(async (reply) => {
      if (!reply.ok) throw new Error(reply.status);
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      return page.getElementById("below");
    }).catch(() => { pages.delete(address); return null; }));
  }
  return pages.get(address);
}

async function reveal(label) {
  const turn = ++shown;
  const link = label && label.querySelector("a");
  const piece = link ? await below(link.href) : null;
  if (turn !== shown) return null;
  (narrow.matches && label ? label.closest("fieldset") : aside).append(panel);
  panel.replaceChildren(...(piece ? [piece] : []));
  panel.hidden = !piece;
  return piece;
}

async function keep(radio) {
  kept = radio.closest("label");
  const piece = await reveal(kept);
  document.getElementById("said").textContent = piece ? piece.querySelector("h2").textContent : "";
}

// A pointer that only passes by changes nothing, and has time to reach the panel.
function soon(label, delay) {
  clearTimeout(waiting);
  waiting = setTimeout(reveal, delay, label);
}

form.querySelectorAll(".names label").forEach((label) => {
  label.querySelector("input").addEventListener("change", (event) => keep(event.target));
  if (matchMedia("(hover: hover)").matches) {
    label.addEventListener("pointerenter", () => soon(label, 180));
    label.addEventListener("pointerleave", () => soon(kept, 400));
  }
  const link = label.querySelector("a");
  if (link) {
    link.addEventListener("focus", () => reveal(label));
    link.addEventListener("click", (event) => { event.preventDefault(); reveal(label); });
  }
});
aside.addEventListener("pointerenter", () => clearTimeout(waiting));
aside.addEventListener("pointerleave", () => soon(kept, 400));

function names(card) {
  return [...card.querySelectorAll('input[type="radio"]')];
}

function current() {
  return cards.findIndex((card) => card.contains(document.activeElement));
}

function look(place) {
  const card = cards[Math.min(Math.max(place, 0), cards.length - 1)];
  const radios = names(card);
  (radios.find((radio) => radio.checked) || radios[0]).focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function choose(number) {
  const place = Math.max(current(), 0);
  const radios = names(cards[place]);
  const radio = number ? radios[number - 1] : radios.find((one) => !one.value);
  if (!radio || (number && !radio.value)) return;
  radio.checked = true;
  keep(radio);
  look(place + 1);
}

const keys = {
  0: () => choose(0),
  1: () => choose(1),
  2: () => choose(2),
  3: () => choose(3),
  ArrowDown: () => look(current() + 1),
  ArrowUp: () => look(current() - 1),
  ArrowLeft: () => location.assign(form.dataset.back),
  a: () => own.click(),
  z: () => location.assign(form.dataset.back),
  n: () => { if (next) location.assign(next.href); },
  Enter: () => form.requestSubmit(),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.key === "Enter" && event.target.closest("a, button")) return;
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (action) { event.preventDefault(); action(); }
});
