// htmx settings for every page. Must be read before htmx starts.
Object.assign(htmx.config, {
  // Our Content-Security-Policy forbids inline styles and evaluated code.
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  // Going back asks the server, because the state may have changed meanwhile.
  historyCacheSize: 0,
  // A request that hangs is reported after this time (failed-requests.js), in milliseconds.
  timeout: 120_000,
  historyRestoreAsHxRequest: false,
  attributesToSettle: ["class"],
  defaultSettleDelay: 0,
  // A 422 is an invalid form, shown with its errors; a 409 asks about a form that was sent twice.
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "(409|422)", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

// The token comes from a form of the page: sign-in-dialog.js updates it after a new sign-in.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (token) detail.headers["X-CSRFToken"] = token.value;
});
