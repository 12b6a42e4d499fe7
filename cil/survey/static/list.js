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
