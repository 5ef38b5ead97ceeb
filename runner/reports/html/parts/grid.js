// A table in which one goes about with the arrow keys: one of its cells is in the order of the Tab key, the others are not.

const grids = new Map();

// Below the first share a colour is that of few, from the second on that of most.
const FEW = 1 / 3;
const MOST = 2 / 3;

// `spec.rows` and `spec.columns` are headings ({ text, about, kind }); `spec.at(row, column)` gives how a cell looks, or null;
// `spec.open(row, column)` gives the fields in which the cells behind it agree, as [[field, number], ...].
function makeGrid(spec) {
  const head = element("tr", {}, element("td", { class: "corner" }, spec.corner || ""));
  for (const column of spec.columns) head.append(columnHeading(column));
  const body = element("tbody", {});
  const table = element("table", { role: "grid", id: spec.id, "aria-label": spec.label, class: `grid ${spec.class || ""}` });
  spec.rows.forEach((row, rowNumber) => {
    const line = element("tr", {}, element("th", { scope: "row", title: row.about }, heading(row)));
    spec.columns.forEach((column, columnNumber) => line.append(gridCell(spec, row, column, rowNumber, columnNumber)));
    body.append(line);
  });
  table.append(...(spec.groups ? [spec.groups] : []), element("thead", {}, spec.over ? spec.over() : null, head), body);
  const first = body.querySelector("td.open");
  if (first) first.tabIndex = 0;
  grids.set(spec.id, spec);
  return table;
}

// What tells headings apart stands out: of an environment its TensorFlow, of a way to load its format.
function heading(item) {
  const at = item.plain ? item.text.indexOf(" \u00b7 ") : item.text.indexOf("-");
  return at < 1 ? [element("b", {}, item.text)] : [element("b", {}, item.text.slice(0, at)), item.text.slice(at)];
}

function columnHeading(column) {
  return element("th", { scope: "col", title: column.about, class: column.kind || null }, element("span", { class: "turned" }, heading(column)));
}

function gridCell(spec, row, column, rowNumber, columnNumber) {
  const how = spec.at(rowNumber, columnNumber);
  if (how === null) {
    const absent = element("td", { class: column.kind ? `absent ${column.kind}` : "absent" });
    return absent;
  }
  const made = document.createElement("td");
  made.setAttribute("role", "gridcell");
  const step = how.good < FEW ? "few" : how.good >= MOST ? "most" : "some";
  made.className = `open is-${how.name} is-${how.name}-${step} share-${Math.floor(10 * how.share)}${column.kind ? ` ${column.kind}` : ""}`;
  if (row.same !== undefined && row.same === column.same) made.className += " same";
  made.tabIndex = -1;
  made.textContent = how.number ? `${how.sign}\n${how.number}` : how.sign;
  made.setAttribute("aria-label", `${spec.spoken(row, column)}: ${how.spoken}`);
  return made;
}

function placeOf(cell) {
  const row = cell.parentElement;
  return { row: row.sectionRowIndex, column: cell.cellIndex - 1 };
}

function openable(cell) {
  return cell instanceof HTMLElement && cell.tagName === "TD" && cell.classList.contains("open");
}

// The next cell that opens something, from a cell in a direction; null at the edge.
function nextCell(cell, down, right) {
  const rows = cell.closest("tbody").rows;
  let { row, column } = placeOf(cell);
  for (;;) {
    row += down;
    column += right;
    if (row < 0 || row >= rows.length || column < 0 || column + 1 >= rows[row].cells.length) return null;
    const found = rows[row].cells[column + 1];
    if (openable(found)) return found;
  }
}

function farthest(cell, down, right) {
  let found = cell;
  for (let next = nextCell(found, down, right); next !== null; next = nextCell(found, down, right)) found = next;
  return found;
}

function moved(event, cell) {
  switch (event.key) {
    case "ArrowUp":
      return nextCell(cell, -1, 0);
    case "ArrowDown":
      return nextCell(cell, 1, 0);
    case "ArrowLeft":
      return nextCell(cell, 0, -1);
    case "ArrowRight":
      return nextCell(cell, 0, 1);
    case "Home":
      return farthest(event.ctrlKey ? farthest(cell, -1, 0) : cell, 0, -1);
    case "End":
      return farthest(event.ctrlKey ? farthest(cell, 1, 0) : cell, 0, 1);
    case "PageUp":
      return farthest(cell, -1, 0);
    case "PageDown":
      return farthest(cell, 1, 0);
    default:
      return undefined;
  }
}

function keyInGrid(event) {
  if (!openable(event.target) || event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    openGridCell(event.target);
    return;
  }
  const next = moved(event, event.target);
  if (next === undefined) return;
  event.preventDefault();
  if (next !== null) next.focus();
}

// The cell that has the focus is the one to which Tab comes back; the headings of its row and column stand out.
function focusInGrid(event) {
  if (!openable(event.target)) return;
  for (const other of event.target.closest("table").querySelectorAll("td.open[tabindex='0']")) other.tabIndex = -1;
  event.target.tabIndex = 0;
  pointOut(event.target);
}

function pointOut(cell) {
  for (const marked of document.querySelectorAll("th.pointed")) marked.classList.remove("pointed");
  if (!openable(cell)) return;
  const table = cell.closest("table");
  cell.parentElement.cells[0].classList.add("pointed");
  const head = table.tHead.rows[table.tHead.rows.length - 1].cells[cell.cellIndex];
  if (head) head.classList.add("pointed");
}

function openGridCell(cell) {
  const { row, column } = placeOf(cell);
  const id = cell.closest("table").id;
  const alike = grids.get(id).open(row, column);
  const found = worstFirst(matching(alike));
  if (found.length === 0) {
    announce("None of the cells behind this one is selected.");
    return;
  }
  for (const marked of document.querySelectorAll("td.opened")) marked.classList.remove("opened");
  cell.classList.add("opened");
  returnTo = () => {
    const table = document.getElementById(id);
    const line = table && table.tBodies[0].rows[row];
    return line && line.cells[column + 1];
  };
  go({ cell: idOf(found[0]), like: alike.map(([field]) => field).join(",") });
}

function matching(alike) {
  const found = [];
  for (let cell = 0; cell < count; cell += 1) {
    if (current.matched[cell] && alike.every(([field, number]) => valueOf(field, cell) === number)) found.push(cell);
  }
  return found;
}
