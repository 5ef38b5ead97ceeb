// Making elements. Text becomes text: nothing here or elsewhere in the page parses HTML.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== "") made.append(child);
  }
  return made;
}

function sign(name, mark) {
  return element("span", { class: `sign is-${name}`, "aria-hidden": "true" }, mark);
}

// A bar that is full at 1. It says nothing that does not stand beside it in words.
function bar(share) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const part = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["viewBox", "0 0 100 10"], ["preserveAspectRatio", "none"], ["class", "bar"], ["aria-hidden", "true"]]) {
    drawing.setAttribute(name, value);
  }
  for (const [name, value] of [["width", 100 * share], ["height", 10]]) part.setAttribute(name, String(value));
  drawing.append(part);
  return drawing;
}

function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

// An address is only ever one of a thread on GitHub; everything else is text.
function threadLink(address) {
  if (!/^https:\/\/github\.com\/[\w./-]{1,200}$/.test(address)) return null;
  return element("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, "discussed upstream");
}

// A sentence begins with a capital; a name of the code does not change.
function sentence(words) {
  return /^[a-z]+(?=[ ,:;])/.test(words) ? words[0].toUpperCase() + words.slice(1) : words;
}

const UNTRIED = /^usually helps \(untried\): /;

// What helps, under a heading of its own, which says whether anybody has tried it on this cell.
function remedyHeading(remedy) {
  return UNTRIED.test(remedy) ? "What usually helps (untried)" : "What helps";
}

function remedyText(remedy) {
  return sentence(remedy.replace(UNTRIED, ""));
}

function announce(words) {
  document.getElementById("announcement").textContent = words;
}
