// The microphone: whether this browser can record, which microphones exist, opening one.

// Best first. Chrome, Edge and Firefox record Opus in WebM, Safari AAC in MP4; the others are
// fallbacks for older versions.
const FORMATS = [
  { type: "audio/webm;codecs=opus", extension: "webm" },
  { type: "audio/mp4;codecs=mp4a.40.2", extension: "m4a" },
  { type: "audio/mp4", extension: "m4a" },
  { type: "audio/ogg;codecs=opus", extension: "ogg" },
  { type: "audio/webm", extension: "webm" },
];

// The format that this browser records, { type, extension }, or undefined.
export const recordingFormat = () => FORMATS.find(({ type }) => MediaRecorder.isTypeSupported(type));

// Why this page cannot record: "insecure", "unsupported", or "" if it can.
export function findObstacle() {
  if (!isSecureContext) return "insecure";
  const apis = [navigator.mediaDevices?.getUserMedia, globalThis.MediaRecorder, globalThis.AudioContext];
  return apis.every(Boolean) && recordingFormat() ? "" : "unsupported";
}

// Opens the microphone with this id, or the default one. Without `filtered` the audio is raw: the
// clone would learn the artefacts of noise suppression and automatic gain.
export const openMicrophone = (id, filtered) => navigator.mediaDevices.getUserMedia({
  audio: {
    ...(id && { deviceId: { exact: id } }),
    echoCancellation: filtered,
    noiseSuppression: filtered,
    autoGainControl: filtered,
    channelCount: 1,
  },
});

// The microphones; none until the browser gives their names, after permission.
export async function listMicrophones() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
  return devices.filter(({ kind, label }) => kind === "audioinput" && label);
}

const MESSAGES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "no-microphone",
  OverconstrainedError: "disconnected",
  NotReadableError: "busy",
  AbortError: "busy",
};

// The name of the page's message for an error of `openMicrophone`.
export const messageFor = (error) => MESSAGES[error.name] ?? "failed";
