// Reads a code with the camera, where the browser can by itself. The code, or '' when the dialog was closed.
export async function scan(dialog) {
  const detector = new BarcodeDetector({ formats: ['qr_code'] })
  const video = dialog.querySelector('video')
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  dialog.showModal()
  await video.play()
  try {
    while (dialog.open) {
      const [found] = await detector.detect(video).catch(() => [])
      if (found) return found.rawValue
      await new Promise(ok => setTimeout(ok, 150))
    }
    return ''
  } finally {
    for (const track of video.srcObject.getTracks()) track.stop()
    dialog.close()
  }
}
