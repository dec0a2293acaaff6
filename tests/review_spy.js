// Notes what is played: where in its excerpt it starts, how long it lasts, and when after that its loudest sample comes.
window.heard = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, offset, lasts) {
  const rate = this.buffer.sampleRate, samples = this.buffer.getChannelData(0);
  let loudest = Math.round(offset * rate);
  for (let k = loudest; k < Math.min(samples.length, (offset + lasts) * rate); k++)
    if (Math.abs(samples[k]) > Math.abs(samples[loudest])) loudest = k;
  window.heard.push({ speed: this.playbackRate.value, lasts, peak_after_s: loudest / rate - offset });
  return start.call(this, when, offset, lasts);
};
