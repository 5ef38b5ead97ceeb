// The page as a whole: it opens the data, fills the filters, and shows what the address says, again after each change of it.

let current = null;
let drawn = null;

const MAKERS = {
  formats: formatsView,
  fixtures: fixturesView,
  directions: directionsView,
  worst: worstView,
  faults: faultsView,
};

function choices(filter) {
  switch (filter) {
    case "fixture":
      return index.fixtures.map((name, number) => ({ number, value: name, text: name }));
    case "format":
      return index.formats.map(({ name }, number) => ({ number, value: name, text: name }));
    case "loader":
      return index.loaders.map(({ name }, number) => ({ number, value: name, text: name }));
    case "direction":
      return DIRECTIONS.map((name, number) => ({ number, value: name, text: `${name}: ${DIRECTION_TEXTS[number]}` }));
    case "status": {
      const plain = index.statuses.map(({ name, sign: mark }, number) => ({ number, value: name, text: `${mark} ${name}` }));
      return [{ number: plain.length, value: "silent", text: `${index.silent.sign} failed silently` }, ...plain];
    }
    default:
      return index.causes.map((cause, number) => ({ number, value: cause.key, text: causeText(cause) }));
  }
}

function causeText(cause) {
  const words = cause.error ? `${cause.cause}: ${cause.error}` : cause.cause;
  return `${cause.class}: ${words.length > 90 ? `${words.slice(0, 90)}\u2026` : words}`;
}

function fillFilters() {
  for (const filter of FILTERS) {
    const found = choices(filter);
    if (filter !== "direction" && filter !== "status") found.sort(filter === "format" ? formatOrder : (one, other) => (one.text < other.text ? -1 : 1));
    const list = document.getElementById(`filter-${filter}`);
    list.append(...found.map(({ value, text: words, number }) => element("option", { value, "data-number": number, "data-text": words }, words)));
    list.addEventListener("change", () => go({ [filter]: list.value, cell: "", like: "" }));
  }
  document.getElementById("clear").addEventListener("click", () => {
    go(Object.fromEntries([...FILTERS, "cell", "like"].map((name) => [name, ""])));
    document.getElementById("filter-fixture").focus();
  });
}

function showFilters(state) {
  FILTERS.forEach((filter, place) => {
    const list = document.getElementById(`filter-${filter}`);
    if (state[filter] !== "" && ![...list.options].some((option) => option.value === state[filter])) {
      list.append(element("option", { value: state[filter], "data-number": UNKNOWN, "data-text": state[filter] }, state[filter]));
    }
    for (const option of list.options) {
      if (option.value === "") continue;
      const number = Number(option.dataset.number);
      const found = number === UNKNOWN ? "not in this run" : current.options[place][number].toLocaleString("en");
      const words = `${option.dataset.text} (${found})`;
      if (option.textContent !== words) option.textContent = words;
    }
    list.value = state[filter];
    list.parentElement.classList.toggle("chosen", state[filter] !== "");
  });
  document.getElementById("clear").disabled = FILTERS.every((filter) => state[filter] === "");
}

function showViews(state) {
  for (const link of document.querySelectorAll("#views a")) {
    const view = link.dataset.view;
    link.setAttribute("href", fragment({ ...state, view, cell: "", like: "" }));
    if (view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function showSums() {
  const { ran, silent, by } = sums(current);
  const silently = silent ? ` (${silent.toLocaleString("en")} of them silently)` : "";
  const number = (name) => by(name).toLocaleString("en");
  // While nothing is filtered the numbers on top say the same.
  const some = current.size < count || FILTERS.some((filter) => readState()[filter] !== "");
  const never = index.unreached ? `${plural(index.unreached, "planned cell")} never reached and in no selection` : "";
  const all =
    `${current.size.toLocaleString("en")} of ${plural(count, "cell")} selected: ${ran.toLocaleString("en")} ran, of which ` +
    `${number("passed")} passed, ${number("degraded")} degraded, ${number("failed")} failed${silently}; ` +
    `${number("unsupported")} unsupported, ${number("blocked")} blocked, ${number("errored")} errored, ${number("not-run")} not run`;
  document.getElementById("selected").textContent = [some ? all : "", never].filter((words) => words !== "").join("; ");
  document.getElementById("meaning").textContent = current.narrowed
    ? "The number is how many of the cells behind it are selected, of all that fit the other filters."
    : "The number is how many passed, of those that make sense: unsupported ones are left out.";
}

function apply() {
  const state = readState();
  correctAddress(state);
  const wanted = fragment({ ...state, cell: "", like: "" });
  if (wanted !== drawn) {
    drawn = wanted;
    current = select(state);
    grids.clear();
    forgetUnmade();
    showFilters(state);
    showSums();
    document.getElementById("view").replaceChildren(...MAKERS[state.view](current, state));
    makeVisible();
  }
  showViews(state);
  return showPanel(state);
}

function listen() {
  window.addEventListener("hashchange", apply);
  window.addEventListener("beforeprint", makeAllNow);
  const view = document.getElementById("view");
  view.addEventListener("keydown", keyInGrid);
  view.addEventListener("focusin", focusInGrid);
  view.addEventListener("mouseover", (event) => pointOut(event.target));
  view.addEventListener("click", (event) => {
    if (openable(event.target)) openGridCell(event.target);
    else if (event.target.dataset.fault !== undefined) openFault(event.target);
  });
  // Where a link opened the panel, the focus goes back to that link, or to the one like it when the view was drawn anew.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#view a.id");
    if (link) returnTo = () => (link.isConnected ? link : null);
  });
  document.getElementById("close").addEventListener("click", () => go({ cell: "", like: "" }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && readState().cell !== "") go({ cell: "", like: "" });
  });
}

function openFault(button) {
  const fault = index.faults.indexOf(button.dataset.fault);
  const format = index.formats.findIndex(({ name }) => name === button.dataset.format);
  const found = worstFirst(matching([["fault", fault], ["format", format]]));
  returnTo = () => button;
  if (found.length) go({ cell: idOf(found[0]), like: "fault,format" });
}

async function start() {
  const waiting = document.getElementById("waiting");
  if (typeof DecompressionStream === "undefined") {
    waiting.textContent = "This browser is too old for this page: it needs Chromium 103, Firefox 113, Safari 16.4 or newer.";
    return;
  }
  await openData();
  fillFilters();
  listen();
  waiting.remove();
  await apply();
  document.documentElement.dataset.ready = "yes";
}

start();
