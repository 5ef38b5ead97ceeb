// The panel of a cell: all that is known of it. It takes the focus when it opens; Escape closes it and gives the focus back.

const LISTED = 200;

let returnTo = null;
let shownCell = null;

async function showPanel(state) {
  const panel = document.getElementById("panel");
  if (state.cell === "") {
    closePanel(panel);
    return;
  }
  const cell = cellOf(state.cell);
  shownCell = state.cell;
  const parts = cell === NONE ? unknownCell(state.cell) : await partsOf(cell, state);
  // Another cell may have been opened while this one was unpacked.
  if (shownCell !== state.cell) return;
  document.getElementById("evidence").replaceChildren(...parts);
  document.body.classList.add("with-panel");
  panel.hidden = false;
  panel.scrollTop = 0;
  document.getElementById("panel-title").focus({ preventScroll: true });
  // The table has become narrower, and the cell that was opened may have moved.
  document.querySelector("td.opened")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function closePanel(panel) {
  shownCell = null;
  if (panel.hidden) return;
  // Who closes the panel from without, by another filter say, stays where he is.
  const within = panel.contains(document.activeElement) || document.activeElement === document.body;
  panel.hidden = true;
  document.body.classList.remove("with-panel");
  document.getElementById("evidence").replaceChildren();
  for (const marked of document.querySelectorAll("td.opened")) marked.classList.remove("opened");
  const goal = (returnTo && returnTo()) || document.querySelector("td.open[tabindex='0']") || document.getElementById("view");
  returnTo = null;
  if (within) goal.focus();
}

function unknownCell(id) {
  return [
    element("h2", { id: "panel-title", tabindex: -1 }, "No such cell"),
    element("p", { class: "id" }, id),
    element("p", {}, "This run has no cell of this name. It may not have been reached, or the link is of another run."),
  ];
}

async function partsOf(cell, state) {
  const evidence = await evidenceOf(cell);
  const say = (number) => evidence.texts[number || 0];
  return [
    element("h2", { id: "panel-title", tabindex: -1 }, titleOf(cell)),
    element("p", { class: "id" }, idOf(cell)),
    columns.stage[cell] === LOAD ? element("p", {}, `Saved in ${text("producer", cell)}, loaded in ${text("consumer", cell)}.`) : null,
    beside(cell, state),
    verdict(cell, evidence, say),
    diagnosis(cell, evidence, say),
    remedy(cell),
    ladder(evidence, say),
    error(evidence, say),
    warnings(evidence, say),
    environments(cell),
    needed(evidence, say),
    earlier(evidence, say),
    notes(evidence, say),
    log(evidence, say),
    again(cell),
  ].filter((part) => part !== null);
}

function titleOf(cell) {
  const fixture = text("fixture", cell);
  if (columns.stage[cell] === BUILD) return `Build of ${text("producer", cell)}`;
  if (columns.stage[cell] === SAVE) return `${fixture} saved as ${text("format", cell)}`;
  return `${fixture}, ${text("format", cell)} by ${text("loader", cell)}`;
}

// The cells that lie behind the same cell of a table: the open one is marked.
function beside(cell, state) {
  const fields = fieldsAlike(state);
  if (fields.length === 0) return null;
  const found = cellsLike(current, cell, fields);
  if (found.length < 2) return null;
  const at = found.indexOf(cell);
  const from = Math.max(0, Math.min(at - Math.floor(LISTED / 2), found.length - LISTED));
  const shown = ["producer", "consumer", "fixture", "format", "loader"].filter((field) => !fields.includes(field));
  const list = element("ul", { class: "cells beside-cells" });
  for (const other of found.slice(from, from + LISTED)) {
    const words = shown.map((field) => text(field, other)).filter((word) => word !== "");
    const link = element(
      "a",
      { href: fragment({ ...state, cell: idOf(other) }), "aria-current": other === cell ? "true" : null },
      words.join(" \u00b7 ") || idOf(other),
    );
    const reason = columns.reason[other] === NONE ? "" : nameOf("reason", columns.reason[other]);
    const said = element("span", { class: "about" }, statusName(other) === "silent" ? `silent: ${reason}` : reason || statusName(other));
    list.append(element("li", {}, sign(statusName(other), statusSign(other)), link, said));
  }
  const some = found.length > LISTED ? `, ${LISTED} of them shown` : "";
  return part(`${plural(found.length, "cell")} here, the worst first${some}`, list);
}

function part(title, ...children) {
  return element("section", { class: "evidence" }, element("h3", {}, title), ...children);
}

function verdict(cell, evidence, say) {
  const reason = columns.reason[cell] === NONE ? null : index.reasons[columns.reason[cell]];
  const name = index.statuses[columns.status[cell]].name;
  const words = reason ? `${name}: ${reason.name}` : name;
  const lines = [element("p", { class: `verdict is-${statusName(cell)}` }, element("span", { "aria-hidden": "true" }, `${statusSign(cell)} `), words)];
  if (columns.silent[cell]) lines.push(element("p", {}, element("b", {}, "Silent: "), "nothing raised, and the result is wrong."));
  if (reason) lines.push(element("p", {}, sentence(reason.text) + (reason.spurious ? "; seen once, this would be too little to believe it" : "")));
  if (evidence.why) lines.push(element("p", {}, sentence(say(evidence.why))));
  if (evidence.facts) lines.push(element("p", { class: "about" }, sentence(evidence.facts.map(say).join(", "))));
  if (evidence.by) lines.push(element("p", { class: "about" }, "The same failure was confirmed in a fresh process by ", pointer(evidence.by, say)));
  return element("section", { class: "evidence" }, ...lines);
}

function diagnosis(cell, evidence, say) {
  if (columns.cause[cell] === NONE) return null;
  const cause = index.causes[columns.cause[cell]];
  return part(
    "Diagnosis",
    element("p", {}, sentence(cause.cause), " ", element("span", { class: "tag" }, cause.class)),
    evidence.detail ? element("p", {}, "Here: ", element("code", {}, say(evidence.detail))) : null,
    cause.link ? element("p", {}, threadLink(cause.link)) : null,
  );
}

function remedy(cell) {
  const words = columns.cause[cell] === NONE ? "" : index.causes[columns.cause[cell]].remedy;
  return words ? part(remedyHeading(words), element("p", { class: "remedy" }, remedyText(words))) : null;
}

function ladder(evidence, say) {
  if (!evidence.checks) return null;
  const list = element("ol", { class: "ladder" });
  for (const [check, result, difference, detail] of evidence.checks) {
    const { name, sign: mark } = index.results[result];
    const words = [difference ? `largest difference ${say(difference)}` : "", say(detail)].filter((word) => word !== "");
    list.append(
      element(
        "li",
        { class: `rung-${name}` },
        element("span", { class: "rung", "aria-hidden": "true" }, mark),
        element("b", {}, index.checks[check]),
        element("span", { class: "about" }, ` ${name.replace("-", " ")}`),
        words.length ? element("div", { class: "noted" }, words.join(" \u00b7 ")) : null,
      ),
    );
  }
  return part("Checks", list);
}

function error(evidence, say) {
  if (!evidence.error) return null;
  const [said, phase, trace] = evidence.error.map(say);
  return part(
    phase ? `Error, in phase ${phase}` : "Error",
    element("pre", { class: "said", tabindex: 0 }, said),
    trace ? element("details", { open: trace.length < 3000 }, element("summary", {}, "Traceback"), element("pre", { tabindex: 0 }, trace)) : null,
  );
}

function warnings(evidence, say) {
  if (!evidence.warnings) return null;
  const list = element("ul", {});
  for (const [partial, category, message] of evidence.warnings) {
    const mark = partial ? element("b", {}, "of a partial restore: ") : null;
    list.append(element("li", {}, mark, element("span", { class: "about" }, `${say(category)}: `), say(message)));
  }
  const rest = evidence.unshown ? element("p", { class: "about" }, `and ${evidence.unshown} more in the record`) : null;
  return part("Warnings", list, rest);
}

function environments(cell) {
  const load = columns.stage[cell] === LOAD && columns.producer[cell] !== NONE && columns.consumer[cell] !== NONE;
  const sides = load ? [["producer", columns.producer[cell]], ["consumer", columns.consumer[cell]]] : [["environment", columns.producer[cell]]];
  if (sides.some(([, number]) => number === NONE)) return null;
  const known = sides.map(([, number]) => index.environments[number]);
  const heads = sides.map(([role, number]) => element("th", { scope: "col" }, `${role} `, element("span", { class: "id" }, index.environments[number].id)));
  const body = element("tbody", {});
  for (const [title, field] of [["asked for", "asked"], ["installed", "installed"]]) {
    const values = known.map((environment) => new Map(environment[field]));
    for (const name of new Set(values.flatMap((one) => [...one.keys()]))) {
      const said = values.map((one) => (one.has(name) ? one.get(name) : "-"));
      const differ = new Set(said).size > 1;
      const cells = said.map((value) => element("td", { class: differ ? "differs" : null }, value));
      body.append(element("tr", {}, element("th", { scope: "row" }, element("span", { class: "about" }, `${title} `), name), ...cells));
    }
  }
  const table = element("table", { class: "plain sides" }, element("thead", {}, element("tr", {}, element("td", {}), ...heads)), body);
  const unknown = known.every((environment) => environment.installed.length === 0);
  const missing = "What was installed is not recorded: the environment was not built in this run, or could not be.";
  return part(load ? "Installed on both sides" : "Installed", table, unknown ? element("p", { class: "about" }, missing) : null);
}

function pointer([cell, words], say) {
  return cell === NONE ? element("span", { class: "id" }, `${say(words)} (not recorded)`) : cellLink(cell, "");
}

function needed(evidence, say) {
  if (!evidence.needed) return null;
  const list = element("ul", { class: "cells" });
  for (const found of evidence.needed) {
    const cell = found[0];
    const mark = cell === NONE ? null : sign(statusName(cell), statusSign(cell));
    const status = cell === NONE ? null : element("span", { class: "about" }, statusName(cell));
    list.append(element("li", {}, mark, pointer(found, say), status));
  }
  return part("It needed", list);
}

function earlier(evidence, say) {
  if (!evidence.earlier) return null;
  const body = element("tbody", {});
  for (const [runs, status, verdictText, days, span] of evidence.earlier) {
    const found = index.statuses[status];
    const said = [say(days), plural(runs, "run"), say(span)];
    const cells = said.map((words, place) => element("td", { class: place === 2 ? "id" : null }, words));
    body.append(element("tr", {}, element("td", {}, sign(found.name, found.sign), ` ${say(verdictText)}`), ...cells));
  }
  const heads = ["verdict", "started", "", "run"].map((name) => (name ? element("th", { scope: "col" }, name) : element("td", {})));
  return part("Over time, the newest first", element("table", { class: "plain" }, element("thead", {}, element("tr", {}, ...heads)), body));
}

function notes(evidence, say) {
  if (!evidence.notes) return null;
  const list = element("dl", { class: "words" });
  for (const [key, ...values] of evidence.notes) {
    list.append(element("dt", {}, say(key)), ...values.map((value) => element("dd", {}, say(value))));
  }
  return part("Notes", list);
}

function log(evidence, say) {
  if (!evidence.log) return null;
  return part("End of the log", element("pre", { tabindex: 0 }, say(evidence.log)));
}

// An id as a shell takes it.
function quoted(id) {
  return /^[\w@%+=:,./-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\"'\"'")}'`;
}

function again(cell) {
  const lines = [];
  for (const [name, why] of [
    ["reproduce", "Run it again, alone, in a fresh process, with its output on the screen:"],
    ["show", "The same evidence in the terminal:"],
  ]) {
    const [before, behind] = index.commands[name];
    const command = `${before}${quoted(idOf(cell))}${behind}`;
    lines.push(element("p", {}, why), element("div", { class: "command" }, element("code", {}, command), copyButton(command)));
  }
  return part("How to reproduce it", ...lines);
}

function copyButton(words) {
  const button = element("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(words);
      announce("Copied.");
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      announce("Selected; copy it with the keyboard.");
    }
  });
  return button;
}
