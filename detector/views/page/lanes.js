// A recording on the page: its own clock beside the page's, its picture and sound, and where each onset is in it.
class Lane {
  constructor(one) {
    Object.assign(this, one);
    this.overview = readOverview(one.overview);
    this.excerpts = new Excerpts(one.clips);
    this.spectrogram = this.zoomAt = this.zoomSound = this.zoomAround = null;
  }

  // A time of the page as the file shows it, and the other way.
  own(pageS) {
    const { anchor_s, offset_s, rate } = this.clock;
    return anchor_s + (pageS - anchor_s - offset_s) * rate;
  }

  page(ownS) {
    const { anchor_s, offset_s, rate } = this.clock;
    return anchor_s + offset_s + (ownS - anchor_s) / rate;
  }

  // What this recording has of an onset; null where it has none of its own, and where it is the only recording.
  found(each) {
    const shot = shotOf.get(each.id);
    return (shot && shot.arrivals && shot.arrivals.find((one) => one.camera === this.id)) || null;
  }

  // When an onset is, by the file's clock; it moves along with the onset.
  time(each) {
    const found = each.machine && this.found(each);
    return found ? found.time_s + (each.now.time_s - each.machine.time_s) * this.clock.rate : this.own(each.now.time_s);
  }

  // When an onset would have to be on the page to be here by the file's clock.
  placed(each, ownS) {
    const found = each.machine && this.found(each);
    return found ? each.machine.time_s + (ownS - found.time_s) / this.clock.rate : this.page(ownS);
  }

  // Whether it has the onset: where there are several recordings, not all have all of them.
  has(each) {
    return !several || !shotOf.has(each.id) || this.found(each) !== null;
  }

  // The onset as this recording shows it.
  seen(each) {
    const found = this.found(each);
    return { ...each, now: { ...each.now, time_s: this.time(each) }, time_error_s: found ? found.time_error_s : several ? 0 : each.time_error_s,
      moved: each.machine !== null && each.now.time_s !== each.machine.time_s, missing: !this.has(each) };
  }

  // What the recording has beside the onsets of the page, in a stretch of its clock.
  beside(start, stop) {
    return this.others.filter(([time_s]) => time_s >= start && time_s <= stop).map(([time_s, probability, words]) =>
      ({ id: null, words: `only here: ${words}`, probability, machine: null, now: { time_s, status: "rejected", shots: 0 } }));
  }

  hears(ownS) {
    const at = this.coverage.find((part) => part.start_s <= ownS && ownS < part.stop_s);
    return at !== undefined && (at.state === "heard" || at.state === "overloaded");
  }
}

// The recording that plays, and that the mouse was last on.
function hear(one) {
  if (lane === one) return;
  if (playing) stopped();
  if (!$("video").hidden) linkedVideo();
  lane = one;
  showLane();
  showDetail();
  drawWhole();
  say(`Now heard: ${lane.label}.`);
}

function hearNext(by) {
  if (several) hear(lanes[Math.min(lanes.length - 1, Math.max(0, lanes.indexOf(lane) + by))]);
}

function showLane() {
  for (const [k, one] of lanes.entries()) if ($(`hear-${k}`)) $(`hear-${k}`).setAttribute("aria-pressed", String(one === lane));
  $("video-linked").hidden = !lane.video;
  $("sound-state").textContent = lane.excerpts.clips.length ? "" : `No sound: ${lane.silent}. ${lane.choose}`;
}

// What a recording has of the chosen onset, in words.
function laneWords(one, each) {
  if (!each) return "";
  const found = one.found(each), at = one.time(each), time = `${clock(at)} (${at.toFixed(4)} s)`;
  if (!found) return `${time}: ${one.hears(at) ? (shotOf.has(each.id) ? "no onset of it here" : "by the common clock") : "could not hear it"}`;
  const told = [`${time} ±${(found.time_error_s * 1000).toFixed(1)} ms`, `chance ${found.probability.toFixed(2)}`];
  if (found.status === "rejected") told.push("refused here by itself");
  told.push(found.delay_s < 5e-5 ? "heard it first" : `${(found.delay_s * 1000).toFixed(1)} ms after the first`);
  return told.join(" · ");
}
