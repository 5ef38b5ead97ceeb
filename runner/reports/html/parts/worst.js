// The worst first: what is selected, by verdict and cause, and of failures the silent ones before all others.

const GROUP_CELLS = 100;
const SECTIONS = [
  ["silent", "Nothing raised, and the result is wrong"],
  ["failed", "Failed"],
  ["degraded", "Degraded: the outputs are right, something else was lost"],
  ["errored", "Errored: no statement about TensorFlow"],
  ["blocked", "Blocked: a cell that these need did not pass"],
  ["not-run", "Not run"],
];
const ONLY_WHEN_ASKED = [
  ["unsupported", "Unsupported"],
  ["passed", "Passed"],
];

function worstView(selection, state) {
  const groups = grouped(selection);
  const shown = [...SECTIONS, ...ONLY_WHEN_ASKED.filter(([name]) => state.status === name)];
  const parts = [];
  for (const [name, title] of shown) {
    const found = [...(groups.get(name) || new Map()).values()].sort((one, other) => other.length - one.length || one[0] - other[0]);
    if (found.length === 0) continue;
    const cells = found.reduce((sum, group) => sum + group.length, 0);
    const mark = name === "silent" ? index.silent.sign : index.statuses.find((status) => status.name === name).sign;
    const heading = element("h2", {}, sign(name, mark), ` ${title} `, element("span", { class: "number" }, plural(cells, "cell")));
    parts.push(element("section", { class: "part" }, heading, ...found.map((group) => groupCard(name, group))));
  }
  return parts.length ? parts : [element("p", { class: "nothing" }, "Nothing failed, was lost or is missing among what is selected.")];
}

function grouped(selection) {
  const sections = new Map();
  for (let cell = 0; cell < count; cell += 1) {
    if (!selection.matched[cell]) continue;
    const name = statusName(cell);
    if (!sections.has(name)) sections.set(name, new Map());
    const key = columns.cause[cell] !== NONE ? columns.cause[cell] : -10 - columns.reason[cell];
    const groups = sections.get(name);
    if (groups.has(key)) groups.get(key).push(cell);
    else groups.set(key, [cell]);
  }
  return sections;
}

function groupCard(name, cells) {
  const cause = columns.cause[cells[0]] === NONE ? null : index.causes[columns.cause[cells[0]]];
  const reason = columns.reason[cells[0]] === NONE ? "all that was compared is right" : index.reasons[columns.reason[cells[0]]].text;
  const title = element("h3", {}, element("span", { class: "number" }, cells.length.toLocaleString("en")), ` ${sentence(cause ? cause.cause : reason)}`);
  const lines = [title];
  if (cause) {
    const tag = element("span", { class: "tag" }, cause.class);
    lines.push(element("p", { class: "tags" }, tag, ...tallied("format", cells), threadLink(cause.link)));
    if (cause.error) lines.push(element("pre", {}, cause.error));
    if (cause.remedy) lines.push(element("p", {}, element("b", {}, `${remedyHeading(cause.remedy)}: `), remedyText(cause.remedy)));
  }
  const details = element("details", {}, element("summary", {}, `Show ${plural(cells.length, "cell")}`));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(cellList(cells, cause ? "verdict,cause" : "verdict,reason"));
  });
  return element("article", { class: `card edge-${name}` }, ...lines, details);
}

function tallied(field, cells) {
  const counts = new Map();
  for (const cell of cells) counts.set(columns[field][cell], (counts.get(columns[field][cell]) || 0) + 1);
  counts.delete(NONE);
  const ranked = [...counts].sort(([one, many], [other, more]) => more - many || one - other).slice(0, 6);
  return ranked.map(([number, many]) => element("span", { class: "tally" }, `${nameOf(field, number)} ${many.toLocaleString("en")}`));
}

function cellList(cells, like) {
  const list = element("ul", { class: "cells" });
  const add = (from) => {
    for (const cell of cells.slice(from, from + GROUP_CELLS)) {
      list.append(element("li", {}, sign(statusName(cell), statusSign(cell)), cellLink(cell, like)));
    }
    const rest = cells.length - from - GROUP_CELLS;
    if (rest <= 0) return;
    const more = element("button", { type: "button", class: "link" }, `${Math.min(rest, GROUP_CELLS)} more of ${plural(rest, "cell")}`);
    const item = element("li", {}, more);
    more.addEventListener("click", () => {
      item.remove();
      add(from + GROUP_CELLS);
    });
    list.append(item);
  };
  add(0);
  return list;
}

function cellLink(cell, like) {
  return element("a", { class: "id", href: fragment({ ...readState(), cell: idOf(cell), like }) }, idOf(cell));
}
