// The data of the page. Everything that varies with the run comes out of the packed blocks below the script and is only ever
// given to textContent and to attributes that hold no address and no script.

let index = null;
let columns = null;
let count = 0;
let direction = null;
let kind = null;

const NONE = -1;
const BUILD = 0;
const SAVE = 1;
const LOAD = 2;
const FORWARD = 0;
const SAME = 1;
const BACKWARD = 2;
const DIRECTIONS = ["forward", "same", "backward"];
const DIRECTION_TEXTS = ["to a newer TensorFlow", "to the same TensorFlow", "to an older TensorFlow"];

async function unpacked(name) {
  const binary = atob(document.getElementById(name).textContent.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

async function openData() {
  index = await unpacked("index");
  columns = {};
  for (const [name, values] of Object.entries(index.columns)) columns[name] = Int32Array.from(values);
  index.columns = null;
  count = columns.stage.length;
  direction = new Int8Array(count).fill(NONE);
  kind = new Int8Array(count).fill(NONE);
  const rank = index.environments.map((environment) => environment.rank);
  for (let cell = 0; cell < count; cell += 1) {
    if (columns.stage[cell] !== LOAD) continue;
    if (columns.loader[cell] !== NONE) kind[cell] = index.loaders[columns.loader[cell]].kind;
    const from = columns.producer[cell] === NONE ? NONE : rank[columns.producer[cell]];
    const to = columns.consumer[cell] === NONE ? NONE : rank[columns.consumer[cell]];
    // The same environment is the same version, whether or not the version is known.
    if (columns.producer[cell] === columns.consumer[cell]) direction[cell] = SAME;
    else if (from !== NONE && to !== NONE) direction[cell] = to > from ? FORWARD : to < from ? BACKWARD : SAME;
  }
}

function nameOf(field, number) {
  if (number === NONE) return "";
  switch (field) {
    case "producer":
    case "consumer":
      return index.environments[number].id;
    case "stage":
      return index.stages[number];
    case "status":
    case "shown":
      return index.statuses[number].name;
    case "reason":
      return index.reasons[number].name;
    case "fixture":
      return index.fixtures[number];
    case "format":
      return index.formats[number].name;
    case "loader":
      return index.loaders[number].name;
    case "fault":
      return index.faults[number];
    case "kind":
      return index.kinds[number];
    case "direction":
      return DIRECTION_TEXTS[number];
    default:
      return index.causes[number].cause;
  }
}

function valueOf(field, cell) {
  if (field === "kind") return kind[cell];
  if (field === "direction") return direction[cell];
  if (field === "verdict") return columns.silent[cell] ? index.statuses.length : columns.status[cell];
  return columns[field][cell];
}

function text(field, cell) {
  return nameOf(field, valueOf(field, cell));
}

const FIELDS_OF_STAGE = [["producer"], ["producer", "fixture", "format"], ["producer", "consumer", "fixture", "format", "loader"]];

function idOf(cell) {
  if (cell in index.ids) return index.ids[cell];
  const stage = columns.stage[cell];
  return [index.stages[stage], ...FIELDS_OF_STAGE[stage].map((field) => text(field, cell))].join("/");
}

let numbers = null;

function cellOf(id) {
  if (numbers === null) {
    numbers = new Map();
    for (let cell = 0; cell < count; cell += 1) numbers.set(idOf(cell), cell);
  }
  return numbers.has(id) ? numbers.get(id) : NONE;
}

const opened = new Map();

async function evidenceOf(cell) {
  const number = Math.floor(cell / index.chunk);
  if (!opened.has(number)) opened.set(number, unpacked(`chunk-${number}`));
  const chunk = await opened.get(number);
  return { texts: chunk.texts, ...chunk.cells[cell % index.chunk] };
}

function statusName(cell) {
  return columns.silent[cell] ? "silent" : index.statuses[columns.status[cell]].name;
}

function statusSign(cell) {
  return columns.silent[cell] ? index.silent.sign : index.statuses[columns.status[cell]].sign;
}

// Higher is worse; of these two orders of badness the silent one is always above.
function badness(cell) {
  return columns.silent[cell] ? 100 : index.statuses[columns.status[cell]].severity;
}
