"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  // Dark or light: what was chosen once, else what the system says. A page opened from a disk may have no storage.
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
  const remember = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* only this page then */ } };
  const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches;
  const nameTheme = () => { $("theme").textContent = isDark() ? "Light" : "Dark"; };
  const chosen = remembered();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  const toggleTheme = () => { root.dataset.theme = isDark() ? "light" : "dark"; remember(root.dataset.theme); nameTheme(); };
  $("theme").addEventListener("click", toggleTheme);
  systemIsDark.addEventListener("change", nameTheme);
  nameTheme();
  $("theme").hidden = false;
  const isTyping = (event) => event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey;
  if (!$("query")) {
    addEventListener("keydown", (event) => { if (event.key === "t" && !isTyping(event)) toggleTheme(); });
    return;
  }

  // Search and filters.
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const stories = [...document.querySelectorAll(".story")];
  const chips = [...document.querySelectorAll(".chip")];
  const texts = new Map();
  const textOf = (story) => {
    if (!texts.has(story)) texts.set(story, plain(story.textContent + " " + story.id));
    return texts.get(story);
  };
  const style = $("style") ?? { value: "" };
  const filter = () => {
    const words = plain($("query").value).split(/\s+/).filter(Boolean);
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const states = pressed.map((chip) => chip.dataset.state).filter(Boolean);
    const flags = pressed.map((chip) => chip.dataset.flag).filter(Boolean);
    let shown = 0;
    for (const story of stories) {
      const has = story.dataset.flags.split(" ");
      const fits = (!states.length || states.includes(story.dataset.state))
        && (!flags.length || flags.some((flag) => has.includes(flag)))
        && (!style.value || story.dataset.style === style.value)
        && words.every((word) => textOf(story).includes(word));
      story.hidden = !fits;
      shown += fits;
    }
    const isFiltered = words.length + pressed.length > 0 || style.value !== "";
    $("shown").textContent = isFiltered ? `${shown.toLocaleString("en")} of ${stories.length.toLocaleString("en")}` : "";
    $("reset").hidden = !isFiltered;
    $("none").hidden = shown > 0 || stories.length === 0;
  };
  const reset = () => {
    $("query").value = "";
    style.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
  };
  let waiting = 0;
  $("query").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); });
  if ($("style")) $("style").addEventListener("change", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  $("reset").addEventListener("click", () => { reset(); $("query").focus(); });
  document.querySelector(".tools").hidden = false;
  filter(); // a browser that goes back fills the fields again

  // One picture large: its thumbnail at once, the file as it was served as soon as it is there.
  const viewer = $("viewer");
  let viewed = null;
  const pictures = () => [...(viewed?.closest(".story")?.querySelectorAll("a.open") ?? [])];
  const show = (link) => {
    viewed = link;
    const item = link.closest("li"), thumbnail = link.querySelector("img"), image = $("viewed");
    const all = pictures(), at = all.indexOf(link);
    image.src = thumbnail ? thumbnail.src : link.href;
    const whole = new Image();
    whole.onload = () => { if (viewed === link) image.src = whole.src; };
    whole.src = link.href;
    image.alt = thumbnail ? thumbnail.alt : "";
    $("viewed-label").textContent = thumbnail ? thumbnail.alt : "";
    $("viewed-place").textContent = `${at + 1} of ${all.length} · ${link.closest(".story").querySelector("h2").textContent}`;
    $("viewed-text").textContent = item.querySelector(".text").firstChild === null ? "" : item.querySelector(".text").textContent;
    const file = document.createElement("a");
    file.href = link.href;
    file.textContent = "the file as it was served";
    $("viewed-links").replaceChildren(file);
    $("earlier").disabled = at === 0;
    $("later").disabled = at === all.length - 1;
    if (!viewer.open) viewer.showModal();
  };
  const step = (by) => { const all = pictures(), next = all[all.indexOf(viewed) + by]; if (next) show(next); };
  $("stories").addEventListener("click", (event) => {
    const link = event.target.closest("a.open");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(link);
  });
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  // The event comes a moment after the viewer has closed: a reader who types by then keeps the focus.
  viewer.addEventListener("close", () => { if (document.activeElement !== $("query")) viewed?.focus(); });
  $("earlier").addEventListener("click", () => step(-1));
  $("later").addEventListener("click", () => step(1));
  $("close").addEventListener("click", () => viewer.close());
  $("help").addEventListener("click", () => $("keys").showModal());

  // Keys, as the page that `?` opens lists them.
  const go = (by) => {
    const visible = stories.filter((story) => !story.hidden);
    const at = visible.indexOf(document.activeElement?.closest?.(".story"));
    const next = visible[Math.min(Math.max(at + by, 0), visible.length - 1)];
    next?.scrollIntoView({ block: "start" });
    next?.focus({ preventScroll: true });
  };
  const keys = {
    "/": () => { $("query").focus(); $("query").select(); },
    "?": () => $("keys").showModal(),
    j: () => go(1),
    k: () => go(-1),
    c: reset,
    t: toggleTheme,
  };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === $("query")) { reset(); $("query").blur(); return; }
    if (viewer.open) {
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
      return;
    }
    if (isTyping(event) || $("keys").open) return;
    if (event.key === "Enter" && event.target.matches(".story")) {
      const first = event.target.querySelector("a.open");
      if (first) { event.preventDefault(); show(first); }
    } else if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
