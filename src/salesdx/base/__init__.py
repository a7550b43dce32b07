"""The rule base: vocabulary, ladder, rules, interventions, layers, and how they are read."""
