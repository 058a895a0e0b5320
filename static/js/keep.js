// Has the service worker keep this page, so that it can be shown without reception.
const { worker } = document.currentScript.dataset
navigator.serviceWorker?.register(worker).then(() => navigator.serviceWorker.ready)
  .then(ready => ready.active.postMessage(location.pathname)).catch(() => {})
