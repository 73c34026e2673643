"""The page at the suite's root: which service is up, and where to look."""

from __future__ import annotations

from typing import Final

STATUS_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Receptionist suite</title>
<style>
  :root { color-scheme: light dark; --ok: #1a7f37; --bad: #b3261e; }
  @media (prefers-color-scheme: dark) { :root { --ok: #57d983; --bad: #ff8a80; } }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 46rem; }
  h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
  ul { list-style: none; padding: 0; }
  li { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .6rem; padding: .7rem 1rem; margin: .6rem 0; }
  .name { font-weight: 600; } .ok { color: var(--ok); } .bad { color: var(--bad); }
  a { color: inherit; display: inline-block; padding: .6rem .8rem .6rem 0; min-height: 1.5rem; }
  code { background: color-mix(in srgb, currentColor 10%, transparent); border-radius: .3rem; padding: .1rem .35rem; }
</style>
<h1>Receptionist suite</h1>
<p id="summary" role="status">Asking the services…</p>
<ul id="services"></ul>
<p>Play a caller in a terminal: <code>make call</code> or <code>make text</code>.</p>
<script>
  const list = document.getElementById("services"), summary = document.getElementById("summary");
  function link(href, text) { const a = document.createElement("a"); a.href = href; a.textContent = text; return a; }
  async function refresh() {
    let status;
    try { status = await (await fetch("/suite/status")).json(); }
    catch { summary.textContent = "The suite does not answer."; summary.className = "bad"; return; }
    summary.textContent = status.ready ? "All four services are ready." : "A service is not ready.";
    summary.className = status.ready ? "ok" : "bad";
    list.replaceChildren(...status.services.map((service) => {
      const item = document.createElement("li"), name = document.createElement("div"), links = document.createElement("div");
      name.className = "name " + (service.ready ? "ok" : "bad");
      name.textContent = (service.ready ? "✓ " : "✗ ") + service.service
        + (service.ready ? " is ready" : ": " + Object.entries(service.reasons).map(([part, why]) => part + " " + why).join(", "));
      links.append(link(`/${service.service}/readyz`, "readiness"), link(`/${service.service}/metrics`, "metrics"));
      item.append(name, links);
      return item;
    }));
  }
  refresh(); setInterval(refresh, 5000);
</script>
</html>
"""
