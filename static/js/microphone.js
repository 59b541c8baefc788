// The microphone: whether this browser can record, which microphones there are, opening one.

// Best first. Chrome, Edge and Firefox write Opus in webm, Safari AAC in mp4; the others are there
// for browsers that know only those.
const KINDS = [
  { type: "audio/webm;codecs=opus", extension: "webm" },
  { type: "audio/mp4;codecs=mp4a.40.2", extension: "m4a" },
  { type: "audio/mp4", extension: "m4a" },
  { type: "audio/ogg;codecs=opus", extension: "ogg" },
  { type: "audio/webm", extension: "webm" },
];

// What this browser writes: { type, extension }, or nothing.
export const kind = () => KINDS.find(({ type }) => MediaRecorder.isTypeSupported(type));

// Why no page like this one can record in this browser: "insecure", "unsupported" or "".
export function hindrance() {
  if (!isSecureContext) return "insecure";
  const parts = [navigator.mediaDevices?.getUserMedia, globalThis.MediaRecorder, globalThis.AudioContext];
  return parts.every(Boolean) && kind() ? "" : "unsupported";
}

// A stream of the microphone with this id, of the usual one without. Raw unless `cleaned`: what such
// filters take away from a voice, or pump up in its pauses, the clone would learn as part of it.
export const open = (id, cleaned) => navigator.mediaDevices.getUserMedia({
  audio: {
    ...(id && { deviceId: { exact: id } }),
    echoCancellation: cleaned,
    noiseSuppression: cleaned,
    autoGainControl: cleaned,
    channelCount: 1,
  },
});

// The microphones; none as long as the browser does not tell their names.
export async function known() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
  return devices.filter(({ kind: what, label }) => what === "audioinput" && label);
}

const TROUBLES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "gone",
  NotReadableError: "busy",
  AbortError: "busy",
};

// The name of the sentence for what `open` has thrown.
export const trouble = (error) => TROUBLES[error.name] ?? "failed";
