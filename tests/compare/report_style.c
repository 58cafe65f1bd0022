/* tests/compare/report_style.c - see report.h: how the page looks. Every colour
 * of a line has a contrast of at least 3 to 1 against its background, every
 * text 4.5 to 1 (WCAG 2.2, 1.4.11 and 1.4.3), in light and in dark. */
#include "report.h"

static const char *const colours =
    ":root{color-scheme:light dark;"
    "--paper:#fff;--ink:#1c1d1f;--quiet:#5d6066;--rule:#d5d7db;--grid:#e7e8eb;"
    "--good:#00704f;--bad:#b3261e;--link:#0b57a4;--tint:#f5f6f7;"
    "--c1:#3a3a3a;--c2:#b3478a;--c3:#926800;--c4:#00805c;--c5:#cf4800;"
    "--c6:#0060b0;--c7:#2196c4;--c8:#777b82;--c9:#7d4f2a;--c10:#6c7a00;"
    "--c11:#8a2be2;--c12:#c2185b}\n"
    "@media screen and (prefers-color-scheme:dark){:root{"
    "--paper:#15171a;--ink:#e3e4e6;--quiet:#a0a4ab;--rule:#3a3d43;"
    "--grid:#2a2d32;--good:#4cc99a;--bad:#ff8a80;--link:#82b7f2;--tint:#1e2125;"
    "--c1:#d6d6d6;--c2:#e48cc4;--c3:#e3b341;--c4:#35b88d;--c5:#ff7f3f;"
    "--c6:#4f9df0;--c7:#a5dcf7;--c8:#8d929a;--c9:#c89b78;--c10:#bccb4a;"
    "--c11:#b388ff;--c12:#ff6f9f}}\n";

static const char *const text =
    "*{box-sizing:border-box}"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}"
    "body{margin:0 auto;max-width:792px;padding:2.5rem 1rem 4rem;"
    "background:var(--paper);color:var(--ink);"
    "font:1rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',"
    "sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .5rem;font-weight:650}"
    "h2{font-size:1.3rem;line-height:1.3;margin:0 0 .5rem;font-weight:650}"
    "h3{font-size:1rem;line-height:1.4;margin:2rem 0 .25rem;font-weight:650}"
    "p{margin:.5rem 0;max-width:42rem}"
    "a{color:var(--link);text-decoration-thickness:1px;"
    "text-underline-offset:2px}"
    "section{border-top:1px solid var(--rule);margin-top:3rem;"
    "padding-top:1.5rem}"
    ".quiet,.source{color:var(--quiet)}"
    ".source{font-size:.875rem;margin:0 0 .75rem}"
    "h2 .n{color:var(--quiet);font-weight:400;margin-right:.35em}\n"
    ".claims{list-style:none;margin:0;padding:0;max-width:46rem}"
    ".claims li{display:grid;grid-template-columns:2.2rem "
    "minmax(0,1fr);padding:.6rem 0;"
    "border-bottom:1px solid var(--grid)}"
    ".claims .n{color:var(--quiet);font-variant-numeric:tabular-nums}"
    ".claims p{margin:.15rem 0 0}"
    ".v{font-weight:650}.v.good{color:var(--good)}.v.bad,.bad{color:var(--bad)}"
    "\n";

static const char *const tables =
    ".scroll{overflow-x:auto;margin:.5rem 0}"
    "table{border-collapse:collapse;min-width:min(100%,30rem);font-size:."
    "875rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums}"
    "caption{text-align:left;color:var(--quiet);padding:0 0 .4rem;"
    "caption-side:top}"
    "th,td{padding:.3rem .7rem;text-align:right;vertical-align:top;"
    "border-bottom:1px solid var(--grid);white-space:nowrap}"
    "thead td,thead th{border-bottom:1px solid var(--rule)}"
    "thead th{vertical-align:bottom;"
    "font-weight:500;color:var(--quiet);white-space:normal;max-width:9rem}"
    "tr>:first-child{text-align:left;padding-left:0;font-weight:500}"
    "tbody th{white-space:normal;min-width:7.5rem;max-width:12rem}"
    "td small{display:block;color:var(--quiet);font-size:.75rem}"
    "td sup a{text-decoration:none}"
    "th svg{width:11px;height:11px;margin-right:.45em;vertical-align:-1px}"
    "@media (min-width:1180px){.models{margin:.5rem -12rem}"
    ".models table{margin:0 auto}}"
    ".facts th{color:var(--quiet);white-space:normal;min-width:8rem}"
    ".facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}"
    ".notes{font-size:.8125rem;color:var(--quiet);margin:.25rem 0;"
    "padding-left:1.4rem}"
    "pre{background:var(--tint);margin:.5rem 0;padding:.6rem .8rem;"
    "overflow-x:auto;font:.8125rem/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,"
    "Consolas,monospace}"
    "code{font:.875em ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}"
    ".label{font-size:.875rem;color:var(--quiet);margin:1rem 0 0}\n";

static const char *const pictures =
    "figure{margin:.25rem 0 1rem}"
    "figure>svg{display:block;width:100%;height:auto}"
    "figure>svg.narrow{display:none}"
    "@media (max-width:600px){figure>svg.wide{display:none}"
    "figure>svg.narrow{display:block}}"
    "svg text{font-size:12px;fill:var(--ink)}"
    "svg .tick,svg .title{fill:var(--quiet)}"
    "svg .group{font-weight:650}"
    "svg .group tspan{font-weight:400;fill:var(--quiet)}"
    "svg .end{text-anchor:end}svg .middle{text-anchor:middle}"
    "svg .grid{stroke:var(--grid);fill:none}"
    "svg .axis,svg .break{stroke:var(--quiet);fill:none}"
    ".s{color:var(--ink)}"
    ".c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}"
    ".c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}"
    ".c7{color:var(--c7)}.c8{color:var(--c8)}.c9{color:var(--c9)}"
    ".c10{color:var(--c10)}.c11{color:var(--c11)}.c12{color:var(--c12)}"
    ".line{stroke:currentColor;fill:none;stroke-width:2;"
    "stroke-linejoin:round}"
    ".hollow .line{stroke-dasharray:6 3;stroke-width:1.75}"
    ".spread{stroke:currentColor;fill:none;stroke-width:5;stroke-opacity:.35}"
    ".band{fill:currentColor;fill-opacity:.13}"
    ".leader{stroke:currentColor;fill:none;stroke-width:1;"
    "stroke-opacity:.75;stroke-dasharray:1.5 2.5}"
    ".mark{fill:currentColor;stroke:var(--paper);stroke-width:.5;"
    "paint-order:stroke}"
    ".hollow .mark{fill:var(--paper);stroke:currentColor;stroke-width:.45;"
    "paint-order:normal}"
    ".bar{fill:currentColor}"
    ".hollow .bar{fill-opacity:.25;stroke:currentColor;stroke-width:1.5}"
    ".whisker{stroke:var(--ink);fill:none;stroke-width:1.5}\n";

static const char *const paper =
    "@media print{@page{margin:16mm}"
    "body{max-width:none;padding:0;font-size:10pt}"
    "section{margin-top:1.5rem;padding-top:1rem}"
    "figure,tr,.claims li,pre{break-inside:avoid}"
    "h1,h2,h3,.label,.source{break-after:avoid}"
    ".models{margin:.5rem "
    "0}.scroll,pre{overflow:visible}pre{white-space:pre-wrap}"
    "th,td{padding:.2rem .45rem}table{font-size:8pt}td small{font-size:7pt}"
    "a{color:inherit;text-decoration:none}}\n";

void write_style(FILE *out)
{
    fprintf(out, "<style>\n%s%s%s%s%s</style>\n", colours, text, tables,
            pictures, paper);
}
