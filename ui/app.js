// The dashboard: which page, the token, and keeping a page fresh. No framework, no request beyond this server.
import { el } from "./dom.js";
import { overview } from "./overview.js";
import { alerts } from "./alerts.js";
import { label } from "./label.js";
import { trials, trial } from "./trials.js";
import { health } from "./health.js";

const main = document.getElementById("main"), state = document.getElementById("state"), theme = document.getElementById("theme");
const REFRESH_MS = 5000;

class NeedsToken extends Error {}

/** A path of the API ("report", "trials?...") or an absolute one ("/metrics"). */
async function api(path, options = {}) {
  const token = sessionStorage.getItem("candor-token");
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(options.body && { "content-type": "application/json" }) };
  const answer = await fetch(path.startsWith("/") ? path : `/api/${path}`, { ...options, headers });
  if (answer.status === 401) throw new NeedsToken();
  if (answer.status === 204) return null;
  const json = (answer.headers.get("content-type") ?? "").startsWith("application/json");
  const body = json ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Error(json ? body.error.message : `The server answered ${answer.status}.`);
  return body;
}

// Page by hash: [name in the navigation, how to draw it, whether it refreshes by itself].
const pages = [
  [/^#\/overview$/, "overview", () => overview(api), true],
  [/^#\/trials(?:\?(.*))?$/, "trials", (query) => trials(api, new URLSearchParams(query ?? "")), true],
  [/^#\/trial\/([^/?]+)$/, "trials", (id) => trial(api, decodeURIComponent(id)), false],
  [/^#\/label$/, "label", () => label(api), false],
  [/^#\/alerts$/, "alerts", () => alerts(api), true],
  [/^#\/health$/, "health", () => health(api), true],
];

function askToken(wrong) {
  const input = el("input", { type: "password", name: "token", "aria-label": "Admin token", autocomplete: "off", required: true });
  const form = el("form", {}, input, el("button", {}, "Open"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("candor-token", input.value);
    draw();
  });
  main.replaceChildren(el("section", { class: "card gate" }, el("h1", {}, "candor"), el("p", { class: wrong ? "error" : "lead" }, wrong ? "That is not the token." : "This dashboard needs the admin token. It is kept for this tab only."), form));
  input.focus();
}

let drawing = 0;

async function draw(refresh = false) {
  const hash = location.hash || "#/overview";
  const page = pages.find(([pattern]) => pattern.test(hash)) ?? pages[0];
  const mine = ++drawing;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${page[1]}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const nodes = await page[2](page[0].exec(hash)?.[1]);
    if (mine !== drawing) return;
    // While somebody uses a control, the page stays under their hands.
    if (refresh && main.contains(document.activeElement) && document.activeElement !== main) return;
    const scrolled = refresh ? scrollY : 0;
    main.replaceChildren(...nodes.filter(Boolean));
    scrollTo(0, scrolled);
    document.title = `${main.querySelector("h1")?.textContent ?? ""} – candor`;
    state.textContent = page[3] ? "live" : "";
    state.className = "state";
  } catch (error) {
    if (mine !== drawing) return;
    if (error instanceof NeedsToken) {
      if (!main.querySelector(".gate form") || !refresh) askToken(sessionStorage.getItem("candor-token") !== null);
      sessionStorage.removeItem("candor-token");
      state.textContent = "";
      return;
    }
    state.textContent = refresh ? "not reachable" : "";
    state.className = "state bad";
    if (!refresh) main.replaceChildren(el("p", { class: "error", role: "alert" }, error.message));
  }
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  theme.textContent = name === "dark" ? "Light" : "Dark";
  theme.setAttribute("aria-label", `Use the ${name === "dark" ? "light" : "dark"} theme`);
}

theme.addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("candor-theme", name);
  setTheme(name);
});
setTheme(localStorage.getItem("candor-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
addEventListener("hashchange", () => { main.focus(); draw(); });
let resized;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => draw(true), 200); });
setInterval(() => {
  const hash = location.hash || "#/overview";
  if (!document.hidden && (pages.find(([pattern]) => pattern.test(hash)) ?? pages[0])[3] && !main.querySelector(".gate")) draw(true);
}, REFRESH_MS);
draw();
