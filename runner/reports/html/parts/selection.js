// Which cells are selected, and what many of them come to in one cell of a table.

const PLAIN_FILTERS = ["fixture", "format", "loader", "direction"];
const RESULT_FILTERS = ["status", "cause"];
const FILTERS = [...PLAIN_FILTERS, ...RESULT_FILTERS];

// A name that this run does not know selects nothing, and is not passed over.
const UNKNOWN = -2;

function numberOfName(filter, name) {
  if (name === "") return null;
  const found = {
    fixture: () => index.fixtures.indexOf(name),
    format: () => index.formats.findIndex((format) => format.name === name),
    loader: () => index.loaders.findIndex((loader) => loader.name === name),
    direction: () => DIRECTIONS.indexOf(name),
    status: () => (name === "silent" ? index.statuses.length : index.statuses.findIndex((status) => status.name === name)),
    cause: () => index.causes.findIndex((cause) => cause.key === name),
  }[filter]();
  return found === -1 ? UNKNOWN : found;
}

// `base` marks the cells that fit all filters but status and cause: they are the denominators. `matched` marks those that fit all.
// `options` counts, for each filter, the cells that each of its choices would leave.
function select(state) {
  const base = new Uint8Array(count);
  const matched = new Uint8Array(count);
  const wanted = FILTERS.map((filter) => numberOfName(filter, state[filter]));
  const silentNumber = index.statuses.length;
  const sources = [columns.fixture, columns.format, columns.loader, direction, columns.status, columns.cause];
  const sizes = [index.fixtures.length, index.formats.length, index.loaders.length, 3, silentNumber + 1, index.causes.length];
  const options = sizes.map((size) => new Int32Array(size));
  const plain = PLAIN_FILTERS.length;
  let size = 0;
  for (let cell = 0; cell < count; cell += 1) {
    let wrong = 0;
    let which = NONE;
    let plainWrong = false;
    for (let filter = 0; filter < wanted.length; filter += 1) {
      const want = wanted[filter];
      if (want === null) continue;
      const fits = filter === plain && want === silentNumber ? columns.silent[cell] === 1 : sources[filter][cell] === want;
      if (fits) continue;
      wrong += 1;
      which = filter;
      plainWrong = plainWrong || filter < plain;
    }
    if (!plainWrong) base[cell] = 1;
    if (wrong === 0) {
      matched[cell] = 1;
      size += 1;
    }
    if (wrong > 1) continue;
    for (let filter = 0; filter < sources.length; filter += 1) {
      if (wrong === 1 && which !== filter) continue;
      const value = sources[filter][cell];
      if (value !== NONE) options[filter][value] += 1;
      if (filter === plain && columns.silent[cell]) options[filter][silentNumber] += 1;
    }
  }
  const narrowed = RESULT_FILTERS.some((filter) => state[filter] !== "");
  return { base, matched, options, size, narrowed };
}

class Fold {
  constructor() {
    this.all = 0;
    this.total = 0;
    this.passed = 0;
    this.ran = 0;
    this.matched = 0;
    this.silent = 0;
    this.worst = NONE;
  }

  add(cell, isMatched) {
    const shown = columns.shown[cell];
    const name = index.statuses[shown].name;
    this.all += 1;
    if (name !== "unsupported") this.total += 1;
    if (name === "passed") this.passed += 1;
    if (name === "passed" || name === "degraded" || name === "failed") this.ran += 1;
    if (!isMatched) return;
    this.matched += 1;
    this.silent += columns.silent[cell];
    if (this.worst === NONE || index.statuses[shown].severity > index.statuses[this.worst].severity) this.worst = shown;
  }
}

// Folds by the number that `key` gives a cell; a cell for which it gives NONE is in none.
function fold(selection, key) {
  const folds = new Map();
  for (let cell = 0; cell < count; cell += 1) {
    if (!selection.base[cell]) continue;
    const number = key(cell);
    if (number === NONE) continue;
    let found = folds.get(number);
    if (found === undefined) {
      found = new Fold();
      folds.set(number, found);
    }
    found.add(cell, selection.matched[cell] === 1);
  }
  return folds;
}

// How a fold looks: the name of its colour, its sign, its number, the share that the bar shows, how good that is, and the same for a listener.
function look(found, selection) {
  if (found === undefined || found.all === 0) return null;
  if (found.matched === 0) {
    return { name: "none", sign: "", number: `0/${found.all}`, share: 0, good: 0, spoken: `none of ${found.all} cells is selected` };
  }
  const silent = found.silent > 0;
  const status = index.statuses[found.worst];
  const name = silent ? "silent" : status.name;
  const worst = silent ? index.silent.text : status.text;
  if (selection.narrowed) {
    const share = found.matched / found.all;
    const spoken = `${found.matched} of ${found.all} cells selected; the worst of them: ${worst}`;
    return { name, sign: silent ? index.silent.sign : status.sign, number: `${found.matched}/${found.all}`, share, good: 1 - share, spoken };
  }
  const number = found.total === 0 ? "" : `${found.ran > 0 ? found.passed : "\u2013"}/${found.total}`;
  const share = found.total === 0 ? 0 : found.passed / found.total;
  const spoken = found.total === 0 ? worst : `${found.passed} of ${found.total} passed; the worst: ${worst}`;
  return { name, sign: silent ? index.silent.sign : status.sign, number, share, good: share, spoken };
}

// The selected cells that agree with one of them in some fields, the worst first.
function cellsLike(selection, cell, fields) {
  const found = [];
  for (let other = 0; other < count; other += 1) {
    if (other === cell || (selection.matched[other] && fields.every((field) => valueOf(field, other) === valueOf(field, cell)))) {
      found.push(other);
    }
  }
  return worstFirst(found);
}

function worstFirst(cells) {
  return cells.sort((one, other) => badness(other) - badness(one) || one - other);
}

// What the selection comes to, with its denominators.
function sums(selection) {
  const found = new Map(index.statuses.map((status) => [status.name, 0]));
  let silent = 0;
  for (let cell = 0; cell < count; cell += 1) {
    if (!selection.matched[cell]) continue;
    const name = index.statuses[columns.status[cell]].name;
    found.set(name, found.get(name) + 1);
    silent += columns.silent[cell];
  }
  const ran = found.get("passed") + found.get("degraded") + found.get("failed");
  return { ran, silent, by: (name) => found.get(name) };
}
