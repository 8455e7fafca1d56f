"use strict";
(() => {
  const form = document.querySelector("form");
  const about = document.getElementById("about");
  if (!form) return;
  const live = "live" in form.dataset;
  let timer = 0;
  let done = false;
  let told = "";
  const chosen = () => form.querySelector("input[name=score]:checked");
  const send = () => {
    if (done || document.visibilityState !== "visible" || chosen().value === told) return;
    told = chosen().value;
    const body = new URLSearchParams(new FormData(form));
    body.set("provisional", "1");
    fetch(form.action, { method: "POST", body, keepalive: true }).catch(() => { told = ""; });
  };
  const later = () => {
    clearTimeout(timer);
    if (live && !done && chosen() && document.visibilityState === "visible") timer = setTimeout(send, 1500);
  };
  form.addEventListener("change", (event) => {
    if (event.target.name !== "score") return;
    if (about) about.textContent = event.target.dataset.about;
    later();
  });
  form.addEventListener("submit", () => {
    done = true;
    clearTimeout(timer);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) { done = false; later(); }
  });
  document.addEventListener("visibilitychange", later);
  later();
})();
