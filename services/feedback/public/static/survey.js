"use strict";
(() => {
  const form = document.querySelector("form[data-live]");
  if (!form) return;
  let timer = 0;
  let done = false;
  const send = () => {
    if (done || document.visibilityState !== "visible") return;
    const body = new URLSearchParams(new FormData(form));
    body.set("provisional", "1");
    fetch(form.action, { method: "POST", body, keepalive: true }).catch(() => {});
  };
  const later = () => {
    clearTimeout(timer);
    if (form.querySelector("input[name=score]:checked")) timer = setTimeout(send, 1500);
  };
  form.addEventListener("change", (event) => {
    if (event.target.name === "score") later();
  });
  form.addEventListener("submit", () => {
    done = true;
    clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", later);
  later();
})();
