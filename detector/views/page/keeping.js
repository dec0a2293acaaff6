// What a person did: kept in the browser at every step, shared between tabs, saved to a file and opened from one.
const KEY = `gunshot-review/1:${data.result_sha256}`, LARGEST_BYTES = 50e6;

// Changes in order and those undone, who, a note, when the tally was seen, when a review was first saved, a comment half written.
const blank = () => ({ changes: [], undone: [], reviewer: "", note: "", tally_at: null, tally_when: "never", saved_at: null, unsaved: false,
  source: null, draft: null, single_keys: true });
let kept = blank(), keptText = null, keeps = true;

// --- in the browser ------------------------------------------------------------------------------

function keep() {
  const text = JSON.stringify(kept);
  try {
    localStorage.setItem(KEY, text);
    [keptText, keeps] = [text, true];
  } catch {
    keeps = false;
  }
  showKept();
}

function showKept() {
  $("kept").classList.toggle("bad", !keeps);
  const number = counted(kept.changes.length, "change");
  if (!keeps) $("kept").textContent = "This browser keeps nothing: save before you close the page.";
  else if (kept.unsaved) $("kept").textContent = `${number}, kept in this browser, not saved yet`;
  else $("kept").textContent = kept.changes.length ? `${number}, saved` : "";
}

// Takes over what this browser holds of the review, also where another tab has gone on with it since.
function catchUp() {
  let text = null;
  try {
    if (keeps) text = localStorage.getItem(KEY);
  } catch { /* said when something is kept */ }
  if (!text || text === keptText) return;
  keptText = text;
  try {
    kept = fromKept(JSON.parse(text));
    fill();
  } catch (error) {
    setAside(text, error.message);
  }
}

function setAside(text, why) {
  problem(`What this browser had kept of an earlier review does not fit and was set aside: ${why}.`);
  $("aside").hidden = false;
  $("aside").onclick = () => download(text, "review_set_aside.json");
  try {
    localStorage.setItem(`${KEY}:aside`, text);
  } catch { /* the button still has it */ }
}

function fill() {
  for (const id of ["reviewer", "note"]) if (document.activeElement !== $(id)) $(id).value = kept[id];
  $("single-keys").checked = kept.single_keys;
  showTally();
  showKept();
  refresh();
}

// A comment that was being written when the page went away.
function takeUpDraft() {
  const draft = kept.draft;
  if (!draft) return;
  kept.draft = null;
  act("comment", { comment: draft.comment.trim() }, draft.onset);
  keep();
}

// --- what may be read ----------------------------------------------------------------------------

const textOr = (value, other) => (typeof value === "string" ? value : other);
const whenOf = (value) => (["never", "before saving", "after saving"].includes(value) ? value : "unknown");

function standing(one) {
  const whole = one && typeof one === "object" && typeof one.time_s === "number" && ["shot", "possible", "rejected"].includes(one.status);
  if (!whole || typeof one.comment !== "string") throw new Error("it is broken");
  return { time_s: one.time_s, status: one.status, shots: one.shots, comment: one.comment };
}

function changesFrom(list) {
  if (!Array.isArray(list) || list.some((one) => !one)) throw new Error("it is broken");
  return list.map((one) => ({ action: String(one.action), onset: one.onset, before: one.before === null ? null : standing(one.before),
    after: standing(one.after), at: textOr(one.at, null) }));
}

function sourceFrom(one) {
  if (!one || ![one.name, one.kind, one.file_sha256].every((each) => typeof each === "string") || !Array.isArray(one.notes)) return null;
  return { name: one.name, kind: one.kind, file_sha256: one.file_sha256, notes: one.notes.map(String) };
}

// What a review.json and what is kept have in common; throws where the changes do not fit this result.
function readable(found) {
  const changes = changesFrom(found && found.changes);
  applied(machineOnsets, changes, data.window_s);
  return { ...blank(), changes, reviewer: textOr(found.reviewer, ""), note: textOr(found.note, ""), saved_at: textOr(found.saved_at, null),
    source: sourceFrom(found.source) };
}

function fromKept(found) {
  const { tally_at, unsaved, undone, draft, single_keys } = { ...blank(), ...found };
  const written = draft && typeof draft.comment === "string" ? { onset: draft.onset, comment: draft.comment.slice(0, MOST_LETTERS) } : null;
  return { ...readable(found), undone: changesFrom(undone), tally_at: textOr(tally_at, null), tally_when: whenOf(found.tally_when),
    unsaved: Boolean(unsaved), draft: written, single_keys: single_keys !== false };
}

function fromFile(found) {
  if (!found || found.schema !== "gunshot-review/1") throw new Error("it is no review.json");
  if (found.result_sha256 !== data.result_sha256) throw new Error("it belongs to another result, and nothing was changed");
  const seen = found.tally_seen || {};
  // Who has seen the tally here has seen it, whatever the file says.
  const tally = tallyOpen() ? { tally_at: kept.tally_at, tally_when: kept.tally_when } : { tally_at: textOr(seen.at, null), tally_when: whenOf(seen.when) };
  return { ...readable(found), ...tally, single_keys: kept.single_keys };
}

// --- files ---------------------------------------------------------------------------------------

function reviewText() {
  return JSON.stringify({ schema: "gunshot-review/1", recording: data.recording, result_sha256: data.result_sha256,
    reviewer: kept.reviewer, saved_at: new Date().toISOString(), tally_seen: { when: kept.tally_when, at: kept.tally_at }, changes: kept.changes, note: kept.note, source: kept.source }, null, 1) + "\n";
}

function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function save() {
  catchUp();
  kept.reviewer = $("reviewer").value.trim();
  kept.note = $("note").value.trim();
  download(reviewText(), "review.json");
  kept.saved_at = kept.saved_at || new Date().toISOString();
  kept.unsaved = false;
  seeTally(true);
  keep();
  say("Review saved as review.json.");
  $("kept").textContent = "Saved as review.json";
}

async function openReview(file) {
  try {
    if (file.size > LARGEST_BYTES) throw new Error("it is too large for a review");
    const text = await file.text();
    catchUp();
    const found = fromFile(parsed(text));
    if (kept.unsaved && kept.changes.length && !confirm("Replace the changes made on this page by those of the file?")) return;
    kept = found;
    keep();
    fill();
    problem("");
    say(`${file.name} opened: ${counted(kept.changes.length, "change")}.`);
  } catch (error) {
    problem(`${file.name} was not opened: ${error.message}.`);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is broken, or no review.json");
  }
}

// --- the tally -----------------------------------------------------------------------------------

const tallyOpen = () => kept.tally_when.endsWith("saving") || (kept.tally_when === "unknown" && kept.tally_at !== null);

function seeTally(blind) {
  catchUp();
  if (!$("tally")) return;
  if (!tallyOpen()) {
    kept.tally_at = new Date().toISOString();
    // What is not known of the time before this page no saving makes known.
    if (kept.tally_when === "never" || !blind) kept.tally_when = blind ? "after saving" : "before saving";
  }
  keep();
  showTally();
}

function showTally() {
  if (!$("tally") || !tallyOpen()) return;
  $("tally-hidden").hidden = true;
  $("tally-shown").hidden = false;
  const at = kept.tally_at ? `, ${kept.tally_at}` : "";
  $("tally-when").textContent = { "after saving": `First shown after the review was saved${at}.`, "before saving": `Shown before the review was saved${at}: the review says so.`,
    unknown: `First shown on this page${at}; whether the numbers were known before is not known.` }[kept.tally_when];
}
