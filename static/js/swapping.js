// Swapping: how htmx exchanges parts of a page. Read before htmx starts.
Object.assign(htmx.config, {
  // Styles and code in the page are what our Content-Security-Policy forbids.
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  // The way back asks the server: what was true a minute ago may not be true now.
  historyCacheSize: 0,
  historyRestoreAsHxRequest: false,
  attributesToSettle: ["class"],
  defaultSettleDelay: 0,
  // 422 is a form that is not right, shown with its sentences.
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

// The forms of a page know its token; session.js gives them a new one after signing in again.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (token) detail.headers["X-CSRFToken"] = token.value;
});
