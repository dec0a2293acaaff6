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
  const matches = { all: true, listed: !refused || each.now.status !== "rejected", open: !refused && !each.decided,
    doubtful: each.now.status === "possible", refused, changed: each.decided || kept.changes.some((one) => one.onset === each.id) }[filter];
  return matches && (!words || notes(each).toLowerCase().includes(words) || String(each.id) === words);
}

function notes(each) {
  const shot = shotOf.get(each.id), refused = refusedOf.get(each.id), told = [];
  if (refused) told.push(refused.of_shot ? `${refused.reason} of ${refused.of_shot}` : refused.reason);
  if (shot && shot.overlap) told.push("may hide more");
  if (each.again) told.push("second showing");
  if (shot) told.push(...shot.flags);
  if (each.now.comment) told.push(`“${each.now.comment}”`);
  return told.join(", ");
}

const SORTED_BY = {
  id: (each) => each.id, time_s: (each) => each.now.time_s, machine: (each) => (each.machine ? each.machine.status : "added"),
  probability: (each) => (shotOf.get(each.id) || refusedOf.get(each.id) || { probability: 2 }).probability,
  verdict: (each) => verdictWords(each),
};

function showRows() {
  const words = $("search").value.trim().toLowerCase(), by = SORTED_BY[sort.key], up = sort.up ? 1 : -1;
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
  const texts = [String(each.id), clock(each.now.time_s), onset ? onset.probability.toFixed(2) : "–",
    each.machine ? (each.machine.status === "rejected" ? "refused" : each.machine.status) : "–", verdictWords(each), notes(each)];
  row.className = each.now.status === "rejected" ? "gone" : "";
  texts.forEach((text, k) => { if (row.children[k].textContent !== text) row.children[k].textContent = text; });
  if (onset) row.children[2].style.setProperty("--chance", chanceColour(look, onset.probability));
  return row;
}

function emptyRow(id) {
  const row = document.createElement("tr");
  row.dataset.id = id;
  for (const name of ["th", "td", "td", "td", "td", "td"]) row.append(document.createElement(name));
  row.children[0].scope = "row";
  row.children[5].className = "wide";
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
  if (!open.length) return say("Every listed onset is decided.");
  const now = chosen === null ? -Infinity : known(chosen).now.time_s;
  choose((open.find((each) => each.now.time_s > now && each.id !== chosen) || open[0]).id);
}
