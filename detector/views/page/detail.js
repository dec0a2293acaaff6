// The onset that is chosen, in words and from near; the pictures.
function showDetail() {
  const each = chosen === null ? null : known(chosen);
  for (const id of ["accept", "reject", "overlap", "move", "comment", "play"]) $(id).disabled = !each && !(id === "play" && cursor !== null);
  $("h-detail").textContent = each ? (each.now.status === "rejected" ? `Onset ${each.id}` : `Shot ${each.id}`) : machineOnsets.length ? "No onset chosen" : "No onsets";
  $("facts").textContent = each ? facts(each) : machineOnsets.length ? "Choose one in the list or the picture, or press the right arrow." : data.nothing;
  $("why").textContent = each ? why(each) : "";
  $("verdict").textContent = (each && verdictWords(each)) || "none yet";
  $("overlap").value = String(each ? Math.max(1, each.now.shots) : 1);
  if (document.activeElement !== $("comment")) $("comment").value = each ? each.now.comment : "";
  for (const [k, one] of lanes.entries()) if ($(`lane-${k}`)) $(`lane-${k}`).textContent = laneWords(one, each);
  showCursor();
  lookCloser();
}

function facts(each) {
  const time = `${clock(each.now.time_s)} (${each.now.time_s.toFixed(4)} s)`;
  const told = [each.shot ? `${time} ±${(each.shot.time_error_s * 1000).toFixed(1)} ms` : time];
  if (each.probability !== null) told.push(`chance ${each.probability.toFixed(3)}`);
  if (each.shot && each.shot.volley !== null) told.push(`volley ${each.shot.volley}`);
  if (each.shot && each.shot.position != null) told.push(`position ${each.shot.position}`);
  if (each.shot && each.shot.frame != null) told.push(`frame ${each.shot.frame}`);
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
  if (each.shot.arrivals) told.push(...together(each.shot));
  if (each.shot.repeat_of !== null) told.push(`A second showing of shot ${each.shot.repeat_of}: not counted again.`);
  if (each.shot.flags.length) told.push(`Noted: ${each.shot.flags.join(", ")}.`);
  const echoes = data.rejected.filter((one) => one.of_shot === each.id && Math.abs(one.time_s - each.shot.time_s) < 2);
  if (echoes.length) told.push(`Refused as its echo: ${echoes.map((one) => `${one.id} (${(one.delay_s * 1000).toFixed(0)} ms)`).join(", ")}.`);
  return told.join(" ");
}

// Which cameras an incident's shot rests on, and what is told of it beside others.
function together(shot) {
  const named = (ids) => `camera${ids.length > 1 ? "s" : ""} ${ids.join(", ")}`, heard = shot.arrivals.map((one) => one.camera);
  const told = [heard.length > 1 ? `Heard by ${named(heard)}.` : `Rests on ${named(heard)} alone.`];
  if (shot.silent.length) told.push(`No onset of it at ${named(shot.silent)}, which could have heard it.`);
  if (shot.deaf.length) told.push(`Could not be heard at ${named(shot.deaf)}.`);
  return [...told, ...data.told.filter((one) => one.shots.includes(shot.id)).map((one) => one.sentence)];
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

// Many changes in one frame are one drawing.
let waiting = false;

function drawWhole() {
  if (!waiting) requestAnimationFrame(() => { waiting = false; drawNow(); });
  waiting = true;
}

function drawNow(width) {
  timelineAt = drawTimeline($("timeline"), { lanes, lane: width ? null : lane, coverage: data.coverage, look, view, chosen, cursor, width,
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

// The panels stand still around the onset, or around the cursor where that lies elsewhere.
function lookCloser() {
  const each = chosen === null ? null : known(chosen);
  const away = cursor !== null && (!each || Math.abs(lane.own(cursor) - lane.time(each)) > ZOOM_S);
  for (const one of lanes) {
    one.zoomAround = away ? one.own(cursor) : each ? one.time(each) : null;
    lookInto(one);
  }
}

async function lookInto(one) {
  const around = one.zoomAround;
  drawPanel(one);
  if (around === null) return;
  const clip = one.excerpts.holding(around - ZOOM_S, around + ZOOM_S);
  try {
    one.zoomSound = clip && (await one.excerpts.samplesOf(clip));
  } catch {
    one.zoomSound = null;
    soundFailed = "This browser cannot decode the excerpts (Ogg/Opus): open the video instead.";
  }
  if (one.zoomAround === around) drawPanel(one);
}

function drawCloser() {
  lanes.forEach(drawPanel);
}

function drawPanel(one) {
  const idle = one.zoomAround === null, around = idle ? 0 : one.zoomAround, part = [around - ZOOM_S, around + ZOOM_S];
  const without = soundFailed || (one.excerpts.clips.length ? (idle ? "" : several && !one.hears(around) ? "" : "no sound embedded here") : one.silent);
  const sound = one.zoomSound, inside = sound && sound.start <= part[1] && sound.start + sound.samples.length / sound.rate >= part[0];
  const near = onsets.filter((each) => Math.abs(one.time(each) - around) <= ZOOM_S).map((each) => one.seen(known(each.id)));
  one.zoomAt = drawZoom(panelOf(one), { look, idle, view: part, sound: inside ? sound : null, without, coverage: idle ? [] : one.coverage,
    height: several ? LANE_ZOOM_PX : ZOOM_PX, cursor: cursor === null ? null : one.own(cursor), playing: heardAt === null ? null : one.own(heardAt),
    chosen: chosen === null ? null : one.seen(known(chosen)), onsets: [...near, ...(idle ? [] : one.beside(...part))] });
}

const panelOf = (one) => $(several ? `zoom-${lanes.indexOf(one)}` : "zoom");

function redress(printing = false) {
  look = night.matches && !printing ? DARK : LIGHT;
  for (const one of lanes) one.spectrogram = one.overview && spectrogramPicture(one.overview, look);
  drawRamp($("ramp"), look);
  drawBar($("coverage"), data.coverage, look, data.window_s);
}
