// Comfort on top of a plain form: what a choice would swallow, and everything by keyboard.
"use strict";

const form = document.getElementById("vote");
const panel = document.getElementById("others");
const own = document.getElementById("own");
const peek = document.getElementById("peek");
const help = document.getElementById("help");
const missing = document.getElementById("missing");
const radios = [...form.querySelectorAll('input[name="choice"]')];
const pieces = new Map(); // choice → promise of its list, with the ticks made in it

form.append(hidden("scripted", "1"));
document.querySelectorAll("[data-help]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
});

function hidden(name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

function chosen() {
  return radios.find((radio) => radio.checked);
}

// The list of other classes that a choice would touch.
function piece(choice) {
  if (!pieces.has(choice)) {
    const address = `${form.dataset.others}?choice=${encodeURIComponent(choice)}`;
    pieces.set(choice, fetch(address).then(async (reply) => {
      if (!reply.ok) throw new Error(reply.status);
      const holder = document.createElement("div");
      holder.innerHTML = await reply.text(); // made by the server's templates, all text escaped
      wire(holder);
      return holder;
    }).catch(() => { pieces.delete(choice); return null; }));
  }
  return pieces.get(choice);
}

function wire(holder) {
  const all = holder.querySelector("[data-all]");
  const free = [...holder.querySelectorAll("input[data-free]")];
  const level = () => {
    const ticked = free.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === free.length;
    all.indeterminate = ticked > 0 && ticked < free.length;
  };
  if (all) {
    all.addEventListener("change", () => free.forEach((box) => { box.checked = all.checked; }));
    holder.addEventListener("change", (event) => { if (event.target !== all) level(); });
    level(); // a page that was sent comes back as it was
  }
}

let shown = 0;

// Show the list of `choice`. A preview can be looked at, but is not part of the form.
async function reveal(choice, preview) {
  const turn = ++shown;
  const holder = choice ? await piece(choice) : null;
  if (turn !== shown) return;
  panel.hidden = !holder;
  panel.classList.toggle("preview", preview);
  panel.replaceChildren(...(holder ? [holder] : []));
  panel.inert = preview;
  if (holder) holder.querySelectorAll('input[name="also"]').forEach((box) => { box.disabled = preview; });
}

async function settle() {
  const radio = chosen();
  if (radio) missing.hidden = true;
  await reveal(radio ? radio.value : "", false);
  const heading = panel.querySelector("h2");
  const said = heading ? heading.textContent : "";
  document.getElementById("said").textContent = said;
  // On a narrow screen the list is further down.
  peek.hidden = !said;
  peek.textContent = `${said} – see which`;
}

function choose(radio) {
  radio.checked = true;
  if (radio.value === "own") own.focus();
  else radio.focus({ preventScroll: false });
  settle();
}

function save(action) {
  const button = form.querySelector(`button[name="action"][value="${action}"]`);
  form.requestSubmit(button);
}

let waiting = 0;

radios.forEach((radio) => {
  radio.addEventListener("change", () => { clearTimeout(waiting); settle(); });
  radio.addEventListener("dblclick", () => { if (radio.value !== "own") save("vote"); });
  if (matchMedia("(hover: hover)").matches) {
    const row = radio.closest("li");
    row.addEventListener("pointerenter", () => {
      clearTimeout(waiting);
      if (!radio.checked) waiting = setTimeout(() => radio.checked || reveal(radio.value, true), 180);
    });
    row.addEventListener("pointerleave", () => {
      clearTimeout(waiting);
      if (panel.classList.contains("preview")) waiting = setTimeout(settle, 180);
    });
  }
});

// Who only passes through the field with Tab keeps the choice.
["click", "input"].forEach((kind) => own.addEventListener(kind, () => {
  const radio = document.getElementById("c-own");
  if (!radio.checked) { radio.checked = true; settle(); }
}));

form.addEventListener("submit", (event) => {
  const action = event.submitter ? event.submitter.value : "vote";
  if (action !== "vote") return;
  const radio = chosen();
  missing.hidden = Boolean(radio);
  if (!radio) {
    event.preventDefault();
    radios[radios.length - 2].focus();
  } else if (radio.value === "own" && !own.value.trim()) {
    event.preventDefault();
    own.focus();
  }
});

function step(direction) {
  const now = radios.indexOf(chosen());
  const next = now < 0 ? radios.length - 2 : now + direction;
  if (radios[next]) choose(radios[next]);
}

const keys = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  ArrowLeft: () => location.assign(form.dataset.back),
  Enter: () => save("vote"),
  a: () => { const all = panel.querySelector("[data-all]"); if (all && !panel.inert) all.click(); },
  w: () => choose(document.getElementById("c-own")),
  u: () => save("unsure"),
  s: () => save("skip"),
  z: () => location.assign(form.dataset.back),
  n: () => location.assign(form.dataset.next),
  d: () => { const definition = document.getElementById("definition"); definition.open = !definition.open; },
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  if (event.target === own) {
    if (event.key === "Escape") own.blur();
    return; // Enter submits the form by itself
  }
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  const digit = radios.find((radio) => radio.dataset.key === event.key);
  if (digit) {
    event.preventDefault();
    if (digit.checked) save("vote"); else choose(digit);
    return;
  }
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (action) { event.preventDefault(); action(); }
});

addEventListener("pageshow", settle);
