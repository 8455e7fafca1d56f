// What a host page does: its server gives it the user's id and the signature over it.
const given = new URLSearchParams(location.search);
const said = document.getElementById("said");
Sounding.init({
  endpoint: given.get("endpoint") ?? location.origin,
  brand: given.get("brand") ?? "default",
  user: { id: given.get("id") ?? "", signature: given.get("signature") ?? "" },
  on: (what, reason) => {
    said.textContent = reason ? `${what}: ${reason}` : what;
  },
}).catch((error) => {
  said.textContent = String(error);
});
