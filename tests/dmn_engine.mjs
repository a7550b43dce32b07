// Runs a DMN file of one decision table on cases: `node dmn_engine.mjs MODULES FILE < cases.jsonl`.
// dmn-moddle reads the file and feelin evaluates FEEL, both of bpmn.io; here stands only what calls what.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, path] = process.argv.slice(2);
const found = createRequire(pathToFileURL(`${modules}/`));
const load = (name) => import(pathToFileURL(found.resolve(name)));
const { DmnModdle, default: Default } = await load('dmn-moddle');
const { evaluate, unaryTest } = await load('@bpmn-io/feelin');

const { rootElement, warnings } = await new (DmnModdle ?? Default)().fromXML(readFileSync(path, 'utf8'));
if (warnings.length) throw new Error(warnings.map((warning) => warning.message).join('\n'));
const elements = new Map(rootElement.drgElement.map((element) => [element.id, element]));
const table = rootElement.drgElement.find((element) => element.decisionLogic?.$type === 'dmn:DecisionTable');

const feel = (text, context) => evaluate(text, context).value ?? null;

function context(decision, facts, known) {
  for (const need of decision.informationRequirement ?? []) {
    const element = elements.get((need.requiredInput ?? need.requiredDecision).href.slice(1));
    const { name, typeRef } = element.variable;
    if (name in known) continue;
    if (element.$type === 'dmn:InputData') {
      const value = facts[name] ?? null;
      known[name] = typeRef === 'date' && value ? feel(`date("${value}")`, {}) : value;
    } else {
      context(element, facts, known);
      known[name] = feel(element.decisionLogic.text, known);
    }
  }
  return known;
}

for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const known = context(table, JSON.parse(line), {});
  const inputs = (table.decisionLogic.input ?? []).map((input) => feel(input.inputExpression.text, known));
  const rules = (table.decisionLogic.rule ?? []).filter((rule) =>
    rule.inputEntry.every((entry, n) => entry.text === '-' || unaryTest(entry.text, { ...known, '?': inputs[n] }).value === true)
  );
  console.log(JSON.stringify(rules.map((rule) => JSON.parse(rule.outputEntry[0].text))));
}
