// Replaces the parts of the page that have changed, and leaves the pictures that are shown alone.
"use strict";

const REFRESH_MILLISECONDS = 1500;
const stories = document.getElementById("stories");

async function refresh() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of fresh.querySelectorAll("[data-state]")) {
    const shown = document.getElementById(part.id);
    if (shown && shown.dataset.state !== part.dataset.state) shown.replaceWith(part);
  }
  const added = [...fresh.querySelectorAll("article")].filter((story) => !document.getElementById(story.id));
  if (added.length) {
    stories.querySelector(".empty")?.remove();
    stories.prepend(...added);
  }
}

async function watch() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The studio does not answer; the page stays unchanged until it does.
  }
  setTimeout(watch, REFRESH_MILLISECONDS);
}

if (stories && "live" in stories.dataset) setTimeout(watch, REFRESH_MILLISECONDS);
