"use strict";
/* A form with data-passkey asks the person's device when its button is pressed, and sends what the device answers. */
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), letter => letter.charCodeAt(0));
const base64url = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = list => (list ?? []).map(key => ({...key, id: bytes(key.id)}));
const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"];

async function asked(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) {
        options.user.id = bytes(options.user.id);
        options.excludeCredentials = known(options.excludeCredentials);
        return navigator.credentials.create({publicKey: options});
    }
    options.allowCredentials = known(options.allowCredentials);
    return navigator.credentials.get({publicKey: options});
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", async event => {
        event.preventDefault();
        const told = form.querySelector("[role=alert]"), button = form.querySelector("button");
        told.textContent = "";
        button.disabled = true;
        try {
            const made = await asked(JSON.parse(form.dataset.passkey));
            const given = parts.filter(name => made.response[name]).map(name => [name, base64url(made.response[name])]);
            form.elements.answer.value = JSON.stringify(
                {id: made.id, rawId: base64url(made.rawId), type: made.type, response: Object.fromEntries(given)});
            form.submit();
        } catch {
            told.textContent = form.dataset.failed;
        } finally {
            button.disabled = false;
        }
    });
}
