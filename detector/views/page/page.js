// The page: what is chosen, what was changed, what is kept; every text enters as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const BEFORE_S = 0.3, AFTER_S = 1.0, ZOOM_S = 0.15, KEY = `gunshot-review/1:${data.result_sha256}`;
const shotOf = new Map(data.shots.map((each) => [each.id, each]));
const refusedOf = new Map(data.rejected.map((each) => [each.id, each]));
const machineOnsets = [...data.shots, ...data.rejected].map((each) => {
  const status = each.status || "rejected";
  const standing = { time_s: each.time_s, status, shots: status === "rejected" ? 0 : 1, comment: "" };
  return { id: each.id, machine: standing, now: standing, decided: false, again: each.repeat_of != null };
}).sort(inOrder);
const firstFreeId = 1 + Math.max(0, ...machineOnsets.map((each) => each.id));
const overview = readOverview(data.overview);
const excerpts = new Excerpts(data.clips);
const night = matchMedia("(prefers-color-scheme: dark)");

// What is kept: changes in order, who, a note, when the tally was seen, when a review was first saved.
const blank = () => ({ changes: [], reviewer: "", note: "", tally_at: null, tally_blind: true, saved_at: null, unsaved: false, source: null });
let kept = blank();
let onsets = machineOnsets, shown = [], chosen = null, cursor = null, view = [...data.window_s];
let sort = { key: "time_s", up: true }, speed = 1, heardAt = null, playing = null, allowed = false, look = LIGHT, spectrogram = null;
let timelineAt = null, zoomAt = null, zoomSound = null, zoomAround = null, rowOf = new Map(), commentOf = null;
const rowsMade = new Map();

// --- keeping -------------------------------------------------------------------------------------

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
    $("kept").textContent = kept.changes.length ? `${counted(kept.changes.length, "change")}, ${kept.unsaved ? "kept in this browser" : "saved"}` : "";
  } catch {
    $("kept").textContent = "This browser keeps nothing: save before you close the page.";
  }
}

function remembered() {
  let text = null;
  try {
    text = localStorage.getItem(KEY);
  } catch { /* said when something is kept */ }
  if (!text) return;
  try {
    const found = { ...blank(), ...JSON.parse(text) };
    applied(machineOnsets, found.changes, data.window_s);
    kept = found;
  } catch (error) {
    problem(`What this browser had kept of an earlier review does not fit and was set aside: ${error.message}.`);
    try { localStorage.setItem(`${KEY}:aside`, text); } catch { /* nothing to lose */ }
  }
}

function problem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
const say = (text) => { $("live").textContent = text; };

// --- changes -------------------------------------------------------------------------------------

function known(id, each = onsets.find((one) => one.id === id)) {
  if (!each) return null;
  const shot = shotOf.get(id), refused = refusedOf.get(id);
  return { ...each, shot, refused, probability: shot ? shot.probability : refused ? refused.probability : null,
    time_error_s: shot ? shot.time_error_s : null, reason: refused ? refused.reason : "" };
}

function change(action, onset, before, after) {
  const one = { action, onset, before, after, at: new Date().toISOString() };
  try {
    applied(onsets, [one], data.window_s);
  } catch (error) {
    say(`Not possible: ${error.message.split(": ").pop()}.`);
    $("under").textContent = `Not possible: ${error.message.split(": ").pop()}.`;
    return false;
  }
  kept.changes.push(one);
  kept.unsaved = true;
  problem("");
  refresh();
  return true;
}

function act(action, wanted = {}, id = chosen) {
  const each = id === null ? null : known(id);
  if (!each) return;
  const after = standingAfter(action, each.now, wanted);
  if (sameStanding(after, each.now) && (each.decided || !TAKES_SIDES.has(action))) return;
  if (change(action, id, each.now, after)) say(`Onset ${id}: ${action === "comment" ? "comment kept" : verdictWords(known(id))}.`);
}

function add() {
  if (cursor === null) return say("Set the cursor first: click a picture.");
  const id = Math.max(firstFreeId, 1 + Math.max(0, ...onsets.map((each) => each.id)));
  const after = { time_s: Math.round(cursor * 1e4) / 1e4, status: "shot", shots: 1, comment: "" };
  if (change("add", id, null, after)) {
    choose(id);
    say(`Shot ${id} added at ${clock(after.time_s)}.`);
  }
}

function undo() {
  const last = kept.changes.pop();
  if (!last) return say("Nothing to undo.");
  kept.unsaved = kept.changes.length > 0;
  if (last.action === "add") chosen = null;
  refresh();
  if (last.action === "add") setCursor(last.after.time_s);
  else choose(last.onset);
  say(`Undone: ${last.action} of onset ${last.onset}.`);
}

function verdictWords(each) {
  const several = each.now.shots > 1 ? `, overlap of ${each.now.shots}` : "";
  const moved = each.machine && each.now.time_s !== each.machine.time_s ? ", moved" : "";
  if (!each.machine) return (each.now.status === "rejected" ? "added, rejected" : "added") + several;
  if (!each.decided) return moved ? "moved" : "";
  return (each.now.status === "rejected" ? "rejected" : "accepted") + several + moved;
}

// --- what is shown -------------------------------------------------------------------------------

function refresh() {
  onsets = inShowings(applied(machineOnsets, kept.changes, data.window_s), data.repeats_s);
  keep();
  showNumbers();
  showRows();
  showDetail();
  $("undo").disabled = !kept.changes.length;
  $("discard").disabled = !kept.changes.length;
}

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

function showDetail() {
  const each = chosen === null ? null : known(chosen);
  for (const id of ["accept", "reject", "overlap", "move", "comment", "play"]) $(id).disabled = !each && !(id === "play" && cursor !== null);
  $("h-detail").textContent = each ? (each.now.status === "rejected" ? `Onset ${each.id}` : `Shot ${each.id}`) : machineOnsets.length ? "No onset chosen" : "No onsets";
  $("facts").textContent = each ? facts(each) : machineOnsets.length ? "Choose one in the list or the picture, or press the right arrow." : data.nothing;
  $("why").textContent = each ? why(each) : "";
  $("verdict").textContent = (each && verdictWords(each)) || "none yet";
  $("overlap").value = String(each ? Math.max(1, each.now.shots) : 1);
  if (document.activeElement !== $("comment")) $("comment").value = each ? each.now.comment : "";
  showCursor();
  lookCloser();
}

function facts(each) {
  const time = `${clock(each.now.time_s)} (${each.now.time_s.toFixed(4)} s)`;
  const told = [each.shot ? `${time} ±${(each.shot.time_error_s * 1000).toFixed(1)} ms` : time];
  if (each.probability !== null) told.push(`chance ${each.probability.toFixed(3)}`);
  if (each.shot) told.push(`volley ${each.shot.volley}`);
  if (each.shot && each.shot.frame !== null) told.push(`frame ${each.shot.frame}`);
  if (each.machine && each.machine.time_s !== each.now.time_s)
    told.push(`the machine's time: ${each.machine.time_s.toFixed(4)} s`);
  return told.join(" · ");
}

function why(each) {
  const percent = (p) => `${Math.round(p * 100)} %`;
  if (each.refused) {
    const { reason, of_shot, delay_s } = each.refused;
    return `The machine refused it: ${reason}` + (of_shot === null ? "." : ` of shot ${of_shot}, ${(delay_s * 1000).toFixed(1)} ms after it.`);
  }
  if (!each.shot) return "Added by you; the machine did not list it.";
  const told = [];
  const [one, two] = each.shot.extra;
  if (each.shot.overlap || one + two >= 0.05) told.push(`Another shot hides in it with a chance of ${percent(one + two)}${two >= 0.01 ? ` (two more: ${percent(two)})` : ""}.`);
  if (each.shot.repeat_of !== null) told.push(`A second showing of shot ${each.shot.repeat_of}: not counted again.`);
  if (each.shot.flags.length) told.push(`Noted: ${each.shot.flags.join(", ")}.`);
  const echoes = data.rejected.filter((one) => one.of_shot === each.id && Math.abs(one.time_s - each.shot.time_s) < 2);
  if (echoes.length) told.push(`Refused as its echo: ${echoes.map((one) => `${one.id} (${(one.delay_s * 1000).toFixed(0)} ms)`).join(", ")}.`);
  return told.join(" ");
}

function showCursor() {
  if (document.activeElement !== $("cursor")) $("cursor").value = cursor === null ? "" : clock(cursor, 4);
  for (const id of ["add", "earlier", "later"]) $(id).disabled = cursor === null && chosen === null;
  $("move").disabled = chosen === null || cursor === null;
  $("add").disabled = cursor === null;
}

function setCursor(timeS) {
  cursor = Math.min(data.window_s[1], Math.max(data.window_s[0], timeS));
  showDetail();
  drawWhole();
}

function nudge(ms) {
  const from = cursor !== null ? cursor : chosen !== null ? known(chosen).now.time_s : null;
  if (from === null) return;
  setCursor(Math.round((from + ms / 1000) * 1e4) / 1e4);
  say(`Cursor ${clock(cursor, 4)}`);
}

// --- pictures ------------------------------------------------------------------------------------

// Many changes in one frame are one drawing.
let waiting = false;

function drawWhole() {
  if (!waiting) requestAnimationFrame(() => { waiting = false; drawNow(); });
  waiting = true;
}

function drawNow(width) {
  timelineAt = drawTimeline($("timeline"), { overview, coverage: data.coverage, look, view, chosen, cursor, width, spectrogram,
    playing: heardAt, volleys: data.volleys, onsets: onsets.map((each) => known(each.id, each)) });
}

function setView(start, stop) {
  const [first, last] = data.window_s, width = Math.min(last - first, Math.max(1, stop - start));
  const from = Math.min(Math.max(first, start), last - width);
  view = [from, from + width];
  drawWhole();
}

function zoomBy(factor) {
  const at = cursor !== null ? cursor : chosen !== null ? known(chosen).now.time_s : (view[0] + view[1]) / 2;
  const share = Math.min(1, Math.max(0, (at - view[0]) / (view[1] - view[0]))), width = (view[1] - view[0]) * factor;
  setView(at - share * width, at - share * width + width);
}

function zoomVolley() {
  const at = chosen !== null ? known(chosen).now.time_s : view[0];
  const volley = data.volleys.find(([first, last]) => last >= at - 0.001 && first <= at + 0.001) || data.volleys.find(([, last]) => last >= at) || data.volleys[0];
  if (volley) setView(volley[0] - 0.5, volley[1] + 1);
}

// The panel stands still around the onset, or around the cursor where that lies elsewhere.
async function lookCloser() {
  const each = chosen === null ? null : known(chosen);
  let around = each ? each.now.time_s : cursor;
  if (cursor !== null && (around === null || Math.abs(cursor - around) > ZOOM_S)) around = cursor;
  zoomAround = around;
  drawCloser();
  if (around === null) return;
  const clip = excerpts.holding(around - ZOOM_S, around + ZOOM_S);
  try {
    zoomSound = clip && (await excerpts.samplesOf(clip));
  } catch {
    zoomSound = null;
    excerpts.failed = "This browser cannot decode the excerpts (Ogg/Opus): open the video instead.";
  }
  if (zoomAround === around) drawCloser();
}

function drawCloser() {
  const around = zoomAround === null ? 0 : zoomAround, part = [around - ZOOM_S, around + ZOOM_S];
  const without = excerpts.failed || (data.clips.length ? (zoomAround === null ? "" : "no sound embedded here") : data.silent);
  const inside = zoomSound && zoomSound.start <= part[1] && zoomSound.start + zoomSound.samples.length / zoomSound.rate >= part[0];
  zoomAt = drawZoom($("zoom"), { look, view: part, sound: inside ? zoomSound : null, without, cursor, playing: heardAt, coverage: zoomAround === null ? [] : data.coverage,
    chosen: chosen === null ? null : known(chosen), onsets: onsets.filter((each) => Math.abs(each.now.time_s - around) <= ZOOM_S).map((each) => known(each.id)) });
}

function redress(printing = false) {
  look = night.matches && !printing ? DARK : LIGHT;
  spectrogram = overview && spectrogramPicture(overview, look);
  drawRamp($("ramp"), look);
  drawBar($("coverage"), data.coverage, look, data.window_s);
}

// --- sound ---------------------------------------------------------------------------------------

async function play() {
  const at = cursor !== null ? cursor : chosen !== null ? known(chosen).now.time_s : null;
  if (at === null) return say("Choose an onset first.");
  if (playing) return stopped();
  if (!allowed) return $("warning").showModal();
  const video = $("video");
  if (!video.hidden) return playVideo(video, at);
  try {
    const heard = await excerpts.play(at - BEFORE_S, at + AFTER_S, speed, stopped);
    if (!heard) return soundState(data.clips.length ? "No sound is embedded there: open the video." : data.silent);
    soundState("");
    follow(heard);
  } catch {
    soundState("This browser cannot decode the excerpts (Ogg/Opus): open the video instead.");
  }
}

function follow(heard) {
  playing = heard;
  $("play").textContent = "Stop";
  const frame = () => {
    if (playing !== heard) return;
    heardAt = heard();
    if (heardAt === null) return stopped();
    drawWhole();
    drawCloser();
    requestAnimationFrame(frame);
  };
  frame();
}

function stopped() {
  excerpts.stop();
  $("video").pause();
  playing = heardAt = null;
  $("play").textContent = "Play";
  drawWhole();
  drawCloser();
}

const soundState = (text) => { $("sound-state").textContent = text; if (text) say(text); };

async function playVideo(video, at) {
  video.currentTime = Math.max(0, at - BEFORE_S);
  video.playbackRate = speed;
  try {
    await video.play();
  } catch {
    return soundState("The video cannot be played: choose it from your disk.");
  }
  follow(() => (video.paused || video.currentTime >= at + AFTER_S ? null : video.currentTime));
}

// From the file that was chosen, or the one that lay beside the page when it was written; `sought` names it.
function openVideo(address, sought) {
  const video = $("video");
  video.onerror = () => {
    video.hidden = true;
    soundState(`${sought} cannot be played here: it was moved, or this browser does not know its codec. Choose it with “Video…”; the excerpts still play.`);
  };
  video.onloadedmetadata = () => {
    video.hidden = false;
    soundState("Plays the video now, with its own sound.");
  };
  video.preload = "metadata";
  video.src = address;
}

function linkedVideo() {
  const video = $("video");
  if (video.hidden) return openVideo(data.video, decodeURIComponent(data.video));
  stopped();
  video.hidden = true;
  video.removeAttribute("src");
  soundState("");
}

// --- saving --------------------------------------------------------------------------------------

function tallySeen() {
  if (!kept.tally_at) return { when: "never", at: null };
  return { when: kept.tally_blind ? "after saving" : "before saving", at: kept.tally_at };
}

function reviewText() {
  return JSON.stringify({ schema: "gunshot-review/1", recording: data.recording, result_sha256: data.result_sha256,
    reviewer: kept.reviewer, saved_at: new Date().toISOString(), tally_seen: tallySeen(), changes: kept.changes, note: kept.note, source: kept.source }, null, 1) + "\n";
}

function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function save() {
  kept.reviewer = $("reviewer").value.trim();
  kept.note = $("note").value.trim();
  download(reviewText(), "review.json");
  kept.saved_at = kept.saved_at || new Date().toISOString();
  kept.unsaved = false;
  showTally(true);
  keep();
  say("Review saved as review.json.");
  $("kept").textContent = "Saved as review.json";
}

function showTally(blind) {
  if (!$("tally")) return;
  if (!kept.tally_at) {
    kept.tally_at = new Date().toISOString();
    kept.tally_blind = blind;
  }
  $("tally-hidden").hidden = true;
  $("tally-shown").hidden = false;
  $("tally-when").textContent = kept.tally_blind ? `First shown after the review was saved, ${kept.tally_at}.` : `Shown before the review was saved, ${kept.tally_at}: the review says so.`;
  keep();
}

const standing = (one) => one && typeof one === "object" && typeof one.time_s === "number" && ["shot", "possible", "rejected"].includes(one.status)
  && typeof one.comment === "string" && { time_s: one.time_s, status: one.status, shots: one.shots, comment: one.comment };

async function openReview(file) {
  try {
    const found = JSON.parse(await file.text());
    if (!found || found.schema !== "gunshot-review/1") throw new Error("it is no review.json");
    if (found.result_sha256 !== data.result_sha256) throw new Error("it belongs to another result, and nothing was changed");
    const changes = found.changes.map((one) => ({ action: String(one.action), onset: one.onset, before: one.before && standing(one.before),
      after: standing(one.after), at: typeof one.at === "string" ? one.at : null }));
    if (changes.some((one) => !one.after)) throw new Error("it is broken");
    applied(machineOnsets, changes, data.window_s);
    if (kept.unsaved && !confirm("Replace the changes made on this page by those of the file?")) return;
    kept = { ...blank(), changes, reviewer: String(found.reviewer || ""), note: String(found.note || ""), saved_at: found.saved_at, source: found.source || null,
      tally_at: kept.tally_at || (found.tally_seen && found.tally_seen.at) || null,
      tally_blind: kept.tally_at ? kept.tally_blind : !found.tally_seen || found.tally_seen.when !== "before saving" };
    fill();
    problem("");
    say(`${file.name} opened: ${counted(changes.length, "change")}.`);
  } catch (error) {
    problem(`${file.name} was not opened: ${error.message}.`);
  }
}

function fill() {
  $("reviewer").value = kept.reviewer;
  $("note").value = kept.note;
  if (kept.tally_at) showTally(kept.tally_blind);
  refresh();
}

// --- printing ------------------------------------------------------------------------------------

const MOST_PRINTED = 240, PAPER_PX = 688; // as wide as A4 between its margins

function forPrint() {
  redress(true);
  const before = { view, chosen, cursor };
  [view, chosen, cursor] = [[...data.window_s], null, null];
  drawNow(PAPER_PX);
  ({ view, chosen, cursor } = before);
  const cell = (text) => Object.assign(document.createElement("td"), { textContent: text });
  const listed = onsets.filter((each) => !each.machine || each.machine.status !== "rejected" || each.now.status !== "rejected");
  $("print-shots").replaceChildren(...listed.slice(0, MOST_PRINTED).map((each) => {
    const onset = known(each.id), row = document.createElement("tr");
    const more = [each.machine && each.machine.status !== "shot" ? each.machine.status : "", verdictWords(each)].filter(Boolean).join("; ");
    row.append(...[each.id, clock(each.now.time_s), each.now.time_s.toFixed(4), onset.probability === null ? "–" : onset.probability.toFixed(2),
      more].map((text) => cell(String(text))));
    return row;
  }));
  $("print-shots-more").textContent = listed.length > MOST_PRINTED ? `and ${listed.length - MOST_PRINTED} more: see shots.csv` : "";
  if (!kept.changes.length) return;
  const found = corrected(onsets), told = [
    `${data.heard || found.count ? `${counted(found.count, "gunshot")} after review: ` : "After review: "}${$("corrected-parts").textContent}. The machine's number stays as it stands above.`,
    `${counted(kept.changes.length, "change")}${kept.reviewer ? ` by ${kept.reviewer}` : ""}${kept.unsaved ? ", not saved yet" : ""}.`,
    kept.tally_at ? $("tally-when") && $("tally-when").textContent : "The comparison with published numbers was not opened.",
    kept.note ? `Note: ${kept.note}` : ""];
  $("print-review").replaceChildren(...told.filter(Boolean).map((text) => Object.assign(document.createElement("p"), { textContent: text })));
}

function afterPrint() {
  redress();
  showRows();
  drawCloser();
}

// --- keys and mouse ------------------------------------------------------------------------------

const KEYS = {
  ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => step(-1), ArrowDown: () => step(1), " ": play,
  a: () => act("accept"), r: () => act("reject"), u: undo, n: add, h: half, t: nextOpen, v: zoomVolley, s: save,
  m: move, c: () => { if (chosen !== null) $("comment").focus(); }, ...Object.fromEntries([["[,", -1], ["].", 1], ["{<;", -10], ["}>:", 10]].flatMap(([signs, ms]) => [...signs].map((sign) => [sign, () => nudge(ms)]))),
  "+": () => zoomBy(0.5), "=": () => zoomBy(0.5), "-": () => zoomBy(2), 0: () => setView(...data.window_s), "?": () => $("help").showModal(),
};

function move() {
  if (chosen !== null && cursor !== null) {
    act("move", { time_s: Math.round(cursor * 1e4) / 1e4 });
    cursor = null;
    showDetail();
  }
}

function half() {
  speed = speed === 1 ? 0.5 : 1;
  $("half").setAttribute("aria-pressed", String(speed !== 1));
  say(speed === 1 ? "Full speed" : "Half speed");
}

function onKey(event) {
  const target = event.target, typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  if (document.querySelector("dialog[open]")) return;
  if (target === $("comment") && (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey))) {
    if (event.key === "Escape") target.value = chosen === null ? "" : known(chosen).now.comment;
    event.preventDefault();
    return target.blur();
  }
  if (typing) return event.key === "Escape" ? target.blur() : undefined;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") return event.preventDefault(), undo();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && /^(BUTTON|SUMMARY|A)$/.test(target.tagName)) return;
  const digit = Number(event.key), named = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (digit >= 1 && digit <= 9) act("overlap", { shots: digit });
  else if (named) named();
  else return;
  event.preventDefault();
}

const placed = (event, canvas) => event.clientX - canvas.getBoundingClientRect().left;

function onTimeline(event) {
  const x = placed(event, $("timeline")), near = nearest(x);
  if (near) choose(near.id);
  else setCursor(timelineAt.timeAt(x));
}

function nearest(x) {
  const weight = (each) => (each.now.status === "rejected" ? 2 : 0), far = (each) => Math.abs(timelineAt.xOf(each.now.time_s) - x) + weight(each);
  return onsets.reduce((best, each) => (far(each) < (best ? far(best) : 6) ? each : best), null);
}

function onHover(event) {
  const x = placed(event, $("timeline")), near = nearest(x);
  const told = near ? [`onset ${near.id}`, near.now.status, notes(near), verdictWords(near) && `you: ${verdictWords(near)}`] : [];
  $("under").textContent = [clock(timelineAt.timeAt(x)), ...told].filter(Boolean).join(", ");
}

let dragging = false;

function onZoomDown(event) {
  if (zoomAround === null) return;
  const x = placed(event, $("zoom")), each = chosen === null ? null : known(chosen);
  dragging = each && Math.abs(zoomAt.xOf(each.now.time_s) - x) < 7;
  if (dragging) $("zoom").setPointerCapture(event.pointerId);
  else setCursor(zoomAt.timeAt(x));
}

function onZoomMove(event) {
  if (!dragging) return;
  cursor = zoomAt.timeAt(placed(event, $("zoom")));
  showCursor();
  drawCloser();
}

function onZoomUp() {
  if (dragging && cursor !== null) move();
  dragging = false;
}

function typedCursor() {
  const parts = $("cursor").value.trim().split(":").map(Number);
  const timeS = parts.reduce((sum, part) => sum * 60 + part, 0);
  if ($("cursor").value.trim() && Number.isFinite(timeS)) setCursor(timeS);
}

function sortBy(key) {
  sort = { key, up: sort.key === key ? !sort.up : true };
  for (const button of document.querySelectorAll("[data-sort]"))
    button.parentElement.setAttribute("aria-sort", button.dataset.sort === key ? (sort.up ? "ascending" : "descending") : "none");
  showRows();
}

function listen() {
  const click = { undo, save, accept: () => act("accept"), reject: () => act("reject"), add, move, play, half, "next-open": nextOpen,
    previous: () => step(-1), next: () => step(1), "zoom-in": () => zoomBy(0.5), "zoom-out": () => zoomBy(2), "zoom-whole": () => setView(...data.window_s),
    "zoom-volley": zoomVolley, earlier: () => nudge(-1), later: () => nudge(1), "help-open": () => $("help").showModal(), "help-close": () => $("help").close(),
    "warning-no": () => $("warning").close(), "warning-yes": () => { allowed = true; $("warning").close(); play(); },
    discard: () => { if (confirm("Discard all changes made on this page?")) { kept.changes = []; kept.unsaved = false; refresh(); } }, "tally-show": () => showTally(false), "video-linked": linkedVideo };
  for (const [id, does] of Object.entries(click)) if ($(id)) $(id).addEventListener("click", does);
  document.addEventListener("keydown", onKey);
  $("rows").addEventListener("click", (event) => { const row = event.target.closest("tr"); if (row) choose(Number(row.dataset.id), false); });
  $("overlap").addEventListener("change", () => { act("overlap", { shots: Number($("overlap").value) }); $("overlap").blur(); });
  // Whoever leaves the comment by choosing another onset meant the one at which it was begun.
  $("comment").addEventListener("focus", () => { commentOf = chosen; });
  $("comment").addEventListener("change", () => act("comment", { comment: $("comment").value.trim() }, commentOf));
  $("cursor").addEventListener("change", typedCursor);
  for (const id of ["reviewer", "note"]) $(id).addEventListener("input", () => { kept[id] = $(id).value; keep(); });
  $("filter").addEventListener("change", showRows);
  $("search").addEventListener("input", showRows);
  for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => sortBy(button.dataset.sort));
  $("timeline").addEventListener("click", onTimeline);
  $("timeline").addEventListener("pointermove", onHover);
  $("zoom").addEventListener("pointerdown", onZoomDown);
  $("zoom").addEventListener("pointermove", onZoomMove);
  $("zoom").addEventListener("pointerup", onZoomUp);
  $("video-file").addEventListener("change", () => { const file = $("video-file").files[0]; if (file) openVideo(URL.createObjectURL(file), file.name); });
  $("review-file").addEventListener("change", () => { const file = $("review-file").files[0]; if (file) openReview(file); $("review-file").value = ""; });
  night.addEventListener("change", afterPrint);
  window.addEventListener("resize", () => { drawWhole(); drawCloser(); drawBar($("coverage"), data.coverage, look, data.window_s); });
  window.addEventListener("beforeprint", forPrint);
  window.addEventListener("afterprint", afterPrint);
}

redress();
remembered();
listen();
fill();
drawNow();
$("video-linked").hidden = !data.video;
