// Canvases: the whole recording with its onsets, and what surrounds one of them.
const LIGHT = { paper: "#ffffff", ink: "#1d2329", faint: "#6b7680", line: "#d5dbe0", sound: "#a9bac6", loud: "#54707f",
  unheard: "#e4e7ea", hatch: "#aab2b9", overloaded: "#fbe0ab", cursor: "#c2410c", chosen: "#c2410c", volley: "#e3f1fa",
  low: [176, 208, 60], high: [62, 10, 84], mid: [33, 125, 130], night: false };
const DARK = { paper: "#14191d", ink: "#e6ebef", faint: "#93a0aa", line: "#323b42", sound: "#4c616e", loud: "#8fb0c2",
  unheard: "#23292e", hatch: "#4d575f", overloaded: "#4d3b12", cursor: "#fb923c", chosen: "#fb923c", volley: "#182b38",
  low: [88, 84, 140], high: [250, 230, 80], mid: [50, 170, 150], night: true };
const FLAG_ROWS = 6, FLAG_PX = 12, FLAGS_PX = FLAG_ROWS * FLAG_PX + 4, WAVE_PX = 110, REFUSED_PX = 16, BANDS_PX = 120, AXIS_PX = 18;
const TITLE_PX = 18; // of each of several recordings
const ZOOM_ROWS = 3, ZOOM_TOP = ZOOM_ROWS * 12 + 2, ZOOM_PX = 190, LANE_ZOOM_PX = 140;
const FLOOR_DB = 65;

const mix = (a, b, share) => a.map((value, k) => Math.round(value + (b[k] - value) * share));
const css = (rgb) => `rgb(${rgb.join(",")})`;
const chanceColour = (look, p) =>
  css(p < 0.5 ? mix(look.low, look.mid, p * 2) : mix(look.mid, look.high, (p - 0.5) * 2));

function clock(timeS, decimals = 3) {
  // Exactly between two, the even one, as in the other files of the result; `toFixed` takes the larger.
  const size = Math.abs(timeS), down = (size * 2 ** (decimals + 1)) % 2 === 1 && Math.floor(size * 10 ** decimals) % 2 === 0 ? 1e-9 : 0;
  const [seconds, fraction] = (size - down).toFixed(decimals).split("."), whole = Number(seconds);
  const two = (n) => String(n).padStart(2, "0"), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const sign = timeS < 0 && Number(seconds + (fraction || "")) ? "-" : "";
  return sign + (hours ? `${hours}:${two(minutes)}` : minutes) + ":" + two(whole % 60) + (fraction ? "." + fraction : "");
}

const base64Bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function readOverview(overview) {
  if (!overview) return null;
  const floats = (array) => new Float32Array(base64Bytes(array.base64).buffer);
  return { start: overview.start_s, column: overview.column_s, low: floats(overview.minimum), high: floats(overview.maximum),
    rms: floats(overview.rms), edges: floats(overview.edges_hz), bands: new Int8Array(base64Bytes(overview.bands_db.base64).buffer) };
}

// Sharp on every screen: returns the context in CSS pixels and the size.
function prepared(canvas, height, width = canvas.clientWidth) {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  canvas.style.height = `${height}px`;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.round(height * ratio);
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  return { ctx, width, height };
}

function spectrogramPicture(overview, look) {
  const columns = overview.high.length, picture = document.createElement("canvas");
  picture.width = Math.max(1, columns);
  picture.height = 64;
  const ctx = picture.getContext("2d"), image = ctx.createImageData(picture.width, 64);
  let top = -128;
  for (const value of overview.bands) if (value > top) top = value;
  const stops = look.night
    ? [[20, 25, 29], [58, 33, 92], [170, 55, 90], [245, 150, 60], [252, 240, 170]]
    : [[255, 255, 255], [205, 216, 232], [126, 140, 190], [92, 60, 130], [40, 8, 60]];
  for (let band = 0; band < 64; band++)
    for (let column = 0; column < columns; column++) {
      const level = overview.bands[band * columns + column];
      const share = level === -128 ? 0 : Math.min(1, Math.max(0, 1 - (top - level) / FLOOR_DB));
      const at = share * (stops.length - 1), step = Math.min(stops.length - 2, Math.floor(at));
      const rgb = mix(stops[step], stops[step + 1], at - step), place = 4 * ((63 - band) * columns + column);
      image.data.set([rgb[0], rgb[1], rgb[2], level === -128 ? 0 : 255], place);
    }
  ctx.putImageData(image, 0, 0);
  return picture;
}

function drawCoverage(ctx, coverage, look, xOf, top, height) {
  for (const { start_s, stop_s, state } of coverage) {
    if (state === "heard") continue;
    const x = xOf(start_s), wide = Math.max(1, xOf(stop_s) - x);
    ctx.fillStyle = state === "overloaded" ? look.overloaded : look.unheard;
    ctx.fillRect(x, top, wide, height);
    if (state === "overloaded") continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, top, wide, height);
    ctx.clip();
    ctx.strokeStyle = look.hatch;
    ctx.beginPath();
    const from = Math.max(x, 0) - height, to = Math.min(x + wide, ctx.canvas.width);
    for (let dx = from - (from % 9); dx < to; dx += 9) {
      ctx.moveTo(dx, top + height);
      ctx.lineTo(dx + height, top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

const TICKS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

function drawAxis(ctx, look, view, xOf, top, width) {
  const step = TICKS.find((each) => xOf(view[0] + each) - xOf(view[0]) > 64) || 14400;
  const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  ctx.fillStyle = look.faint;
  ctx.strokeStyle = look.line;
  ctx.textAlign = "center";
  ctx.beginPath();
  for (let n = Math.ceil(view[0] / step); n * step <= view[1]; n++) {
    const x = xOf(n * step);
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + 4);
    if (x > 16 && x < width - 16) ctx.fillText(clock(n * step, decimals), x, top + 12);
  }
  ctx.stroke();
}

function drawWave(ctx, overview, look, view, width, middle, half) {
  const first = Math.max(0, Math.floor((view[0] - overview.start) / overview.column));
  const last = Math.min(overview.high.length, Math.ceil((view[1] - overview.start) / overview.column));
  let peak = 1e-4;
  for (let k = 0; k < overview.high.length; k++) {
    const most = Math.max(overview.high[k], -overview.low[k]);
    if (most > peak) peak = most;
  }
  const perS = width / (view[1] - view[0]), wide = Math.max(1, overview.column * perS);
  for (const [colour, above, below] of [[look.sound, overview.high, overview.low], [look.loud, overview.rms, null]]) {
    ctx.fillStyle = colour;
    for (let k = first; k < last; k++) {
      if (Number.isNaN(overview.high[k])) continue;
      const up = (above[k] / peak) * half, down = ((below ? -below[k] : above[k]) / peak) * half;
      ctx.fillRect((overview.start + k * overview.column - view[0]) * perS, middle - up, wide + 0.5, Math.max(1, up + down));
    }
  }
}

// Rows for the numbers above the picture, from the left; -1 where there is no room.
function flagRows(places, count = FLAG_ROWS) {
  const ends = new Array(count).fill(-Infinity);
  return places.map(([left, wide]) => {
    const row = ends.findIndex((end) => end <= left);
    if (row >= 0) ends[row] = left + wide;
    return row;
  });
}

// Where the lanes of so many recordings stand: one has room for itself, more of them share it.
function layout(number) {
  const one = number === 1, share = (least, most) => Math.max(least, Math.min(most, Math.round((4 * most) / number)));
  const wave = one ? WAVE_PX : share(26, 60), bands = one ? BANDS_PX : share(16, 44);
  const title = one ? 0 : TITLE_PX, between = one ? REFUSED_PX : 0, step = title + wave + between + bands;
  const rows = Array.from({ length: number }, (_, row) => {
    const top = FLAGS_PX + row * step + title;
    return { title: top - title, top, wave, bandsTop: top + wave + between, bands, bottom: top + wave + between + bands };
  });
  const end = FLAGS_PX + number * step;
  return { rows, refusedTop: one ? rows[0].bandsTop - REFUSED_PX : end, axisTop: one ? end : end + REFUSED_PX };
}

// The recordings as a whole, or the part in `view`; returns where things stand for the mouse.
function drawTimeline(canvas, scene) {
  const { lanes, onsets, view, look } = scene, { rows, refusedTop, axisTop } = layout(lanes.length);
  const { ctx, width } = prepared(canvas, axisTop + AXIS_PX, scene.width || canvas.clientWidth);
  const xOf = (timeS) => ((timeS - view[0]) / (view[1] - view[0])) * width;
  const inView = (timeS) => timeS >= view[0] && timeS <= view[1];
  lanes.forEach((lane, row) => drawLane(ctx, lane, rows[row], scene, xOf, width));
  drawAxis(ctx, look, view, xOf, axisTop, width);
  drawOnsets(ctx, onsets.filter((each) => inView(each.now.time_s)), { ...scene, width_px: width, rows, refusedTop, axisTop }, xOf);
  if (lanes.length > 1) lanes.forEach((lane, row) => drawTitle(ctx, lane, rows[row], scene));
  for (const [timeS, colour, dash] of [[scene.cursor, look.cursor, [3, 3]], [scene.playing, look.ink, []]])
    if (timeS !== null && inView(timeS)) vertical(ctx, xOf(timeS), 0, axisTop, colour, 1, dash);
  return { xOf, timeAt: (x) => view[0] + (x / width) * (view[1] - view[0]),
    laneAt: (y) => lanes.find((_, row) => y >= rows[row].title && y < rows[row].bottom) || null };
}

// Sound and spectrogram of one recording, by its own clock under that of the page.
function drawLane(ctx, lane, place, scene, xOf, width) {
  const { look, volleys } = scene, { overview } = lane, view = scene.view.map((each) => lane.own(each));
  const ownX = (timeS) => xOf(lane.page(timeS));
  ctx.fillStyle = look.volley;
  for (const [first, last] of volleys) ctx.fillRect(xOf(first), place.top, Math.max(1, xOf(last) - xOf(first)), place.wave);
  drawCoverage(ctx, lane.coverage, look, ownX, place.top, place.wave);
  if (overview) {
    drawWave(ctx, overview, look, view, width, place.top + place.wave / 2, place.wave / 2 - 2);
    const from = (view[0] - overview.start) / overview.column, wide = (view[1] - view[0]) / overview.column;
    ctx.drawImage(lane.spectrogram, from, 0, wide, 64, 0, place.bandsTop, width, place.bands);
  }
  drawCoverage(ctx, lane.coverage.filter((each) => each.state !== "overloaded"), look, ownX, place.bandsTop, place.bands);
  if (overview) drawFrequencies(ctx, overview.edges, look, place);
  if (place.title === place.top) return;
  for (const [first, last] of [[0, ownX(lane.extent_s[0])], [ownX(lane.extent_s[1]), width]]) {
    if (last <= first) continue; // before the recording begins, and after it ends
    ctx.fillStyle = look.paper;
    ctx.fillRect(first, place.top, last - first, place.bottom - place.top);
  }
}

function drawTitle(ctx, lane, place, scene) {
  const here = lane === scene.lane, words = here ? `▸ ${lane.label} (heard)` : lane.label;
  ctx.textAlign = "left";
  ctx.fillStyle = scene.look.paper;
  ctx.fillRect(0, place.title + 3, ctx.measureText(words).width + 4, TITLE_PX - 4);
  ctx.fillStyle = here ? scene.look.chosen : scene.look.faint;
  ctx.fillText(words, 2, place.title + TITLE_PX / 2 + 1);
}

const vertical = (ctx, x, top, bottom, colour, wide = 1, dash = []) => slanted(ctx, [x, top], [x, bottom], colour, wide, dash);

function slanted(ctx, from, to, colour, wide, dash) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = wide;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.lineWidth = 1;
}

function drawFrequencies(ctx, edges, look, place) {
  ctx.textAlign = "left";
  for (const hz of place.bands < BANDS_PX ? [1000, 8000] : [300, 1000, 4000, 10000]) {
    let band = 0;
    while (band < 64 && edges[band + 1] < hz) band++;
    if (band < 1 || band > 62) continue;
    const y = place.bandsTop + place.bands * (1 - (band + 0.5) / 64), words = hz >= 1000 ? `${hz / 1000} kHz` : `${hz} Hz`;
    ctx.fillStyle = look.paper;
    ctx.globalAlpha = 0.75;
    ctx.fillRect(2, y - 7, ctx.measureText(words).width + 4, 14);
    ctx.globalAlpha = 1;
    ctx.fillStyle = look.ink;
    ctx.fillText(words, 4, y);
  }
}

function drawOnsets(ctx, onsets, scene, xOf) {
  const { look, chosen } = scene, counted = onsets.filter((each) => each.now.status !== "rejected");
  ctx.textAlign = "left";
  drawRefused(ctx, onsets.filter((each) => each.now.status === "rejected"), scene, xOf);
  const numbers = counted.map((each) => (each.now.shots > 1 ? `${each.id}×${each.now.shots}` : String(each.id)));
  const wide = numbers.map((number) => ctx.measureText(number).width + 2);
  const lefts = counted.map((each, k) => Math.min(xOf(each.now.time_s) + 1, scene.width_px - wide[k]));
  const rows = flagRows(lefts.map((left, k) => [left, wide[k] + 2]));
  const heights = rows.map((row) => (row < 0 ? FLAGS_PX - 3 : FLAGS_PX - (FLAG_ROWS - row) * FLAG_PX + 6));
  counted.forEach((each, k) => {
    const colour = each.machine === null ? look.cursor : chanceColour(look, each.probability);
    const dash = each.now.status === "possible" ? [2, 2] : [];
    vertical(ctx, xOf(each.now.time_s), heights[k], FLAGS_PX, colour, 1.2, dash);
    ctx.globalAlpha = Math.max(0.1, Math.min(0.8, scene.width_px / 28 / counted.length)); // the sound must stay visible behind many of them
    drawAcross(ctx, each, scene, xOf, colour, 1.2, dash);
    ctx.globalAlpha = 1;
  });
  counted.forEach((each, k) => {  // after all the lines, which pass behind the numbers
    if (rows[k] < 0) return;
    ctx.fillStyle = look.paper;
    ctx.fillRect(lefts[k], heights[k] - 6, wide[k], 12);
    ctx.fillStyle = each.id === chosen ? look.chosen : each.again ? look.faint : look.ink;
    ctx.fillText(numbers[k], lefts[k] + 1, heights[k]);
  });
  const at = onsets.find((each) => each.id === chosen);
  if (at) drawChosen(ctx, at, scene, xOf);
}

// Refused onsets with their reasons, as far as there is room.
function drawRefused(ctx, refused, scene, xOf) {
  const { look, refusedTop } = scene;
  refused.forEach((each, k) => {
    const x = xOf(each.now.time_s), gone = each.machine === null || each.machine.status !== "rejected";
    vertical(ctx, x, refusedTop + 3, refusedTop + REFUSED_PX - 2, gone ? look.cursor : look.faint, gone ? 1.5 : 0.7);
    const words = gone ? `${each.id} rejected` : each.reason, next = refused[k + 1];
    const stop = x + ctx.measureText(words).width + 6;
    if (stop > xOf(scene.view[1]) || (next && xOf(next.now.time_s) < stop)) return;
    ctx.fillStyle = gone ? look.cursor : look.faint;
    ctx.fillText(words, x + 3, refusedTop + REFUSED_PX / 2);
  });
}

// A mark in each recording that has the onset, and lines from one to the next: they lean by its delay.
function drawAcross(ctx, each, scene, xOf, colour, wide, dash, whole = false) {
  const { lanes, rows } = scene;
  let from = [xOf(each.now.time_s), FLAGS_PX];
  lanes.forEach((lane, row) => {
    if (!lane.has(each)) return;
    const x = xOf(lane.page(lane.time(each))), { top, wave, bottom } = rows[row], stop = whole ? bottom : top + wave;
    if (top > from[1]) slanted(ctx, from, [x, top], colour, wide, dash);
    vertical(ctx, x, top, stop, colour, wide, dash);
    from = [x, stop];
  });
}

function drawChosen(ctx, at, scene, xOf) {
  const { look, rows, axisTop } = scene, x = xOf(at.now.time_s);
  vertical(ctx, x, 8, FLAGS_PX, look.chosen, 1.5);
  if (rows.length === 1) vertical(ctx, x, FLAGS_PX, axisTop, look.chosen, 1.5);
  else drawAcross(ctx, at, scene, xOf, look.chosen, 1.5, [], true);
  ctx.fillStyle = look.chosen;
  ctx.beginPath();
  ctx.moveTo(x - 5, 0);
  ctx.lineTo(x + 5, 0);
  ctx.lineTo(x, 8);
  ctx.fill();
}

// 150 ms either side of a time: decoded sound, every onset in it, the error of the chosen one, the cursor.
function drawZoom(canvas, scene) {
  const { ctx, width, height } = prepared(canvas, scene.height), { look, view, sound } = scene, bottom = height - AXIS_PX;
  const xOf = (timeS) => ((timeS - view[0]) / (view[1] - view[0])) * width, middle = (ZOOM_TOP + bottom) / 2;
  drawCoverage(ctx, scene.coverage, look, xOf, ZOOM_TOP, bottom - ZOOM_TOP);
  if (scene.chosen && !scene.chosen.missing) {
    ctx.fillStyle = look.chosen;
    ctx.globalAlpha = 0.18;
    const errorS = scene.chosen.time_error_s || 0, x = xOf(scene.chosen.now.time_s - errorS);
    ctx.fillRect(x, ZOOM_TOP, Math.max(2, xOf(scene.chosen.now.time_s + errorS) - x), bottom - ZOOM_TOP);
    ctx.globalAlpha = 1;
  }
  if (sound) drawSamples(ctx, sound, look, view, width, middle, (bottom - ZOOM_TOP) / 2 - 2);
  else {
    ctx.fillStyle = look.faint;
    ctx.textAlign = "center";
    ctx.fillText(scene.without, width / 2, ZOOM_TOP + 20);
  }
  drawStates(ctx, scene, xOf, width, bottom);
  drawZoomMarks(ctx, scene, xOf, width, bottom);
  drawEcho(ctx, scene, xOf, bottom);
  if (scene.cursor !== null) vertical(ctx, xOf(scene.cursor), ZOOM_TOP, bottom, look.cursor, 1, [3, 3]);
  if (scene.playing !== null) vertical(ctx, xOf(scene.playing), ZOOM_TOP, bottom, look.ink);
  if (!scene.idle) drawAxis(ctx, look, view, xOf, bottom, width);
  return { xOf, timeAt: (x) => view[0] + (x / width) * (view[1] - view[0]) };
}

// What the bands behind the sound are, so that none is taken for the error of a time.
function drawStates(ctx, scene, xOf, width, bottom) {
  ctx.textAlign = "left";
  for (const { start_s, stop_s, state } of scene.coverage) {
    if (state === "heard") continue;
    const words = state === "overloaded" ? state : "cannot be heard", wide = ctx.measureText(words).width;
    const left = Math.max(2, xOf(start_s) + 2), right = Math.min(width, xOf(stop_s));
    if (right <= 0 || left + wide > width || (state !== "overloaded" && left + wide > right)) continue;
    ctx.fillStyle = scene.look.paper;
    ctx.fillRect(left - 1, bottom - 16, wide + 2, 13);
    ctx.fillStyle = scene.look.faint;
    ctx.fillText(words, left, bottom - 9);
  }
}

// From the shot that the chosen onset is an echo of, to it: how much later it came.
function drawEcho(ctx, scene, xOf, bottom) {
  const { chosen, look } = scene;
  if (!chosen || !chosen.refused || chosen.refused.of_shot === null || chosen.moved) return;
  const { of_shot, delay_s } = chosen.refused, y = bottom - 24, right = xOf(chosen.now.time_s), left = Math.max(0, xOf(chosen.now.time_s - delay_s));
  const words = `${(delay_s * 1000).toFixed(1)} ms after ${of_shot}`;
  ctx.strokeStyle = look.chosen;
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(right, y);
  ctx.moveTo(right - 5, y - 4);
  ctx.lineTo(right, y);
  ctx.lineTo(right - 5, y + 4);
  ctx.stroke();
  const at = Math.max(1, Math.min(left + 4, right - ctx.measureText(words).width - 8));
  ctx.textAlign = "left";
  ctx.fillStyle = look.paper;
  ctx.fillRect(at - 1, y - 16, ctx.measureText(words).width + 2, 13);
  ctx.fillStyle = look.chosen;
  ctx.fillText(words, at, y - 9);
}

function drawZoomMarks(ctx, scene, xOf, width, bottom) {
  const { look } = scene, here = (each) => scene.chosen && each.id === scene.chosen.id;
  const colourOf = (each) => here(each) ? look.chosen : each.now.status === "rejected" ? look.faint
    : each.machine ? chanceColour(look, each.probability) : look.cursor;
  const words = scene.onsets.map((each) => each.words || (each.missing ? `${each.id}, not here` : each.now.status === "rejected" && each.reason ? `${each.id} ${each.reason}` : String(each.id)));
  const lefts = scene.onsets.map((each, k) => Math.min(xOf(each.now.time_s) + 3, width - ctx.measureText(words[k]).width - 2));
  const rows = flagRows(lefts.map((left, k) => [left, ctx.measureText(words[k]).width + 6]), ZOOM_ROWS);
  scene.onsets.forEach((each, k) => {
    const top = rows[k] < 0 ? ZOOM_TOP : rows[k] * FLAG_PX + 3;
    vertical(ctx, xOf(each.now.time_s), top, bottom, colourOf(each), here(each) ? 2 : 1.2, each.now.status === "rejected" || each.missing ? [2, 3] : []);
  });
  ctx.textAlign = "left";
  scene.onsets.forEach((each, k) => {
    if (rows[k] < 0 && !here(each)) return;
    const y = Math.max(0, rows[k]) * FLAG_PX + 7;
    ctx.fillStyle = look.paper;
    ctx.fillRect(lefts[k] - 1, y - 6, ctx.measureText(words[k]).width + 2, 12);
    ctx.fillStyle = here(each) ? look.chosen : each.now.status === "rejected" ? look.faint : look.ink;
    ctx.fillText(words[k], lefts[k], y);
  });
}

function drawSamples(ctx, sound, look, view, width, middle, half) {
  const { samples, rate, start } = sound, first = Math.floor((view[0] - start) * rate), last = Math.ceil((view[1] - start) * rate);
  let peak = 1e-4;
  for (let k = Math.max(0, first); k < Math.min(samples.length, last); k++) peak = Math.max(peak, Math.abs(samples[k]));
  ctx.fillStyle = look.loud;
  const perPixel = (last - first) / width;
  for (let x = 0; x < width; x++) {
    let low = Infinity, high = -Infinity;
    const from = Math.max(0, Math.floor(first + x * perPixel)), to = Math.min(samples.length, Math.ceil(first + (x + 1) * perPixel) + 1);
    for (let k = from; k < to; k++) {
      if (samples[k] < low) low = samples[k];
      if (samples[k] > high) high = samples[k];
    }
    if (high >= low) ctx.fillRect(x, middle - (high / peak) * half, 1, Math.max(1, ((high - low) / peak) * half));
  }
}

function drawBar(canvas, coverage, look, windowS, wide) {
  const { ctx, width, height } = prepared(canvas, 16, wide);
  ctx.fillStyle = look.loud;
  ctx.fillRect(0, 0, width, height);
  const xOf = (timeS) => ((timeS - windowS[0]) / Math.max(1e-9, windowS[1] - windowS[0])) * width;
  for (const each of coverage)
    if (each.state !== "heard") {
      ctx.fillStyle = look.paper;
      ctx.fillRect(xOf(each.start_s), 0, Math.max(1, xOf(each.stop_s) - xOf(each.start_s)), height);
    }
  drawCoverage(ctx, coverage, look, xOf, 0, height);
}

function drawRamp(canvas, look) {
  const ctx = canvas.getContext("2d");
  for (let x = 0; x < canvas.width; x++) {
    ctx.fillStyle = chanceColour(look, x / (canvas.width - 1));
    ctx.fillRect(x, 0, 1, canvas.height);
  }
}
