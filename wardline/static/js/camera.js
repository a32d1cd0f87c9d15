// Scanning with the camera, where the browser reads codes: the first code that it sees goes into the first empty field.

const LOOK_MS = 200;

async function look(video, detector, found) {
  if (!video.srcObject) return;
  const [code] = await detector.detect(video).catch(() => []);
  if (code) found(code.rawValue);
  else setTimeout(() => look(video, detector, found), LOOK_MS);
}

window.wardline.useCamera = async (form, scanned) => {
  const video = form.querySelector("#camera");
  const empty = [...form.querySelectorAll("[data-scan]")].find((field) => !field.value.trim());
  if (!empty) return;
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.hidden = false;
  await video.play();
  look(video, new window.BarcodeDetector(), (text) => {
    for (const track of video.srcObject.getTracks()) track.stop();
    video.srcObject = null;
    video.hidden = true;
    empty.value = text;
    scanned(empty);
  });
};
