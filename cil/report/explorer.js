"use strict";
// The explorer of label sets: a tree of synsets on the left, what is chosen on the right. The state
// is the label of every class; edits change it, and their YAML is what differs from where it began.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const OTHER = "other", DROPPED = null, MOST_FINDINGS = 5;

// synsets: [wnid, name, definition, parents]; classes: synsets' numbers, in order.
const nodes = data.synsets.map(([wnid, name, definition, parents], id) =>
  ({ id, wnid, name, definition, parents, children: [], below: new Set() }));
for (const node of nodes) for (const parent of node.parents) nodes[parent].children.push(node.id);
data.classes.forEach((id, at) => {
  nodes[id].at = at;
  nodes[id].shown = data.shown[at];
  const waiting = [id];
  while (waiting.length) {
    const node = nodes[waiting.pop()];
    if (!node.below.has(at)) { node.below.add(at); waiting.push(...node.parents); }
  }
});
const classNode = (at) => nodes[data.classes[at]];
const title = (node) => node.shown ?? node.name;
for (const node of nodes) node.children.sort((a, b) =>
  nodes[b].below.size - nodes[a].below.size || title(nodes[a]).localeCompare(title(nodes[b])));

// A label: {name, synset}, of which there is one object for each.
const sets = data.sets.map(({ name, labels, of, findings }) => {
  const objects = labels.map(([label, synset]) => ({ name: label, synset }));
  return { name, findings, first: of.map((label) => objects[label]), now: of.map((label) => objects[label]), past: [] };
});
let set = sets[0], beside = null, chosen = null;

const classesOf = (label, state = set.now) => state.flatMap((each, at) => (each === label ? [at] : []));
const labelsNow = () => [...new Set(set.now)].filter((label) => label !== DROPPED);
const labelAt = (node) => labelsNow().find((label) => label.synset === node.id);
const named = (name) => labelsNow().find((label) => label.name.toLowerCase() === name.trim().toLowerCase());
const ancestors = (id) => {
  const above = new Set(), waiting = [id];
  while (waiting.length) for (const up of nodes[waiting.pop()].parents)
    if (!above.has(up)) { above.add(up); waiting.push(up); }
  return above;
};

// ---- edits: what classes are called from now on

function change(assignments) { // [[class, label or DROPPED], …]
  set.past.push([...set.now]);
  for (const [at, label] of assignments) set.now[at] = label;
  draw();
}

function ownLabel(at) {
  const node = classNode(at);
  return labelsNow().find((label) => label.synset === node.id) ?? { name: unused(node), synset: node.id };
}

const unused = (node) => { // a name that no label has, told apart by what lies above, or by the wnid
  const parent = node.parents.length ? nodes[node.parents[0]].name : node.wnid;
  return [title(node), `${title(node)} (${parent})`, `${title(node)} (${node.wnid})`].find((name) => !named(name));
};

function keepApart(classes) { change(classes.map((at) => [at, ownLabel(at)])); }

function split(label) {
  const classes = classesOf(label);
  const common = classes.map((at) => new Set([data.classes[at], ...ancestors(data.classes[at])]))
    .reduce((a, b) => new Set([...a].filter((id) => b.has(id))));
  const lowest = [...common].filter((id) => ![...common].some((other) => ancestors(other).has(id)));
  const top = nodes[lowest[0]];
  const inBranch = (child) => classes.filter((at) => nodes[child].below.has(at)).length;
  const branch = (at) => top.children.filter((child) => nodes[child].below.has(at))
    .sort((a, b) => inBranch(b) - inBranch(a) || (nodes[a].wnid < nodes[b].wnid ? 1 : -1))[0];
  const taken = classes.map(branch);
  const made = new Map();
  change(classes.map((at, place) => {
    const child = taken[place];
    if (child === undefined || taken.filter((each) => each === child).length === 1) return [at, ownLabel(at)];
    if (!made.has(child)) made.set(child, labelAt(nodes[child]) ?? { name: unused(nodes[child]), synset: child });
    return [at, made.get(child)];
  }));
}

function merge(classes, name) {
  const there = named(name);
  const over = [...new Set(classes.flatMap((at) => [data.classes[at], ...ancestors(data.classes[at])]))]
    .filter((id) => classes.every((at) => nodes[id].below.has(at)) && nodes[id].name.toLowerCase() === name.trim().toLowerCase())
    .sort((a, b) => nodes[a].below.size - nodes[b].below.size)[0];
  const label = there ?? { name: name.trim(), synset: name.trim() === OTHER ? undefined : over };
  change(classes.map((at) => [at, label]));
}

function rename(label, name) {
  if (named(name) && named(name) !== label) return `there is a label ${name} already; merge makes them one`;
  const renamed = { name: name.trim(), synset: label.synset };
  if (chosen === label) chosen = renamed;
  change(classesOf(label).map((at) => [at, renamed]));
}

// ---- what differs, as YAML

function editsOf({ first, now }) {
  const edits = { drop: [], keep: [], merge: {}, other: [], rename: {} };
  const groups = new Map();
  now.forEach((label, at) => {
    if (label === first[at]) return;
    if (label === DROPPED) edits.drop.push(at);
    else groups.set(label, [...(groups.get(label) ?? []), at]);
  });
  for (const [label, classes] of groups) {
    const before = new Set(classes.map((at) => first[at]));
    const whole = before.size === 1 && classesOf([...before][0], first).length === classes.length;
    const all = now.filter((each) => each === label).length === classes.length;
    if (label.name === OTHER && label.synset === undefined) edits.other.push(...classes);
    else if (whole && all && label.synset === [...before][0].synset) edits.rename[[...before][0].name] = label.name;
    else if (classes.length === 1 && label.synset === data.classes[classes[0]] && all) edits.keep.push(classes[0]);
    else edits.merge[label.name] = classes;
  }
  return edits;
}

function synsetsOf(classes) { // few synsets that have just these classes, as [wnid, name]
  const left = new Set(classes), wanted = new Set(classes), found = [];
  const fitting = nodes.filter((node) => node.below.size && [...node.below].every((at) => wanted.has(at)))
    .sort((a, b) => b.below.size - a.below.size || b.id - a.id); // of equal ones the lowest
  for (const node of fitting) if ([...node.below].every((at) => left.has(at))) {
    node.below.forEach((at) => left.delete(at));
    found.push(node);
  }
  return found;
}

const quoted = (text) => JSON.stringify(text);

function yamlOf(edits) {
  const list = (classes, indent) => synsetsOf(classes).map((node) => `${indent}- ${node.wnid}  # ${title(node)}\n`).join("");
  let text = "";
  for (const kind of ["drop", "keep"]) if (edits[kind].length) text += `${kind}:\n${list(edits[kind], "  ")}`;
  if (Object.keys(edits.merge).length) text += "merge:\n" + Object.entries(edits.merge)
    .map(([name, classes]) => `  ${quoted(name)}:\n${list(classes, "    ")}`).join("");
  if (edits.other.length) text += `other:\n${list(edits.other, "  ")}`;
  if (Object.keys(edits.rename).length) text += "rename:\n" + Object.entries(edits.rename)
    .map(([from, to]) => `  ${quoted("label:" + from)}: ${quoted(to)}\n`).join("");
  return text;
}

const labelFile = () => Object.fromEntries(set.now.flatMap((label, at) =>
  (label === DROPPED ? [] : [[classNode(at).wnid, label.name]])));

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- drawing

function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...inside.filter((each) => each !== null && each !== undefined));
  return made;
}

const open = new Set();

function item(id, level, path) {
  const node = nodes[id], label = labelAt(node), key = `${path}/${id}`;
  const children = node.children.filter((child) => nodes[child].below.size);
  const expanded = open.has(key);
  const own = node.at !== undefined ? set.now[node.at] : undefined;
  const made = element("li", {
    role: "treeitem", tabindex: -1, "data-id": id, "data-key": key, "aria-level": level,
    "aria-expanded": children.length ? String(expanded) : false, "aria-selected": String(chosen?.id === id),
  }, element("div", { class: "row" },
    element("span", { class: "turn" }), element("span", {}, title(node)),
    node.below.size > 1 || children.length ? element("span", { class: "count" }, String(node.below.size)) : null,
    label ? element("span", { class: "badge" }, `${label.name === title(node) ? "label" : label.name} ${classesOf(label).length}`) : null,
    own === DROPPED ? element("span", { class: "changed" }, "dropped")
      : own && own.synset !== id ? element("span", { class: set.first[node.at] === own ? "to" : "changed" }, `→ ${own.name}`) : null));
  if (expanded) made.append(element("ul", { role: "group" }, ...children.map((child) => item(child, level + 1, key))));
  return made;
}

function drawTree() {
  const focused = document.activeElement?.dataset?.key, top = $("tree").scrollTop;
  const roots = nodes.filter((node) => !node.parents.length).map((node) => item(node.id, 1, ""));
  $("tree").replaceChildren(element("ul", { role: "tree", "aria-label": "hierarchy" }, ...roots));
  const rows = [...$("tree").querySelectorAll("[role=treeitem]")];
  const back = rows.find((row) => row.dataset.key === focused);
  (back ?? rows.find((row) => row.ariaSelected === "true") ?? rows[0]).tabIndex = 0;
  back?.focus({ preventScroll: true });
  $("tree").scrollTop = top;
}

function openWay(id) { // to a synset, by its first parents; single children need no click
  const way = [];
  for (let at = id; at !== undefined; at = nodes[at].parents[0]) way.unshift(at);
  let key = "";
  for (const step of way.slice(0, -1)) { key += `/${step}`; open.add(key); }
  return `${key}/${id}`;
}

function choose(node, reveal = false) {
  chosen = node;
  const key = reveal ? openWay(node.id) : null;
  draw();
  location.replace(`#${node.wnid}`);
  if (key) $("tree").querySelector(`[data-key="${key}"]`)?.scrollIntoView({ block: "center" });
}

const linkTo = (node, text = title(node)) =>
  element("button", { type: "button", class: "link", onclick: () => choose(node, true) }, text);

function picture(at) {
  if (!data.sprite) return null;
  const { side, columns } = data.sprite;
  return element("span", { class: "picture", role: "img", "aria-label": title(classNode(at)), style:
    `background: url(${data.sprite.url}) -${(at % columns) * side}px -${Math.floor(at / columns) * side}px` });
}

const button = (text, action) => element("button", { type: "button", onclick: action }, text);

function ask(question, value, answered) {
  $("question").textContent = question;
  $("answer").value = value;
  $("wrong").textContent = "";
  $("labels").replaceChildren(...labelsNow().map((label) => element("option", { value: label.name })));
  $("ok").onclick = (event) => {
    const wrong = $("answer").value.trim() ? answered($("answer").value) : "give it a name";
    if (wrong) { event.preventDefault(); $("wrong").textContent = wrong; }
  };
  $("ask").showModal();
  $("answer").select();
}

function drawDetail() {
  const node = chosen, parts = [];
  if (!node) return $("detail").replaceChildren(...overview());
  if (node.wnid === undefined) return drawNamed(node);
  const label = labelAt(node) ?? (node.at !== undefined ? set.now[node.at] : undefined);
  const asLabel = label && label.synset === node.id;
  const classes = asLabel ? classesOf(label) : [...node.below].sort((a, b) => a - b);
  parts.push(element("h2", {}, title(node)),
    element("p", {}, node.definition, " ", element("small", {}, `${node.wnid}${node.shown && node.shown !== node.name ? `, in WordNet ${node.name}` : ""}`)));
  const above = [...ancestors(node.id)].map((id) => nodes[id]).sort((a, b) => a.below.size - b.below.size);
  if (above.length) parts.push(element("p", { class: "quiet" }, "above: ",
    ...above.slice(0, 6).flatMap((up, n) => [n ? ", " : "", linkTo(up, `${up.name} ${up.below.size}`)])));
  parts.push(element("p", {}, asLabel
    ? `A label of ${classes.length} ${classes.length === 1 ? "class" : "classes"}${classes.length < node.below.size ? `; ${node.below.size - classes.length} more below it have labels of their own` : ""}.`
    : node.at === undefined ? `No label; ${node.below.size} classes below it.` : label === DROPPED ? "Dropped." : `A class of the label ${label.name}.`));
  const buttons = [];
  if (asLabel) buttons.push(button("Rename…", () => ask("new name of the label", label.name, (name) => rename(label, name))));
  if (asLabel && classes.length > 1) buttons.push(button("Split", () => split(label)));
  if (classes.length > 1) buttons.push(button("Keep classes apart", () => keepApart(classes)));
  if (!asLabel && node.at !== undefined) buttons.push(button("Keep apart", () => keepApart([node.at])));
  if (!asLabel && node.below.size > 1) buttons.push(button("Make it one label", () => merge([...node.below], node.name)));
  buttons.push(button("Merge into…", () => ask("the label that these become", "", (name) => merge(classes, name))));
  buttons.push(button("To other", () => merge(classes, OTHER)));
  buttons.push(button("Drop", () => change(classes.map((at) => [at, DROPPED]))));
  parts.push(element("div", { class: "buttons" }, ...buttons));
  const found = set.findings.filter(([, about]) => about.every((at) => classes.includes(at)));
  for (const [kind, , detail, suggestion] of found.slice(0, MOST_FINDINGS)) parts.push(
    element("div", { class: "finding" }, element("b", {}, kind), ` ${detail} `, element("small", {}, suggestion)));
  if (found.length > MOST_FINDINGS) parts.push(
    element("p", { class: "quiet" }, `and ${found.length - MOST_FINDINGS} more findings below`));
  parts.push(table(classes));
  $("detail").replaceChildren(...parts);
}

function drawNamed(label) { // one that is a name alone
  const classes = classesOf(label);
  $("detail").replaceChildren(element("h2", {}, label.name),
    element("p", {}, `A label of ${classes.length} classes, by its name alone.`),
    element("div", { class: "buttons" },
      button("Rename…", () => ask("new name of the label", label.name, (name) => rename(label, name))),
      button("Keep classes apart", () => keepApart(classes)),
      button("Merge into…", () => ask("the label that these become", "", (name) => merge(classes, name)))),
    table(classes));
}

function table(classes) {
  const head = element("tr", {}, ...(data.sprite ? [element("th", {}, "picture")] : []), element("th", {}, "class"),
    element("th", {}, set.name), ...(beside ? [element("th", {}, beside.name)] : []));
  const rows = classes.slice(0, 1500).map((at) => element("tr", {},
    ...(data.sprite ? [element("td", {}, picture(at))] : []),
    element("td", {}, linkTo(classNode(at))),
    element("td", { class: set.now[at] === set.first[at] ? "" : "changed" }, cell(set.now[at])),
    ...(beside ? [element("td", { class: sameCompany(at) ? "" : "changed" }, cell(beside.now[at]))] : [])));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

const cell = (label) => label === DROPPED ? "dropped"
  : label.synset !== undefined ? linkTo(nodes[label.synset], label.name)
    : set.now.includes(label) ? element("button", { type: "button", class: "link", onclick: () => { chosen = label; draw(); } }, label.name)
      : label.name; // of the set beside this one

const company = (state, at) => classesOf(state[at], state).join();
const sameCompany = (at) => company(set.now, at) === company(beside.now, at);

function overview() {
  const labels = labelsNow(), sizes = labels.map((label) => [label, classesOf(label).length]).sort((a, b) => b[1] - a[1]);
  const kept = set.now.filter((label) => label !== DROPPED).length;
  const parts = [element("h2", {}, set.name),
    element("p", {}, `${labels.length} labels of ${kept} classes. Choose a synset in the tree, or search.`)];
  if (beside) {
    const moved = set.now.flatMap((label, at) => (sameCompany(at) ? [] : [at]));
    parts.push(element("h3", {}, `Other company than in ${beside.name}: ${moved.length} classes`), table(moved));
  } else parts.push(element("h3", {}, "Labels, largest first"), element("table", {}, element("tbody", {}, ...sizes.map(([label, size]) =>
    element("tr", {}, element("td", {}, cell(label)), element("td", { class: "quiet" }, String(size)))))));
  return parts;
}

function drawFindings() {
  chosen = null;
  drawTree();
  const kinds = new Map();
  for (const finding of set.findings) kinds.set(finding[0], [...(kinds.get(finding[0]) ?? []), finding]);
  $("detail").replaceChildren(element("h2", {}, `Findings on ${set.name}`),
    element("p", { class: "quiet" }, "Questions to a person, of the label set as it was before edits."),
    ...[...kinds].flatMap(([kind, list]) => [element("h3", {}, `${kind} (${list.length})`),
      ...list.map(([, about, detail, suggestion]) => element("div", { class: "finding" },
        linkTo(classNode(about[0]), set.first[about[0]].name), ` ${detail} `, element("small", {}, suggestion)))]));
  $("detail").focus();
}

function drawEdits() {
  const edits = editsOf(set), text = yamlOf(edits);
  const count = set.now.filter((label, at) => label !== set.first[at]).length;
  $("edits").textContent = `Edits: ${set.past.length}`;
  $("changes").textContent = `${count} classes of ${set.name} have another label or name than before; ${labelsNow().length} labels.`;
  $("yaml").value = text || "# no edits yet\n";
  $("undo").disabled = $("clear").disabled = !set.past.length;
}

function draw() {
  if (chosen && chosen.wnid === undefined && !set.now.includes(chosen)) chosen = null; // it is gone
  drawTree();
  drawDetail();
  drawEdits();
}

// ---- what people do

$("tree").addEventListener("click", (event) => {
  const row = event.target.closest("[role=treeitem]");
  if (!row) return;
  row.focus({ preventScroll: true });
  const key = row.dataset.key;
  if (chosen?.id === Number(row.dataset.id) || event.target.classList.contains("turn")) toggle(key);
  else { open.add(key); choose(nodes[row.dataset.id]); }
  if (event.target.classList.contains("turn")) draw();
});

const toggle = (key, wanted = !open.has(key)) => { if (wanted) open.add(key); else open.delete(key); draw(); };

$("tree").addEventListener("keydown", (event) => {
  const row = event.target.closest("[role=treeitem]");
  if (!row) return;
  const rows = [...$("tree").querySelectorAll("[role=treeitem]")], at = rows.indexOf(row);
  const go = (to) => { if (to) { rows.forEach((each) => { each.tabIndex = -1; }); to.tabIndex = 0; to.focus(); } };
  const keys = {
    ArrowDown: () => go(rows[at + 1]), ArrowUp: () => go(rows[at - 1]), Home: () => go(rows[0]), End: () => go(rows.at(-1)),
    ArrowRight: () => (row.ariaExpanded === "false" ? toggle(row.dataset.key, true) : go(row.querySelector("[role=treeitem]"))),
    ArrowLeft: () => (row.ariaExpanded === "true" ? toggle(row.dataset.key, false) : go(row.parentElement.closest("[role=treeitem]"))),
    Enter: () => choose(nodes[row.dataset.id]), " ": () => choose(nodes[row.dataset.id]),
  };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});

function search() {
  const wanted = $("search").value.trim().toLowerCase();
  if (!wanted) return;
  const label = named(wanted);
  const fits = (node) => [title(node), node.name, node.wnid].some((name) => name.toLowerCase() === wanted);
  if (label && label.synset === undefined) { chosen = label; return draw(); }
  const found = (label && nodes[label.synset]) ?? nodes.find(fits)
    ?? nodes.find((node) => title(node).toLowerCase().includes(wanted));
  if (found) choose(found, true);
  else $("detail").replaceChildren(element("p", {}, `Nothing here is called ${wanted}.`));
}

$("search").addEventListener("change", search);
$("search").addEventListener("keydown", (event) => { if (event.key === "Enter") search(); });

$("set").onchange = () => { set = sets[$("set").value]; draw(); };
$("beside").onchange = () => { beside = sets[$("beside").value] ?? null; chosen = null; draw(); };
$("findings").onclick = drawFindings;
$("edits").onclick = () => { drawEdits(); $("out").showModal(); $("yaml").setSelectionRange(0, 0); $("yaml").scrollTop = 0; };
$("undo").onclick = () => { set.now = set.past.pop(); draw(); };
$("clear").onclick = () => { set.now = [...set.first]; set.past = []; draw(); };
$("save-yaml").onclick = () => save(`${set.name}-edits.yaml`, $("yaml").value);
$("save-json").onclick = () => save(`${set.name}-edited.json`, `${JSON.stringify(labelFile(), null, 2)}\n`);

$("set").append(...sets.map((each, n) => element("option", { value: n }, each.name)));
$("beside").append(element("option", { value: "" }, "–"), ...sets.map((each, n) => element("option", { value: n }, each.name)));
$("names").append(...[...new Set(nodes.map(title))].sort().map((name) => element("option", { value: name })));
// What holds a quarter of the classes or more is open, so that the tree begins with branches.
function openLarge(id, path) {
  const key = `${path}/${id}`;
  if (nodes[id].below.size < data.classes.length / 4) return;
  open.add(key);
  nodes[id].children.forEach((child) => openLarge(child, key));
}
nodes.filter((node) => !node.parents.length).forEach((node) => openLarge(node.id, ""));
const asked = nodes.find((node) => `#${node.wnid}` === location.hash);
if (asked) choose(asked, true); else draw();
