// Every map is a drawing until somebody zooms in or clicks it: then Leaflet (40 KB) takes over, on the bundled base map.
const load = src => new Promise((ok, fail) =>
  document.head.append(Object.assign(document.createElement('script'), { src, onload: ok, onerror: fail })))
const sheet = href => new Promise((ok, fail) =>
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: ok, onerror: fail })))

async function wake(el, zoom) {
  if (el.dataset.awake) return
  el.dataset.awake = 1
  const { pins, lines } = JSON.parse(document.getElementById(el.id + '-data').textContent)
  const [base] = await Promise.all([
    fetch(el.dataset.base).then(answer => answer.json()), window.L || load(el.dataset.leaflet), sheet(el.dataset.css)])
  const { L } = window
  const label = el.querySelector('svg').getAttribute('aria-label')
  el.replaceChildren()
  el.setAttribute('role', 'region')
  el.setAttribute('aria-label', label)
  const map = L.map(el, { scrollWheelZoom: false, zoomSnap: .5, minZoom: 8, maxZoom: 15, attributionControl: false, zoomControl: false })
  L.control.zoom({ position: 'bottomright', zoomInTitle: el.dataset.in, zoomOutTitle: el.dataset.out }).addTo(map)
  const points = pins.map(pin => pin.at).concat(lines.flatMap(line => line.points))
  map.fitBounds(L.latLngBounds(points).pad(.12), { maxZoom: 12 })
  const shape = (className, fill = false) => ({ className, interactive: false, weight: null, color: null, fill })
  for (const kind of ['land', 'urban', 'prov', 'road', 'water'])
    L.geoJSON(base.features.filter(f => f.properties.k === kind), { interactive: false, style: shape('m-' + kind, /land|urban/.test(kind)) }).addTo(map)
  const mark = (at, className, html, size) => L.marker(at, { interactive: false, keyboard: false, zIndexOffset: size ? 500 : 0,
    icon: L.divIcon({ className, html, iconSize: size && [size, size] }) }).addTo(map)
  for (const { properties: p, geometry: g } of base.features.filter(f => f.properties.k === 'town'))
    mark([g.coordinates[1], g.coordinates[0]], 'm-town r' + p.r, p.n)
  for (const line of lines) {
    if (line.style !== 'chain') L.polyline(line.points, shape('m-casing')).addTo(map)
    L.polyline(line.points, shape(line.style === 'chain' ? 'm-chain' : 'm-line ' + line.style)).addTo(map)
  }
  for (const pin of pins) {
    const marker = L.marker(pin.at, { keyboard: false, zIndexOffset: 500, title: pin.label,
      icon: L.divIcon({ className: 'm-pin ' + pin.kind, html: pin.number ?? '', iconSize: pin.number ? [26, 26] : [18, 18] }) }).addTo(map)
    if (pin.url) marker.on('click', () => location.assign(pin.url))
  }
  if (!zoom) return
  map.setZoom(map.getZoom() + zoom)
  el.querySelector(zoom > 0 ? '.leaflet-control-zoom-in' : '.leaflet-control-zoom-out').focus()
}

const start = () => {
  for (const el of document.querySelectorAll('[data-map]')) {
    if (el.dataset.ready) continue
    el.dataset.ready = 1
    const control = Object.assign(document.createElement('div'), { className: 'mapzoom' })
    for (const [sign, zoom, name] of [['+', 1, el.dataset.in], ['−', -1, el.dataset.out]]) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: sign })
      button.setAttribute('aria-label', name)
      button.addEventListener('click', event => { event.stopPropagation(); wake(el, zoom) })
      control.append(button)
    }
    el.append(control)
    el.addEventListener('click', () => wake(el, 0), { once: true })
  }
}
start()
document.addEventListener('htmx:after:swap', start)
