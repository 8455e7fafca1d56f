// Before anything is painted, so that a dark console never flashes white.
(() => {
  const chosen = localStorage.getItem("sounding.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
