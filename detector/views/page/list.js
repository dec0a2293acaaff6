// The numbers and the list.
function showNumbers() {
  const found = corrected(onsets);
  // Where nothing was heard there is no number, unless a person added to it.
  const none = !data.heard && !found.count;
  $("corrected-number").textContent = none ? "–" : String(found.count);
  const parts = [[found.confirmed, "confirmed"], [found.reclaimed, "taken back"], [found.added, "added"], [found.unchecked, "not checked"]]
    .filter(([n]) => n).map(([n, words]) => `${n} ${words}`);
  if (found.rejected) parts.push(`${found.rejected} rejected`);
  if (found.doubtful) parts.push(`in doubt: ${counted(found.doubtful, "possible onset")}`);
  const told = [kept.changes.length ? "" : "nothing changed yet", parts.join(", "), data.left_out, "no interval"];
  $("corrected-parts").textContent = none ? "cannot hear, and nothing was added" : told.filter(Boolean).join("; ");
}

function wantedRow(each, filter, words) {
  const machine = each.machine ? each.machine.status : "added", refused = machine === "rejected";
  const shot = shotOf.get(each.id);
  const matches = { alone: Boolean(shot && shot.arrivals && shot.arrivals.length === 1), all: true, listed: !refused || each.now.status !== "rejected", open: !refused && !each.decided,
    doubtful: each.now.status === "possible", refused, changed: each.decided || kept.changes.some((one) => one.onset === each.id) }[filter];
  return matches && (!words || notes(each).toLowerCase().includes(words) || String(each.id) === words);
}

function notes(each) {
  const shot = shotOf.get(each.id), refused = refusedOf.get(each.id), told = [];
  if (refused) told.push(refused.of_shot ? `${refused.reason} of ${refused.of_shot}` : refused.reason);
  if (shot && shot.arrivals && shot.arrivals.length === 1) told.push("rests on one camera");
  if (shot && shot.overlap) told.push("may hide more");
  if (each.again) told.push("second showing");
  if (shot) told.push(...shot.flags);
  if (each.now.comment) told.push(`“${each.now.comment}”`);
  return told.join(", ");
}

const heardBy = (shot) => shot.arrivals.map((one) => one.camera).join(" ");
const arrivals = (each) => (shotOf.has(each.id) ? shotOf.get(each.id).arrivals : []);

// The columns of the list: what stands in a cell, and what it is sorted by where that is something else.
const COLUMNS = {
  id: [(each) => String(each.id), (each) => each.id],
  time_s: [(each) => clock(each.now.time_s), (each) => each.now.time_s],
  probability: [(each, onset) => (onset ? onset.probability.toFixed(2) : "–"),
    (each) => (shotOf.get(each.id) || refusedOf.get(each.id) || { probability: 2 }).probability],
  heard: [(each, onset) => (onset && onset.arrivals ? heardBy(onset) : "–"), (each) => `${arrivals(each).length}`.padStart(4) + arrivals(each).map((one) => `${one.camera}`.padStart(4)).join("")],
  position: [(each, onset) => (onset && onset.position != null ? String(onset.position) : "–"), (each) => (shotOf.get(each.id) || {}).position ?? 1e9],
  machine: [(each) => (each.machine ? (each.machine.status === "rejected" ? "refused" : each.machine.status) : "–"),
    (each) => (each.machine ? each.machine.status : "added")],
  verdict: [verdictWords, verdictWords],
  notes: [notes, notes],
};
const columns = [...document.querySelectorAll("[data-column]")].map((each) => each.dataset.column);

function showRows() {
  const words = $("search").value.trim().toLowerCase(), by = COLUMNS[sort.key][1], up = sort.up ? 1 : -1;
  shown = onsets.filter((each) => wantedRow(each, $("filter").value, words));
  shown.sort((a, b) => (by(a) < by(b) ? -up : by(a) > by(b) ? up : inOrder(a, b)));
  const rows = shown.map(rowFor), before = $("rows").children;
  rowOf = new Map(shown.map((each, k) => [each.id, rows[k]]));
  // Rows that stay are left alone: one that is replaced between pressing and releasing is never clicked.
  if (rows.length !== before.length || rows.some((row, k) => row !== before[k])) $("rows").replaceChildren(...rows);
  $("empty").hidden = shown.length > 0;
  $("empty").textContent = machineOnsets.length ? "Nothing in the list fits the filter." : data.nothing;
  markRow();
  drawWhole();
}

function rowFor(each) {
  const onset = shotOf.get(each.id) || refusedOf.get(each.id), row = rowsMade.get(each.id) || emptyRow(each.id);
  const texts = columns.map((name) => COLUMNS[name][0](each, onset));
  row.className = each.now.status === "rejected" ? "gone" : "";
  texts.forEach((text, k) => { if (row.children[k].textContent !== text) row.children[k].textContent = text; });
  if (onset) row.querySelector(".probability").style.setProperty("--chance", chanceColour(look, onset.probability));
  return row;
}

function emptyRow(id) {
  const row = document.createElement("tr");
  row.dataset.id = id;
  for (const name of columns) row.append(Object.assign(document.createElement(name === "id" ? "th" : "td"), { className: name }));
  row.children[0].scope = "row";
  rowsMade.set(id, row);
  return row;
}

function markRow() {
  for (const row of $("rows").querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
  const row = rowOf.get(chosen);
  if (row) row.setAttribute("aria-current", "true");
}

function choose(id, scroll = true) {
  chosen = id;
  const each = known(id);
  if (!each) return;
  cursor = null;
  const width = view[1] - view[0], t = each.now.time_s;
  if (t < view[0] || t > view[1]) setView(t - width / 2, t + width / 2);
  markRow();
  // The chosen row stays at one height, so that the eye need not look for it.
  if (scroll && rowOf.has(id)) $("onsets").scrollTop = rowOf.get(id).offsetTop - $("onsets").clientHeight / 4;
  showDetail();
  drawWhole();
  const machine = each.machine ? (each.machine.status === "rejected" ? `refused as ${each.reason}` : each.machine.status) : "added by you";
  say(`Onset ${id} at ${clock(t)}, machine: ${machine}${each.probability === null ? "" : `, chance ${each.probability.toFixed(2)}`}, you: ${verdictWords(each) || "nothing yet"}`);
}

function step(by) {
  if (!shown.length) return;
  const at = shown.findIndex((each) => each.id === chosen);
  choose(shown[Math.min(shown.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by))].id);
}

function nextOpen() {
  const open = onsets.filter((each) => each.machine && each.machine.status !== "rejected" && !each.decided);
  if (!open.length) return tell("Every listed onset is decided.");
  const now = chosen === null ? -Infinity : known(chosen).now.time_s;
  choose((open.find((each) => each.now.time_s > now && each.id !== chosen) || open[0]).id);
}
