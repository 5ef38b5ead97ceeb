// The views that are tables: by format, by fixture, forward and backward, and what faults do.

function section(title, about, ...children) {
  return element("section", { class: "part" }, element("h2", {}, title), about ? element("p", { class: "about" }, about) : null, ...children);
}

function scrolling(table, label) {
  return element("div", { class: "scrolling", role: "group", "aria-label": label }, table);
}

// Parts whose tables are still to be made, with what makes them.
let unmade = [];
let making = 0;

// A part that is far from what one sees is made after what one sees, and laid out when one comes near: its size is guessed.
function later(part, rows, across, make) {
  part.classList.add("unseen");
  part.style.setProperty("contain-intrinsic-size", `auto ${11 + 3.3 * across}rem auto ${15 + 2.6 * rows}rem`);
  unmade.push({ part, make });
  return part;
}

function makeVisible() {
  const seen = unmade.map(({ part }) => part.getBoundingClientRect()).map(({ top, bottom }) => bottom > 0 && top < innerHeight);
  for (const { make } of unmade.filter((_, place) => seen[place])) make();
  unmade = unmade.filter((_, place) => !seen[place]);
  // What is seen is drawn first.
  making = requestAnimationFrame(() => {
    making = setTimeout(makeRest);
  });
}

function makeRest() {
  const next = unmade.shift();
  if (next) {
    next.make();
    making = setTimeout(makeRest);
  } else {
    document.getElementById("view").dataset.drawn = "yes";
  }
}

function makeAllNow() {
  for (const { make } of unmade) make();
  unmade = [];
}

function forgetUnmade() {
  cancelAnimationFrame(making);
  clearTimeout(making);
  unmade = [];
  delete document.getElementById("view").dataset.drawn;
}

function environmentHeading(number) {
  return { text: index.environments[number].id, same: number };
}

function inOrder(numbers) {
  return [...numbers].sort((one, other) => one - other);
}

// Formats stand in the order in which people ask for them.
function formatOrder(one, other) {
  return index.formats[one.number].place - index.formats[other.number].place || (one.value < other.value ? -1 : 1);
}

function wayOrder(one, other) {
  const places = [one, other].map(({ format }) => index.formats[format].place);
  return places[0] - places[1] || (one.text < other.text ? -1 : 1);
}

function named(numbers, field) {
  if (field === "format") {
    const named = [...numbers].map((number) => ({ number, value: nameOf(field, number) }));
    return named.sort(formatOrder).map(({ number }) => number);
  }
  return [...numbers].sort((one, other) => (nameOf(field, one) < nameOf(field, other) ? -1 : 1));
}

function nothingHere() {
  return element("p", { class: "nothing" }, "No cell of this run is selected here. Choose other filters, or clear them.");
}

function formatsView(selection) {
  const width = index.environments.length + 1;
  const key = (cell) => {
    if (columns.fault[cell] !== NONE || columns.stage[cell] === BUILD || columns.format[cell] === NONE) return NONE;
    const consumer = columns.stage[cell] === SAVE ? 0 : columns.consumer[cell] + 1;
    return (columns.format[cell] * width + columns.producer[cell]) * width + consumer;
  };
  const folds = fold(selection, key);
  const shown = new Map();
  for (const number of folds.keys()) {
    const format = Math.floor(number / width / width);
    if (!shown.has(format)) shown.set(format, { producers: new Set(), consumers: new Set() });
    shown.get(format).producers.add(Math.floor(number / width) % width);
    shown.get(format).consumers.add(number % width);
  }
  if (shown.size === 0) return [nothingHere()];
  const parts = named(shown.keys(), "format").map((format) => {
    const { producers, consumers } = shown.get(format);
    const rows = inOrder(producers);
    const across = inOrder(consumers);
    const name = nameOf("format", format);
    const foldAt = (row, column) => folds.get((format * width + rows[row]) * width + across[column]);
    const spec = {
      id: `format-${format}`,
      label: `${name}: producers down, consumers across`,
      corner: "saved in \u2193  loaded in \u2192",
      rows: rows.map(environmentHeading),
      columns: across.map((consumer) => (consumer === 0 ? { text: "saved", kind: "apart", plain: true } : environmentHeading(consumer - 1))),
      at: (row, column) => look(foldAt(row, column), selection),
      open: (row, column) =>
        across[column] === 0
          ? [["stage", SAVE], ["format", format], ["producer", rows[row]], ["fault", NONE]]
          : [["stage", LOAD], ["format", format], ["producer", rows[row]], ["consumer", across[column] - 1], ["fault", NONE]],
      spoken: (row, column) => (column.kind ? `${name}, saved in ${row.text}` : `${name}, saved in ${row.text}, loaded in ${column.text}`),
    };
    const place = scrolling(null, name);
    return later(section(name, index.formats[format].text, place), rows.length, across.length, () => place.append(makeGrid(spec)));
  });
  return [element("div", { class: "beside" }, ...parts)];
}

function fixturesView(selection) {
  const kinds = index.kinds.length;
  const width = index.formats.length * (index.loaders.length + 1);
  const keyOf = (cell) => columns.format[cell] * (index.loaders.length + 1) + columns.loader[cell] + 1;
  const usable = (cell) => columns.stage[cell] === LOAD && columns.fault[cell] === NONE && columns.fixture[cell] !== NONE;
  const detailed = fold(selection, (cell) => (usable(cell) ? columns.fixture[cell] * width + keyOf(cell) : NONE));
  const summed = fold(selection, (cell) => (usable(cell) && kind[cell] !== NONE ? columns.fixture[cell] * kinds + kind[cell] : NONE));
  const fixtures = named(new Set([...detailed.keys()].map((number) => Math.floor(number / width))), "fixture");
  if (fixtures.length === 0) return [nothingHere()];
  const used = new Set([...detailed.keys()].map((number) => number % width));
  const usedKinds = inOrder(new Set([...summed.keys()].map((number) => number % kinds)));
  const pairs = weightsOnly(selection, usable);
  const across = [
    ...usedKinds.map((number) => ({ kindNumber: number, text: index.kinds[number], kind: "apart", plain: true })),
    ...inOrder(used).map((number) => {
      const format = Math.floor(number / (index.loaders.length + 1));
      const loader = (number % (index.loaders.length + 1)) - 1;
      return { format, loader, number, text: `${nameOf("format", format)} \u00b7 ${nameOf("loader", loader)}`, plain: true };
    }),
  ].sort((one, other) => (one.kind ? 0 : 1) - (other.kind ? 0 : 1) || kindOrder(one) - kindOrder(other) || wayOrder(one, other));
  const foldAt = (row, column) => {
    const { kindNumber, number } = across[column];
    return kindNumber === undefined ? detailed.get(fixtures[row] * width + number) : summed.get(fixtures[row] * kinds + kindNumber);
  };
  const table = makeGrid({
    id: "fixtures",
    class: "wide",
    label: "Fixtures down, formats and loaders across",
    corner: "fixture \u2193  loaded as \u2192",
    rows: fixtures.map((fixture) => ({ text: nameOf("fixture", fixture), plain: true, about: rescuedText(pairs.get(fixture)) })),
    columns: across,
    at: (row, column) => look(foldAt(row, column), selection),
    open: (row, column) => {
      const { kindNumber, format, loader } = across[column];
      const one = [["stage", LOAD], ["fixture", fixtures[row]], ["fault", NONE]];
      return kindNumber === undefined ? [...one, ["format", format], ["loader", loader]] : [...one, ["kind", kindNumber]];
    },
    spoken: (row, column) => `${row.text}, ${column.text}`,
  });
  const about =
    "Each cell folds all selected pairs of environments. The first columns sum up what a loader brings back: " +
    "the whole model, weights for a model that is there already, or the graph that computes the outputs.";
  return [rescued(fixtures, pairs), section("Fixtures", about, scrolling(table, "Fixtures"))];
}

function kindOrder(column) {
  if (column.kindNumber !== undefined) return column.kindNumber;
  return column.loader === NONE ? index.kinds.length : index.loaders[column.loader].kind;
}

// For each fixture the pairs of environments between which both a whole model and weights were loaded, and those of them
// between which no whole model came across and weights did.
function weightsOnly(selection, usable) {
  const whole = index.kinds.indexOf("whole model");
  const weights = index.kinds.indexOf("weights");
  const width = index.environments.length;
  const found = new Map();
  const good = index.statuses.map((status) => status.name === "passed" || status.name === "degraded");
  const ran = index.statuses.map((status) => ["passed", "degraded", "failed", "blocked"].includes(status.name));
  for (let cell = 0; cell < count; cell += 1) {
    if (!selection.base[cell] || !usable(cell) || (kind[cell] !== whole && kind[cell] !== weights) || !ran[columns.shown[cell]]) continue;
    const fixture = columns.fixture[cell];
    if (!found.has(fixture)) found.set(fixture, new Map());
    const pairs = found.get(fixture);
    const number = columns.producer[cell] * width + columns.consumer[cell];
    const bits = kind[cell] === whole ? 1 : 4;
    pairs.set(number, (pairs.get(number) || 0) | bits | (good[columns.status[cell]] ? 2 * bits : 0));
  }
  const counted = new Map();
  for (const [fixture, pairs] of found) {
    const both = [...pairs.values()].filter((bits) => bits & 1 && bits & 4);
    counted.set(fixture, { both: both.length, only: both.filter((bits) => !(bits & 2) && bits & 8).length });
  }
  return counted;
}

function rescuedText(pairs) {
  return pairs ? `weights work, model fails: ${pairs.only} of ${plural(pairs.both, "pair")}` : null;
}

function rescued(fixtures, pairs) {
  const found = fixtures.filter((fixture) => pairs.has(fixture) && pairs.get(fixture).only > 0);
  found.sort((one, other) => pairs.get(other).only - pairs.get(one).only || one - other);
  const about =
    "Pairs of environments between which no whole model comes across, and weights do: rebuild the model there and load its weights. " +
    "Counted are pairs for which both were tried.";
  const list = element("ul", { class: "bars" });
  for (const fixture of found) {
    const { only, both } = pairs.get(fixture);
    const link = element("a", { href: fragment({ ...readState(), fixture: nameOf("fixture", fixture), view: "formats", cell: "" }) }, nameOf("fixture", fixture));
    list.append(element("li", {}, link, bar(only / both), element("span", { class: "number" }, `${only} of ${plural(both, "pair")}`)));
  }
  const none = element("p", { class: "nothing" }, "None among what is selected.");
  return section("Weights work, model fails", about, found.length ? list : none);
}

function directionsView(selection) {
  const usable = (cell) => columns.stage[cell] === LOAD && columns.fault[cell] === NONE && direction[cell] !== NONE;
  const ways = index.loaders.length + 1;
  const byWay = fold(selection, (cell) => (usable(cell) ? (columns.format[cell] * ways + columns.loader[cell] + 1) * 3 + direction[cell] : NONE));
  if (byWay.size === 0) return [nothingHere()];
  const rows = [...new Set([...byWay.keys()].map((number) => Math.floor(number / 3)))].map((way) => {
    const format = Math.floor(way / ways);
    const loader = (way % ways) - 1;
    return { way, format, loader, text: `${nameOf("format", format)} \u00b7 ${nameOf("loader", loader)}`, plain: true };
  });
  rows.sort(wayOrder);
  const parts = [
    directionTable(selection, {
      id: "directions-formats",
      title: "By format and loader",
      about: "Forward is into a newer TensorFlow, backward into an older one. Equal versions with another Python, Keras or addons count as the same.",
      rows,
      foldAt: (row, column) => byWay.get(rows[row].way * 3 + column),
      fields: (row) => [["format", rows[row].format], ["loader", rows[row].loader]],
    }),
  ];
  for (const [field, title, about] of [
    ["producer", "By producer", "Who saved it."],
    ["consumer", "By consumer", "Who loads it."],
  ]) {
    const folds = fold(selection, (cell) => (usable(cell) && columns[field][cell] !== NONE ? columns[field][cell] * 3 + direction[cell] : NONE));
    const environments = inOrder(new Set([...folds.keys()].map((number) => Math.floor(number / 3))));
    parts.push(
      directionTable(selection, {
        id: `directions-${field}`,
        title,
        about,
        rows: environments.map((number) => ({ text: index.environments[number].id })),
        foldAt: (row, column) => folds.get(environments[row] * 3 + column),
        fields: (row) => [[field, environments[row]]],
      }),
    );
  }
  return [element("div", { class: "beside" }, ...parts)];
}

function directionTable(selection, spec) {
  const heads = ["forward", "same", "backward"].map((name, number) => ({ text: name, about: DIRECTION_TEXTS[number], plain: true }));
  const table = makeGrid({
    id: spec.id,
    class: "roomy",
    label: `${spec.title}: forward, same version, backward`,
    rows: spec.rows,
    columns: heads,
    at: (row, column) => look(spec.foldAt(row, column), selection),
    open: (row, column) => [["stage", LOAD], ["direction", column], ["fault", NONE], ...spec.fields(row)],
    spoken: (row, column) => `${row.text}, ${column.text}`,
  });
  return section(spec.title, spec.about, scrolling(table, spec.title));
}

function faultsView(selection) {
  const { rows, words, absent } = index.damage;
  const body = element("tbody", {});
  for (const [fault, format, saves, left, loads] of rows) {
    const link = element("button", { type: "button", class: "link", "data-fault": fault, "data-format": format }, format);
    body.append(element("tr", {}, element("th", { scope: "row" }, fault), element("td", {}, link), ...[saves, left, loads].map((said) => element("td", {}, said))));
  }
  const head = element("thead", {}, element("tr", {}, ...["fault", "format", "save", "left", "load"].map((name) => element("th", { scope: "col" }, name))));
  const meanings = element("dl", { class: "words" }, ...words.flatMap(([word, meaning]) => [element("dt", {}, word), element("dd", {}, meaning)]));
  const missing = absent.length ? element("p", {}, `nowhere to be had here: ${absent.join(", ")}`) : null;
  const about = "What happens when the disk is full, the process killed or a file damaged: is anybody told? Counts are over all versions and loaders, whatever the filters.";
  return [section("What faults do", about, scrolling(element("table", { class: "plain" }, head, body), "Faults"), meanings, missing)];
}
