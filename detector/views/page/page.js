// The page: what is chosen, what was changed; every text enters as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const BEFORE_S = 0.3, AFTER_S = 1.0, ZOOM_S = 0.15;
const shotOf = new Map(data.shots.map((each) => [each.id, each]));
const refusedOf = new Map(data.rejected.map((each) => [each.id, each]));
const machineOnsets = [...data.shots, ...data.rejected].map((each) => {
  const status = each.status || "rejected";
  const standing = { time_s: each.time_s, status, shots: status === "rejected" ? 0 : 1, comment: "" };
  return { id: each.id, machine: standing, now: standing, decided: false, again: each.repeat_of != null };
}).sort(inOrder);
const firstFreeId = 1 + Math.max(0, ...machineOnsets.map((each) => each.id));
const lanes = data.lanes.map((each) => new Lane(each)), several = lanes.length > 1;
const night = matchMedia("(prefers-color-scheme: dark)");

let onsets = machineOnsets, shown = [], chosen = null, cursor = null, view = [...data.window_s];
let sort = { key: "time_s", up: true }, speed = 1, heardAt = null, playing = null, allowed = false, look = LIGHT, lane = lanes[0];
let timelineAt = null, soundFailed = "", rowOf = new Map(), commentOf = null;
const rowsMade = new Map();

const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
const say = (text) => { $("live").textContent = text; };

function problem(text) {
  $("problem-text").textContent = text;
  $("problem").hidden = !text;
  $("aside").hidden = true;
}

function known(id, each = onsets.find((one) => one.id === id)) {
  if (!each) return null;
  const shot = shotOf.get(id), refused = refusedOf.get(id);
  return { ...each, shot, refused, probability: shot ? shot.probability : refused ? refused.probability : null,
    time_error_s: shot ? shot.time_error_s : null, reason: refused ? refused.reason : "" };
}

// Says it where it is seen, too.
function tell(text) {
  say(text);
  $("under").textContent = text;
}

// Makes one change if it fits what stands there, and says why where it does not.
function change(one) {
  try {
    applied(onsets, [one], data.window_s);
  } catch (error) {
    tell(`Not possible: ${error.message.split(": ").pop()}.`);
    return false;
  }
  kept.changes.push(one);
  changed();
  if ($("aside").hidden) problem("");
  return true;
}

function changed() {
  kept.unsaved = kept.changes.length > 0 || kept.saved_at !== null;
  keep();
  refresh();
}

const anew = (action, onset, before, after) => ({ action, onset, before, after, at: new Date().toISOString() });

function act(action, wanted = {}, id = chosen) {
  catchUp();
  const each = id === null ? null : known(id);
  if (!each) return;
  const after = standingAfter(action, each.now, wanted);
  if (sameStanding(after, each.now) && (each.decided || !TAKES_SIDES.has(action))) return;
  kept.undone = [];
  if (change(anew(action, id, each.now, after))) say(`Onset ${id}: ${action === "comment" ? "comment kept" : verdictWords(known(id))}.`);
}

function add() {
  const at = cursor;
  catchUp();
  if (at === null) return tell("Set the cursor first: click a picture.");
  const id = Math.max(firstFreeId, 1 + Math.max(0, ...onsets.map((each) => each.id)));
  const after = { time_s: Math.round(at * 1e4) / 1e4, status: "shot", shots: 1, comment: "" };
  kept.undone = [];
  if (!change(anew("add", id, null, after))) return;
  choose(id);
  say(`Shot ${id} added at ${clock(after.time_s)}.`);
}

function undo() {
  catchUp();
  const last = kept.changes.pop();
  if (!last) return tell("Nothing to undo.");
  kept.undone.push(last);
  changed();
  if (last.action === "add") setCursor(last.after.time_s);
  else choose(last.onset);
  say(`Undone: ${last.action} of onset ${last.onset}.`);
}

function redo() {
  catchUp();
  const next = kept.undone.pop();
  if (!next) return tell("Nothing to redo.");
  if (!change(next)) return;
  choose(next.onset);
  say(`Done again: ${next.action} of onset ${next.onset}.`);
}

function discard() {
  catchUp();
  if (!confirm("Take back all changes made on this page? Redo brings them back, one by one.")) return;
  kept.undone.push(...kept.changes.reverse());
  kept.changes = [];
  changed();
  say("All changes taken back.");
}

function verdictWords(each) {
  const several = each.now.shots > 1 ? `, overlap of ${each.now.shots}` : "";
  const moved = each.machine && each.now.time_s !== each.machine.time_s ? ", moved" : "";
  if (!each.machine) return (each.now.status === "rejected" ? "added, rejected" : "added") + several;
  if (!each.decided) return moved ? "moved" : "";
  return (each.now.status === "rejected" ? "rejected" : "accepted") + several + moved;
}

// Everything on the page that follows from the changes.
function refresh() {
  onsets = inShowings(applied(machineOnsets, kept.changes, data.window_s), data.repeats_s);
  if (!onsets.some((each) => each.id === chosen)) chosen = null;
  showNumbers();
  showRows();
  showDetail();
  $("undo").disabled = $("discard").disabled = !kept.changes.length;
  $("redo").disabled = !kept.undone.length;
}
