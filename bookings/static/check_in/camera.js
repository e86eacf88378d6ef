// The camera, in browsers that can read QR codes.

import { byId } from "../shows/page.js";

const SAME_CODE_MS = 3000;

export const hasCamera = "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices);

let stream = null;
let last = { text: "", at: 0 };

export const isOn = () => Boolean(stream);

// Read codes and call `check(text)` for each, until the camera is stopped.
export async function startCamera(check) {
  stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = byId("camera");
  video.srcObject = stream;
  video.hidden = false;
  byId("start").hidden = true;
  await video.play();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  while (stream) {
    const [found] = await detector.detect(video).catch(() => []);
    // A ticket that stays in front of the camera is one scan.
    if (found && (found.rawValue !== last.text || Date.now() - last.at > SAME_CODE_MS)) {
      last = { text: found.rawValue, at: Date.now() };
      await check(found.rawValue);
    }
    if (found) last.at = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

export function stopCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  byId("camera").hidden = true;
  byId("start").hidden = !hasCamera;
}
