// The setup link has its token behind the #, which no browser sends anywhere: it goes into the form
// from here, and out of the address. Without this script people copy it.
(() => {
  const field = document.querySelector("#token");
  const take = () => {
    const token = location.hash.slice(1);
    if (/^[0-9a-f]{64}$/.test(token)) {
      field.value = token;
      history.replaceState(history.state, "", location.pathname);
    }
    // Where it was refused, people see what it is and may copy another.
    field.closest(".field").hidden = field.value !== "" && !field.matches(".is-invalid");
  };
  take();
  // Another link in the same window loads no other page.
  addEventListener("hashchange", take);
})();
