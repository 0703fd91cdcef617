// What the sweep reads off a page, in the browser. Each function returns plain data; the judging is done in looks.py.

function isUnseen(element) {
  return Boolean(element.closest(".unseen, .skip, option, [hidden], details:not([open]) > :not(summary)"));
}

function describe(element) {
  const name = element.className && typeof element.className === "string" ? `.${element.className.split(" ")[0]}` : "";
  return `${element.tagName.toLowerCase()}${name}`;
}

function* texts(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && !element.closest("script, style, noscript")) {
      yield [walker.currentNode, element];
    }
  }
}

// The page's outline and weight.
function outline() {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const loaded = performance.getEntriesByType("resource").filter((entry) => !entry.name.endsWith("favicon.ico"));
  const entries = [...performance.getEntriesByType("navigation"), ...loaded];
  return {
    lang: document.documentElement.lang,
    dir: document.documentElement.dir,
    title: document.title.replace(/[\u2068\u2069]/g, "").replace(/\s+/g, " "),
    h1: [...document.querySelectorAll("h1")].map((heading) => heading.textContent.trim().replace(/\s+/g, " ")),
    mains: document.querySelectorAll("main").length,
    repeatedIds: ids.filter((id, index) => ids.indexOf(id) !== index),
    bytes: entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  };
}

// Everything that is said on the page in its own language: not what people wrote, addresses, and other languages.
function ownWords() {
  const page = document.documentElement.lang;
  const own = (element) =>
    !element.closest("bdi, code, textarea, .on-paper, .written") && element.closest("[lang]").lang === page;
  const said = [];
  for (const [node, element] of texts(document.body)) {
    if (own(element)) {
      said.push(node.data);
    }
  }
  const saving = ["device", "nowhere", "unsent", "ended", "outdated", "refused"].map((name) => `data-${name}`);
  for (const name of ["aria-label", "title", "alt", "placeholder", "data-order", "data-heading", ...saving]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      if (own(element)) {
        said.push(element.getAttribute(name));
      }
    }
  }
  return said.map((text) => text.replace(/\u2068[^\u2069]*\u2069/g, "").trim().replace(/\s+/g, " ")).filter(Boolean);
}

// The page without its words: two pages with the same structure, in the same direction and width, are the same to axe.
function structure() {
  const isWords = (name) => /^(data-|aria-label$|aria-current$|title$|alt$|placeholder$)/.test(name);
  // Playwright leaves an empty style behind where it takes a picture; pages have none.
  const isSame = (name) => ["href", "action", "value", "datetime", "style"].includes(name);
  const shape = (element) => {
    const kept = [...element.attributes].filter(({ name }) => !isSame(name));
    const attributes = kept.map(({ name, value }) => `${name}=${isWords(name) ? value !== "" : value}`);
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const children = element.matches(".languages") ? [] : [...element.children];
    return `<${element.tagName} ${attributes.sort()} ${hasText}>${children.map(shape).join("")}`;
  };
  return shape(document.body);
}

// Words that stand outside of the window, or are cut off by a box; boxes that scroll by themselves may hold more.
function lostWords() {
  const width = document.documentElement.clientWidth;
  const lost = [];
  if (document.documentElement.scrollWidth > width) {
    lost.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${width} px`);
  }
  for (const [node, element] of texts(document.body)) {
    if (isUnseen(element) || element.closest(".table-box")) {
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && (box.left < -1 || box.right > width + 1)) {
        lost.push(`${describe(element)} is outside of the window: ${node.data.trim().slice(0, 40)}`);
        break;
      }
    }
  }
  for (const element of document.querySelectorAll("body *:not(svg, svg *)")) {
    const style = getComputedStyle(element);
    const cuts = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    if (!cuts || isUnseen(element) || element.clientWidth <= 1 || element.matches("select, input, textarea, progress")) {
      continue;
    }
    if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1) {
      lost.push(`${describe(element)} cuts off what is in it`);
    }
  }
  return lost;
}

// Text at twice its size, as a reader may ask for.
function doubleText(isOn) {
  document.documentElement.style.fontSize = isOn ? "200%" : "";
}

// Spacing that a reader may set (WCAG 1.4.12).
function spaceText(isOn) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }" +
      "p { margin-block-end: 2em !important }",
  );
  document.adoptedStyleSheets = isOn ? [sheet] : [];
}
