// Decoding of QR codes: by the browser where it can, and otherwise by zxing-wasm.

const MAX_WIDTH = 960;

async function browserDetector() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats()) ?? [];
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

// Return a function that reads the QR code in a video's picture: its text, or null without one.
export async function makeDecoder() {
  const detector = await browserDetector();
  if (!detector) return wasmDecoder();
  return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue ?? null;
}

async function wasmDecoder() {
  const zxing = await import("./vendor/zxing-wasm/reader/index.js");
  const locateFile = (name) => new URL(`./vendor/zxing-wasm/reader/${name}`, import.meta.url).href;
  await zxing.prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const options = { formats: ["QRCode"], maxNumberOfSymbols: 1 };
  return async (video) => {
    if (!video.videoWidth) return null;
    const scale = Math.min(1, MAX_WIDTH / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    const [found] = await zxing.readBarcodes(picture, options);
    return found?.text || null;
  };
}
