"""The style sheet that every page carries inside: wide, narrow, dark and on paper."""

STYLE = """\
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #c9d1d9; --panel: #f6f8fa;
  --concluded: #b42318; --concluded-panel: #fef3f2; --held: #855300; --passed: #1a6b32; --open: #0550ae;
  --blocked: #b42318; --complete: #6236b0; --complete-panel: #f6f1fe; --idle: #57606a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1419; --ink: #e6edf3; --soft: #a3adb8; --line: #3d4650; --panel: #182029;
    --concluded: #ff8f85; --concluded-panel: #2d1a1a; --held: #e3b341; --passed: #56d364; --open: #79c0ff;
    --blocked: #ff8f85; --complete: #d2b3ff; --complete-panel: #241c33; --idle: #a3adb8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word;
}
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1, h2, h3, h4, h5 { line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; }
h2 { font-size: 1.3rem; }
h3 { font-size: 1.1rem; }
h4, h5 { font-size: 1rem; }
p { margin: 0 0 .75rem; }
article + article { margin-top: 3rem; border-top: 3px solid var(--line); padding-top: 2rem; }
section { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1.25rem; }
section h3, section h4 { margin-top: 1.25rem; }
nav ul { padding-left: 1.25rem; }
a { color: var(--open); }
.about { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; color: var(--soft); }
.about div { display: flex; gap: .4rem; }
.about dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
.strong { font-weight: 600; font-size: 1.1rem; }
.note { color: var(--soft); font-weight: 400; }
code { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: .75rem; color: var(--soft); font-size: .875rem; }

.climb { display: grid; grid-template-columns: 21.25rem 1fr; gap: 1.5rem; align-items: start; }
svg.ladder { width: 100%; max-width: 21.25rem; height: auto; display: block; }
svg .rail { stroke: var(--line); stroke-width: 3; fill: none; }
svg .waiting { stroke-dasharray: 4 5; }
svg .mark { fill: var(--page); stroke: currentColor; stroke-width: 2.5; }
svg .fill { fill: currentColor; }
svg .panel { fill: var(--panel); stroke: currentColor; stroke-width: 1.5; }
svg .concluded .panel, svg .blocked .panel { fill: var(--concluded-panel); }
svg .complete .panel { fill: var(--complete-panel); }
svg text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
svg .name { font-weight: 600; }
svg .status, svg .query { fill: currentColor; }
svg .query { font-weight: 700; }
svg .idle .name { font-weight: 400; }
.concluded { color: var(--concluded); } .held { color: var(--held); } .passed { color: var(--passed); }
.open { color: var(--open); } .blocked { color: var(--blocked); } .complete { color: var(--complete); }
.idle { color: var(--idle); }
.rungs { margin: 0; padding-left: 1.6rem; }
.rungs li { margin-bottom: .6rem; }
.rungs p { margin: 0; font-size: .9rem; }
.rungs .state { font-weight: 600; display: inline-block; }

.entries { margin: 0; padding: 0; list-style: none; }
ol.entries { padding-left: 1.6rem; list-style: decimal; }
.entries > li { margin-bottom: 1.1rem; }
.entries > li > .title { font-weight: 600; margin-bottom: .25rem; }
dl.lines { display: grid; grid-template-columns: 5.5rem 1fr; gap: .15rem .75rem; margin: .25rem 0; }
dl.lines dt { color: var(--soft); }
dl.lines dd { margin: 0; grid-column: 2; min-width: 0; }
details { margin: .5rem 0; border-left: 3px solid var(--line); padding-left: .9rem; }
summary { cursor: pointer; color: var(--open); width: max-content; max-width: 100%; padding: .15rem 0; }
details[open] summary { margin-bottom: .5rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { color: inherit; font-weight: 400; white-space: normal; }
td:last-child, th:last-child { padding-right: 0; }
td.date { white-space: nowrap; }

@media (max-width: 46rem) {
  .climb { grid-template-columns: 1fr; }
  dl.lines { grid-template-columns: 1fr; gap: 0; }
  dl.lines dd { grid-column: 1; margin-bottom: .35rem; }
  table, tbody, tr, td, tbody th { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-bottom: 1px solid var(--line); padding: .35rem 0; }
  td, tbody th { border: 0; padding: 0; overflow-wrap: anywhere; }
  tbody th { font-weight: 600; }
  td:empty { display: none; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --ink: #000000; --soft: #444444; --line: #999999; --panel: #ffffff;
    --concluded: #b42318; --concluded-panel: #ffffff; --held: #855300; --passed: #1a6b32; --open: #0550ae;
    --blocked: #b42318; --complete: #6236b0; --complete-panel: #ffffff; --idle: #57606a;
  }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  details, nav { display: none; }
  h1, h2, h3, h4, .title { break-after: avoid; }
  .entries > li, tr, .rungs li, svg { break-inside: avoid; }
  article + article { break-before: page; }
}
"""
