// Playing: excerpts, or the video.
async function play() {
  const at = cursor !== null ? lane.own(cursor) : chosen !== null ? lane.time(known(chosen)) : null;
  if (at === null) return tell("Choose an onset first.");
  if (playing) return stopped();
  if (!allowed) return $("warning").showModal();
  const video = $("video");
  if (!video.hidden) return playVideo(video, at);
  try {
    const heard = await lane.excerpts.play(at - BEFORE_S, at + AFTER_S, speed, stopped);
    if (!heard) return soundState(noSound(at));
    soundState("");
    follow(heard);
  } catch {
    soundState("This browser cannot decode the excerpts (Ogg/Opus): open the video instead.");
  }
}

function noSound(ownS) {
  if (!lane.excerpts.clips.length) return lane.silent;
  return several && !lane.hears(ownS) ? `Nothing to hear there at ${lane.label}: choose another camera.` : "No sound is embedded there: open the video.";
}

function follow(heard) {
  playing = heard;
  $("play").textContent = "Stop";
  const frame = () => {
    if (playing !== heard) return;
    const now = heard();
    if (now === null) return stopped();
    heardAt = lane.page(now);
    drawWhole();
    drawCloser();
    requestAnimationFrame(frame);
  };
  frame();
}

function stopped() {
  lane.excerpts.stop();
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
  video.preservesPitch = false; // slowed as the excerpts are: stretching would smear what is sudden
  try {
    await video.play();
  } catch {
    return soundState("The video cannot be played: choose it from your disk.");
  }
  follow(() => (video.paused || video.currentTime >= at + AFTER_S ? null : video.currentTime));
}

// From the file that was chosen, or the one that lay beside the page when it was written; `doubt` is said of it.
function openVideo(address, name, doubt = "") {
  const video = $("video");
  video.onerror = () => {
    video.hidden = true;
    soundState(`${name} cannot be played here: it was moved, or this browser does not know its codec. Choose it with “Video…”; the excerpts still play.`);
  };
  video.onloadedmetadata = () => {
    video.hidden = false;
    soundState(`Plays the video now, with its own sound.${doubt}`);
  };
  video.preload = "metadata";
  video.src = address;
}

function chosenVideo(file) {
  const bytes = (n) => `${n.toLocaleString("en")} bytes`, other = file.size !== lane.size_bytes;
  const doubt = other ? ` But it is not the file that was analysed: it has ${bytes(file.size)}, not ${bytes(lane.size_bytes)}; times need not fit.` : "";
  openVideo(URL.createObjectURL(file), file.name, doubt);
}

function linkedVideo() {
  const video = $("video");
  if (video.hidden) return openVideo(lane.video, lane.name);
  stopped();
  video.hidden = true;
  video.removeAttribute("src");
  soundState("");
}
