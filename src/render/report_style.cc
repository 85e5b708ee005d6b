// The style sheet of reports.

#include "render/report_style.h"

namespace benchkeep::render {

const char* ReportStyle() {
  return R"css(:root {
  --paper: #ffffff; --back: #f4f5f7; --ink: #1c2330; --dim: #5b6474;
  --line: #dfe3e8; --accent: #2460c8; --band: #b9d0f5;
  --good: #14663b; --good-back: #e2f3ea; --warn: #7a4f00;
  --warn-back: #fcf0d4; --bad: #b3261e; --bad-back: #fbe6e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171b22; --back: #0f1216; --ink: #e6e9ef; --dim: #a0a9b8;
    --line: #2d3440; --accent: #7fb0ff; --band: #2c4a7c;
    --good: #6fd3a0; --good-back: #16342a; --warn: #f0c36a;
    --warn-back: #3a2f14; --bad: #ff9a92; --bad-back: #43201e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans",
    "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif;
}
main {
  max-width: 1120px; margin: 0 auto; padding: 40px 48px 24px;
  background: var(--paper); min-height: 100vh;
}
h1 { font-size: 30px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 {
  font-size: 19px; margin: 40px 0 10px; padding-top: 18px;
  border-top: 1px solid var(--line);
}
p { margin: 6px 0; max-width: 78ch; }
header .period { font-size: 17px; margin: 4px 0 0; }
.dim { color: var(--dim); }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
p.good, p.warn, p.bad { font-weight: 600; }
.figures {
  display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px;
  margin: 26px 0 0;
}
.figures div {
  border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px;
  color: var(--ink);
}
.figures dt { color: var(--dim); font-size: 13px; }
.figures dd { margin: 2px 0 0; }
.figures strong { display: block; font-size: 21px; line-height: 1.35; }
.figures small { color: var(--dim); font-size: 12.5px; }
.figures .good strong { color: var(--good); }
.figures .warn strong { color: var(--warn); }
.figures .bad strong { color: var(--bad); }
.figures .bad { border-color: var(--bad); background: var(--bad-back); }
.figures .bad dt, .figures .bad small { color: var(--ink); }
.scroll { overflow-x: auto; margin: 14px 0 0; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td {
  text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line);
  vertical-align: middle;
}
thead th {
  color: var(--dim); font-weight: 600; font-size: 12.5px;
  border-bottom: 2px solid var(--line); vertical-align: bottom;
}
tbody th { font-weight: 600; }
tbody tr:hover { background: var(--back); }
.num { text-align: right; font-variant-numeric: tabular-nums; }
td.num, .word { white-space: nowrap; }
.bar { width: 78px; height: 11px; margin-right: 8px; vertical-align: -1px; }
.bar + bdi { display: inline-block; min-width: 3.7em; }
.bar line { stroke: var(--line); stroke-width: 2; }
.bar rect { fill: var(--band); }
.bar .at { fill: var(--accent); }
.matrix { border-collapse: separate; border-spacing: 3px; table-layout: fixed; }
.matrix th:first-child { width: 24%; }
.matrix th, .matrix td { border: 0; }
.matrix thead th {
  font-size: 11px; line-height: 1.25; padding: 4px 2px; overflow-wrap: anywhere;
}
.matrix td.field { white-space: normal; padding: 6px 4px; }
.field { border-radius: 5px; font-size: 13px; text-align: center; }
.matrix thead .num { text-align: center; }
.field.good { background: var(--good-back); }
.field.warn { background: var(--warn-back); }
.field.bad { background: var(--bad-back); }
@media (min-width: 1000px) {
  .figures { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
}
figure { margin: 14px 0 0; }
.days { width: 100%; height: auto; display: block; }
.days .grid { stroke: var(--line); stroke-width: 1; }
.days text { fill: var(--dim); font-size: 11px; }
.days .known, .key.known { fill: var(--accent); background: var(--accent); }
.days .rest, .key.rest { fill: var(--band); background: var(--band); }
figcaption { color: var(--dim); font-size: 13px; margin-top: 4px; }
.key {
  display: inline-block; width: 11px; height: 11px; border-radius: 2px;
  margin: 0 5px 0 10px;
}
ul { margin: 8px 0 0; padding-left: 20px; font-size: 14px; }
details { margin: 6px 0 18px; font-size: 13px; }
summary { color: var(--dim); cursor: pointer; }
pre {
  margin: 6px 0 0; padding: 10px 12px; background: var(--back);
  border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
footer {
  margin-top: 44px; border-top: 1px solid var(--line); color: var(--dim);
  font-size: 13px;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 640px) {
  main { padding: 24px 16px; }
  .figures { grid-template-columns: 1fr 1fr; }
  .bar { width: 40px; margin-right: 4px; }
}
@media print {
  :root {
    --paper: #ffffff; --back: #ffffff; --ink: #000000; --dim: #444444;
    --line: #cccccc; --accent: #2460c8; --band: #b9d0f5; --good: #14663b;
    --good-back: #e2f3ea; --warn: #7a4f00; --warn-back: #fcf0d4;
    --bad: #b3261e; --bad-back: #fbe6e4;
  }
  body { font-size: 10.5pt; print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: 3px 4px; }
  thead th, .matrix thead th { font-size: 7.5pt; }
  .word { white-space: normal; }
  td.num { white-space: nowrap; }
  .bar { width: 40px; margin-right: 4px; }
  .figures { grid-template-columns: repeat(6, 1fr); gap: 6px; }
  .figures div { padding: 8px; border-radius: 6px; }
  .figures strong { font-size: 13pt; }
  h2 { margin-top: 22px; padding-top: 10px; }
  details { display: none; }
  h2 { break-after: avoid; }
  tr, figure, .figures div { break-inside: avoid; }
  thead { display: table-header-group; }
  @page { margin: 16mm 14mm; }
}
)css";
}

}  // namespace benchkeep::render
