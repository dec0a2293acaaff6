// Keys and mouse, and the start.
const KEYS = {
  ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => step(-1), ArrowDown: () => step(1), " ": play,
  a: () => act("accept"), r: () => act("reject"), u: undo, y: redo, n: add, h: half, t: nextOpen, v: zoomVolley, s: save,
  k: () => hearNext(-1), l: () => hearNext(1), m: move, c: () => { if (chosen !== null) $("comment").focus(); }, ...Object.fromEntries([["[,", -1], ["].", 1], ["{<;", -10], ["}>:", 10]].flatMap(([signs, ms]) => [...signs].map((sign) => [sign, () => nudge(ms)]))),
  "+": () => zoomBy(0.5), "=": () => zoomBy(0.5), "-": () => zoomBy(2), 0: () => setView(...data.window_s), "?": () => $("help").showModal(),
};

function move() {
  if (chosen !== null && cursor !== null) {
    act("move", { time_s: Math.round(lane.placed(known(chosen), lane.own(cursor)) * 1e4) / 1e4 });
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
    if (event.key === "Escape") dropDraft();
    event.preventDefault();
    return target.blur();
  }
  if (typing) return event.key === "Escape" ? target.blur() : undefined;
  if ((event.ctrlKey || event.metaKey) && /^[yz]$/i.test(event.key)) {
    event.preventDefault();
    return event.shiftKey || event.key.toLowerCase() === "y" ? redo() : undo();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || (!kept.single_keys && event.key.length === 1 && event.key !== " ")) return;
  // The space bar presses a button that was reached by keys; after a click it plays.
  if (event.key === " " && /^(BUTTON|A)$/.test(target.tagName) && reachedByKeys) return;
  const digit = Number(event.key), named = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (digit >= 1 && digit <= 9) act("overlap", { shots: digit });
  else if (named) named();
  else return;
  event.preventDefault();
}

function typedComment() {
  const draft = { onset: commentOf, comment: $("comment").value };
  catchUp();
  kept.draft = draft;
  keep();
}

function keepComment() {
  if (!kept.draft) return;
  const { onset, comment } = kept.draft;
  kept.draft = null;
  act("comment", { comment: comment.trim() }, onset);
  keep();
  showDetail();
}

function dropDraft() {
  const each = known(commentOf);
  kept.draft = null;
  $("comment").value = each ? each.now.comment : "";
  keep();
}

function typedLine(id) {
  const text = $(id).value;
  catchUp();
  kept[id] = text;
  keep();
}

const placed = (event, canvas) => event.clientX - canvas.getBoundingClientRect().left;
const laneUnder = (event) => timelineAt.laneAt(event.clientY - $("timeline").getBoundingClientRect().top);

function onTimeline(event) {
  const x = placed(event, $("timeline")), near = nearest(x, laneUnder(event));
  if (laneUnder(event)) hear(laneUnder(event));
  if (near) choose(near.id);
  else setCursor(timelineAt.timeAt(x));
}

function nearest(x, one) {
  const at = (each) => timelineAt.xOf(one ? one.page(one.time(each)) : each.now.time_s);
  const weight = (each) => (each.now.status === "rejected" ? 2 : 0), far = (each) => Math.abs(at(each) - x) + weight(each);
  return onsets.reduce((best, each) => (far(each) < (best ? far(best) : 6) ? each : best), null);
}

function onHover(event) {
  const x = placed(event, $("timeline")), one = laneUnder(event), near = nearest(x, one), at = timelineAt.timeAt(x);
  const told = near ? [`onset ${near.id}`, near.now.status, notes(near), verdictWords(near) && `you: ${verdictWords(near)}`] : [];
  $("under").textContent = [clock(at), several && one && `${one.label} ${clock(one.own(at))}`, ...told].filter(Boolean).join(", ");
}

let dragging = false, byPointer = false, reachedByKeys = false;

function onZoomDown(event, one) {
  if (one.zoomAround === null) return;
  hear(one);
  const panel = panelOf(one), x = placed(event, panel), each = chosen === null ? null : known(chosen);
  dragging = each && one.has(each) && Math.abs(one.zoomAt.xOf(one.time(each)) - x) < 7;
  if (dragging) panel.setPointerCapture(event.pointerId);
  else setCursor(one.page(one.zoomAt.timeAt(x)));
}

function onZoomMove(event, one) {
  if (!dragging) return;
  cursor = one.page(one.zoomAt.timeAt(placed(event, panelOf(one))));
  showCursor();
  drawCloser();
}

function onZoomUp() {
  if (dragging && cursor !== null) move();
  dragging = false;
}

function typedCursor() {
  const text = $("cursor").value.trim(), before = text.startsWith("-") ? -1 : 1;
  const timeS = before * text.replace("-", "").split(":").map(Number).reduce((sum, part) => sum * 60 + part, 0);
  if (!text) return;
  if (Number.isFinite(timeS)) setCursor(timeS);
  else tell("No time: write 0:41.212, or seconds.");
}

function sortBy(key) {
  sort = { key, up: sort.key === key ? !sort.up : true };
  for (const button of document.querySelectorAll("[data-sort]"))
    button.parentElement.setAttribute("aria-sort", button.dataset.sort === key ? (sort.up ? "ascending" : "descending") : "none");
  showRows();
}

function listen() {
  const click = { undo, redo, discard, save, accept: () => act("accept"), reject: () => act("reject"), add, move, play, half, "next-open": nextOpen,
    previous: () => step(-1), next: () => step(1), "zoom-in": () => zoomBy(0.5), "zoom-out": () => zoomBy(2), "zoom-whole": () => setView(...data.window_s),
    "zoom-volley": zoomVolley, earlier: () => nudge(-1), later: () => nudge(1), "help-open": () => $("help").showModal(), "help-close": () => $("help").close(),
    "warning-no": () => $("warning").close(), "warning-yes": () => { allowed = true; $("warning").close(); play(); },
    "tally-show": () => seeTally(false), "video-linked": linkedVideo };
  for (const [id, does] of Object.entries(click)) if ($(id)) $(id).addEventListener("click", does);
  document.addEventListener("keydown", onKey);
  $("rows").addEventListener("click", (event) => { const row = event.target.closest("tr"); if (row) choose(Number(row.dataset.id), false); });
  $("overlap").addEventListener("change", () => act("overlap", { shots: Number($("overlap").value) }));
  $("single-keys").addEventListener("change", () => { kept.single_keys = $("single-keys").checked; keep(); });
  // Whoever leaves the comment by choosing another onset meant the one at which it was begun.
  $("comment").addEventListener("focus", () => { commentOf = chosen; });
  $("comment").addEventListener("input", typedComment);
  $("comment").addEventListener("blur", keepComment);
  $("cursor").addEventListener("change", typedCursor);
  for (const id of ["reviewer", "note"]) $(id).addEventListener("input", () => typedLine(id));
  const listAnew = () => { showRows(); say(`${counted(shown.length, "onset")} in the list.`); };
  $("filter").addEventListener("change", listAnew);
  // A list that was opened by mouse gives the keys back to the page.
  for (const id of ["filter", "overlap"]) $(id).addEventListener("change", () => { if (byPointer) $(id).blur(); });
  document.addEventListener("pointerdown", () => { byPointer = true; }, true);
  document.addEventListener("keydown", () => { byPointer = false; }, true);
  document.addEventListener("focusin", () => { reachedByKeys = !byPointer; });
  $("search").addEventListener("input", listAnew);
  for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => sortBy(button.dataset.sort));
  $("timeline").addEventListener("click", onTimeline);
  $("timeline").addEventListener("pointermove", onHover);
  for (const [k, one] of lanes.entries()) {
    const panel = panelOf(one);
    if ($(`hear-${k}`)) $(`hear-${k}`).addEventListener("click", () => hear(one));
    panel.addEventListener("pointerdown", (event) => onZoomDown(event, one));
    panel.addEventListener("pointermove", (event) => onZoomMove(event, one));
    panel.addEventListener("pointerup", onZoomUp);
    panel.addEventListener("pointercancel", () => { dragging = false; });
  }
  $("video-file").addEventListener("change", () => { const file = $("video-file").files[0]; if (file) chosenVideo(file); });
  $("review-file").addEventListener("change", () => { const file = $("review-file").files[0]; if (file) openReview(file); $("review-file").value = ""; });
  night.addEventListener("change", afterPrint);
  window.addEventListener("resize", () => { drawWhole(); drawCloser(); drawBar($("coverage"), data.coverage, look, data.window_s); });
  window.addEventListener("storage", catchUp);
  window.addEventListener("focus", catchUp);
  window.addEventListener("beforeunload", (event) => { if (!keeps && kept.unsaved) event.preventDefault(); });
  window.addEventListener("beforeprint", forPrint);
  window.addEventListener("afterprint", afterPrint);
}

redress();
listen();
fill();
catchUp();
takeUpDraft();
keep();
drawNow();
showLane();
