"""The frame of a page: its head, and the style sheet for screens, phones, the dark and paper."""

#: All rules are scoped to the page's own class, so that it can also stand inside a notebook.
STYLE = """
.causalsim-page { --ink: #1b1d21; --quiet: #5c6370; --paper: #ffffff; --line: #d9dce1;
  --tint: #f4f5f7; --accent: #0072b2; color-scheme: light dark;
  box-sizing: border-box; max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 3rem;
  color: var(--ink); background: var(--paper); line-height: 1.55; font-size: 1rem;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
.causalsim-page h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
.causalsim-page h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--line); }
.causalsim-page .subtitle { color: var(--quiet); font-size: 1.05rem; margin: 0 0 1rem; }
.causalsim-page p { margin: .6rem 0; max-width: 44rem; overflow-wrap: break-word; }
.causalsim-page nav ol { margin: .5rem 0 0; padding-left: 1.3rem; color: var(--quiet); }
.causalsim-page nav a { color: var(--accent); text-decoration: none; }
.causalsim-page nav a:hover { text-decoration: underline; }
.causalsim-page pre, .causalsim-page .formula { background: var(--tint); border-radius: 6px;
  padding: .7rem .9rem; margin: .8rem 0; overflow-x: auto; }
.causalsim-page pre { font-family: ui-monospace, "Liberation Mono", Menlo, Consolas, monospace;
  font-size: .92rem; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
.causalsim-page .formula math { font-size: 1.1rem; text-align: left; }
.causalsim-page .wide { overflow-x: auto; }
.causalsim-page table { border-collapse: collapse; margin: .8rem 0; font-size: .95rem;
  color: inherit; }
.causalsim-page caption { text-align: left; color: var(--quiet); padding-bottom: .35rem; }
.causalsim-page th, .causalsim-page td { text-align: left; vertical-align: top;
  padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); background: none; }
.causalsim-page thead th { border-bottom: 2px solid var(--line); white-space: nowrap; }
.causalsim-page td.number { text-align: right; font-variant-numeric: tabular-nums; }
.causalsim-page figure { margin: 1rem 0; }
.causalsim-page figure svg { display: block; max-width: 100%; height: auto; }
.causalsim-page figcaption { color: var(--quiet); font-size: .92rem; margin-top: .3rem; }
.causalsim-page footer { color: var(--quiet); font-size: .85rem; margin-top: 3rem; }
@media (max-width: 40rem) {
  .causalsim-page { padding: 1.2rem .9rem 2rem; }
  .causalsim-page figure svg { min-width: 24rem; }
  .causalsim-page figure svg.causalsim-graph { max-width: none !important; }
}
@media (prefers-color-scheme: dark) {
  .causalsim-page { --ink: #e6e8ec; --quiet: #a3abb8; --paper: #16181d; --line: #363b45;
    --tint: #20242b; --accent: #56b4e9; }
}
@media print {
  .causalsim-page { --ink: #000000; --quiet: #444444; --paper: #ffffff; --line: #bbbbbb;
    --tint: #ffffff; max-width: none; padding: 0; font-size: 10.5pt; }
  .causalsim-page pre, .causalsim-page .formula { border: 1px solid var(--line); }
  .causalsim-page h2 { break-after: avoid; }
  .causalsim-page figure, .causalsim-page table, .causalsim-page pre { break-inside: avoid; }
  .causalsim-page .wide { overflow-x: visible; }
  .causalsim-page nav { display: none; }
}
"""

#: What surrounds a page that stands alone. Nothing may be fetched and no script may run.
DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
html, body {{ margin: 0; background: #ffffff; }}
@media (prefers-color-scheme: dark) {{ html, body {{ background: #16181d; }} }}
@media print {{ html, body {{ background: #ffffff; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
