// Buttons with data-passkey="create" or "get": the browser asks for a passkey, and its answer is sent
// with the form. The options stand in the form's <script type="application/json">.
const ASK = {
  create: ({ creation_options: { publicKey } }) => navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
  }),
  get: ({ request_options: { publicKey } }) => navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
  }),
};

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-passkey]");
  if (!button) return;
  const { form } = button;
  const failure = form.querySelector("[data-passkey-failed]");
  failure.hidden = true;
  try {
    const options = JSON.parse(form.querySelector('script[type="application/json"]').textContent);
    const credential = await ASK[button.dataset.passkey](options);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
  } catch {
    failure.hidden = false; // no passkey, the person cancelled, or a browser without passkeys
    return;
  }
  // A field that is disabled is not sent: the server then reads the passkey instead of a code.
  if (form.elements.code) form.elements.code.disabled = true;
  form.requestSubmit();
});
