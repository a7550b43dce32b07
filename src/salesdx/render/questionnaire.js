"use strict";
// Checks the answers and saves them as a file. Nothing is sent, and nothing is kept on the machine.
const form = document.querySelector("form");
const questions = [...form.querySelectorAll(".question")];
const faults = document.getElementById("faults");
const state = document.getElementById("state");
const INPUTS = ["answer", "kind", "source", "date", "reason", "note"];
const ONE = String.raw`(?:(?:${form.dataset.words})\s*)?([-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+))[^\d\-]*?`;
const NUMBERS = new RegExp(String.raw`^${ONE}(?:(?:-|–|to|and|but)\s*${ONE})?$`, "i");
const MONTH = String.raw`(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?,?`;
const DAY = String.raw`\d{1,2}(?:st|nd|rd|th)?`;
const DATE = String.raw`(?:(?:${form.dataset.dateWords})\s+)?(?:\d{4}(?:-\d{1,2}){0,2}|\d{1,2}([./]) ?\d{1,2}\1 ?\d{4}|` +
  String.raw`${DAY}\.? ${MONTH} \d{4}|${MONTH} (?:${DAY},? |of )?\d{4})`;
const DATES = new RegExp(String.raw`^${DATE}(?: ?(?:[–—]| - |to |until |till |and ) ?${DATE.replace("\\1", "\\2")})?$`, "i");
let unsaved = false;

const fields = (question, key) => [...question.querySelectorAll(`[data-key="${key}"]`)];
const clean = (text) =>
  text.replace(/[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+/gu, " ").trim();

function value(question, key) {
  const found = fields(question, key).filter((field) => field.type !== "radio" || field.checked);
  return found.map((field) => clean(field.value)).find((text) => text) || "";
}

function doesNotApply(question) {
  return fields(question, "answer").some(
    (field) => field.value === "not_applicable" && (field.type !== "radio" || field.checked));
}

// What is wrong with a number, or with the two between which it lies; empty if nothing is. What is saved is read anew.
function numberFault(text, { low, high, whole }) {
  const marked = (text.match(/\d[\d.,'’ ]*\d/g) || []).find(
    (part) => /['’ ]|[.,].*[.,]|^[1-9]\d{0,2}[.,]\d{3}$/.test(part));
  if (marked) return `“${marked}” can be read in more than one way. Write it with one point at most, such as 1250.5.`;
  const found = NUMBERS.exec(text);
  if (!found) return "Write the number in digits, such as 1250.5, or roughly: 80 to 85, over 80, about 80.";
  const numbers = [found[1], found[2]].filter((part) => part).map((part) => Number(part.replace(",", ".")));
  if (low && numbers.some((one) => one < Number(low) || one > Number(high)))
    return `The number must lie between ${low} and ${high}.`;
  return whole && !numbers.every(Number.isInteger) ? "Write a whole number." : "";
}

// What is wrong with a date, or with the two between which it lies; empty if nothing is. What is saved is read anew.
function dateFault(text) {
  const short = (text.match(/\d{1,2}\/\d{1,2}\/\d{4}/g) || []).find((part) => {
    const [first, second] = part.split("/").map(Number);
    return first <= 12 && second <= 12 && first !== second;
  });
  if (short) return `“${short}” can be read in two ways. Write it as 2026-09-30 or 30 Sep 2026.`;
  return DATES.test(text.replace(/\s+/g, " ")) ? "" :
    "Write a date such as 2026-09-30 or 30 Sep 2026, or roughly: March 2026, before 2026-05-01.";
}

// The field at fault and what is wrong with it; null if nothing is.
function fault(question) {
  const answers = fields(question, "answer");
  const broken = fields(question, "date").find((field) => field.validity.badInput);
  if (broken) return [broken, "This date is not complete."];
  const measured = answers.find((field) => field.dataset.kind);
  if (measured && clean(measured.value)) {
    const { kind } = measured.dataset;
    if (answers.some((field) => field !== measured && field.value))
      return [measured, `There is a ${kind} and something else. Clear one of the two.`];
    const text = clean(measured.value);
    const wrong = kind === "number" ? numberFault(text, measured.dataset) : dateFault(text);
    if (wrong) return [measured, wrong];
  }
  if (doesNotApply(question)) {
    const reason = fields(question, "reason")[0];
    return clean(reason.value) ? null : [reason, "Say why the question does not apply."];
  }
  if (!value(question, "answer") && ["kind", "source", "date", "note"].some((key) => value(question, key)))
    return [answers[0], "There is a kind, source, date or remark, but no answer. Answer, or choose “I don’t know”."];
  return null;
}

// Shows or clears what is wrong with a question; gives a link to the field at fault.
function check(question) {
  const found = fault(question);
  const told = question.querySelector(".fault");
  for (const field of question.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  told.textContent = found ? found[1] : "";
  told.hidden = !found;
  if (!found) return null;
  found[0].setAttribute("aria-invalid", "true");
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `#${found[0].id}`;
  link.textContent = `Question ${questions.indexOf(question) + 1}: ${found[1]}`;
  link.addEventListener("click", (event) => { event.preventDefault(); found[0].focus(); });
  item.append(link);
  return item;
}

function read(question) {
  const { term, question: text, answerAs } = question.dataset;
  const found = { term, question: text, answer_as: answerAs };
  for (const key of INPUTS) found[key] = value(question, key);
  if (!doesNotApply(question)) found.reason = "";
  return found;
}

function save() {
  const items = questions.map(check).filter((item) => item);
  faults.hidden = !items.length;
  faults.querySelector("ul").replaceChildren(...items);
  state.textContent = "";
  if (items.length) {
    faults.focus();
    return;
  }
  const answers = questions.map(read);
  const many = answers.filter((found) => found.answer).length;
  if (!many) {
    state.textContent = "No question is answered yet, so nothing was saved.";
    return;
  }
  const text = JSON.stringify({ ...JSON.parse(form.dataset.head), questions: answers }, null, 2);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text, "\n"], { type: "application/json" }));
  link.download = form.dataset.file;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  unsaved = false;
  state.textContent = `Saved as ${link.download}, with ${many} of ${questions.length} questions answered. ` +
    "Send this file back to whoever sent you the page.";
}

for (const question of questions) {
  question.addEventListener("input", () => {
    unsaved = true;
    question.querySelector(".reason").hidden = !doesNotApply(question);
    if (!question.querySelector(".fault").hidden) check(question);
  });
}
document.getElementById("save").addEventListener("click", save);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("beforeunload", (event) => {
  if (!unsaved) return;
  event.preventDefault();
  event.returnValue = true; // for browsers that look at nothing else
});
form.hidden = false;
