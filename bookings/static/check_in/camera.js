// The camera.

import { byId } from "../shows/page.js";
import { makeDecoder } from "./decoder.js";

const SAME_CODE_MS = 3000;

// Browsers offer a camera only with HTTPS and on localhost.
export const hasCamera = Boolean(navigator.mediaDevices?.getUserMedia);

let stream = null;
let last = { text: "", at: 0 };

export const isOn = () => Boolean(stream);

// Read codes and call `check(text)` for each, until the camera is stopped.
export async function startCamera(check) {
  byId("start").hidden = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const video = byId("camera");
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    await readCodes(video, await makeDecoder(), check);
  } catch (problem) {
    stopCamera();
    throw problem;
  }
}

async function readCodes(video, decode, check) {
  while (stream) {
    const text = await decode(video);
    // A ticket that stays in front of the camera is one scan.
    if (text && (text !== last.text || Date.now() - last.at > SAME_CODE_MS)) {
      last = { text, at: Date.now() };
      await check(text);
    }
    if (text) last.at = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

export function stopCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  byId("camera").hidden = true;
  byId("start").hidden = !hasCamera;
}
