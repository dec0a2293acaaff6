// Embedded excerpts: decoded when first wanted, each placed to the sample, played at full or half speed.
const CODED_HZ = 48000;

class Excerpts {
  constructor(clips) {
    this.clips = clips;
    this.decoded = new Map();
    this.context = null;
    this.source = null;
  }

  // The excerpt that holds a stretch, or most of what comes after its start; null where none does.
  holding(startS, stopS) {
    const stop = (clip) => clip.start_s + clip.samples / CODED_HZ;
    const whole = this.clips.find((clip) => clip.start_s <= startS && stop(clip) >= stopS);
    return whole || this.clips.find((clip) => clip.start_s <= startS + 0.3 && stop(clip) > startS + 0.3) || null;
  }

  async samplesOf(clip) {
    if (!this.decoded.has(clip)) this.decoded.set(clip, this.decode(clip));
    if (this.decoded.size > 40) this.decoded.delete(this.decoded.keys().next().value);
    return this.decoded.get(clip);
  }

  async decode(clip) {
    const offline = new OfflineAudioContext(1, 1, CODED_HZ);
    const buffer = await offline.decodeAudioData(base64Bytes(clip.ogg).buffer);
    // Of the coder's run-in some browsers leave the first samples in: then there are more than were coded.
    const extra = Math.max(0, buffer.length - clip.samples), all = buffer.getChannelData(0);
    return { buffer, samples: all.subarray(extra), extra, rate: CODED_HZ, start: clip.start_s };
  }

  stop() {
    if (this.source) this.source.onended = null;
    if (this.source) this.source.stop();
    this.source = null;
  }

  // Plays [startS, stopS) and calls `ended`; returns a function that tells the time now heard, null at the end.
  async play(startS, stopS, speed, ended) {
    const clip = this.holding(startS, stopS);
    if (!clip) return null;
    const sound = await this.samplesOf(clip);
    this.stop();
    this.context = this.context || new AudioContext();
    await this.context.resume();
    const source = this.context.createBufferSource();
    source.buffer = sound.buffer;
    source.playbackRate.value = speed;
    source.connect(this.context.destination);
    const offset = Math.max(0, startS - clip.start_s), length = Math.max(0, Math.min(stopS, clip.start_s + clip.samples / CODED_HZ) - clip.start_s - offset);
    const begun = this.context.currentTime;
    source.onended = () => {
      this.source = null;
      ended();
    };
    source.start(0, offset + sound.extra / CODED_HZ, length);
    this.source = source;
    const from = clip.start_s + offset;
    return () => (this.source === source ? from + (this.context.currentTime - begun) * speed : null);
  }
}
