// Where one is: the view, the filters, the open cell. It stands in the fragment of the address, so that every place has a link.

const VIEWS = ["formats", "fixtures", "directions", "worst", "faults"];
const EMPTY = { view: "formats", fixture: "", format: "", loader: "", status: "", cause: "", direction: "", cell: "", like: "" };
const LIKE_FIELDS = ["stage", "producer", "consumer", "fixture", "format", "loader", "kind", "direction", "fault", "cause", "reason", "verdict"];

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  const state = { ...EMPTY };
  for (const name of Object.keys(EMPTY)) {
    if (given.has(name)) state[name] = given.get(name);
  }
  if (!VIEWS.includes(state.view)) state.view = EMPTY.view;
  return state;
}

// A view that there is not becomes the first one, and the address says so.
function correctAddress(state) {
  const given = new URLSearchParams(location.hash.slice(1)).get("view");
  if (given !== null && given !== state.view) history.replaceState(null, "", fragment(state));
}

function fragment(state) {
  const parts = Object.keys(EMPTY)
    .filter((name) => state[name] !== EMPTY[name])
    .map((name) => `${name}=${encodeURIComponent(state[name]).replaceAll("%2F", "/").replaceAll("%40", "@").replaceAll("%2C", ",")}`);
  return `#${parts.join("&")}`;
}

function go(changes) {
  const next = fragment({ ...readState(), ...changes });
  if (next === location.hash || (next === "#" && location.hash === "")) return;
  location.hash = next;
}

function fieldsAlike(state) {
  return state.like.split(",").filter((field) => LIKE_FIELDS.includes(field));
}
