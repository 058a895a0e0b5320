// A tap on the map says where the yard is, nearer than a postcode does. Without scripts the address alone does it.
const pick = document.querySelector('[data-pick]')
const svg = pick.querySelector('.map svg')
const [lat, lon] = ['lat', 'lon'].map(name => document.getElementById('id_' + name))
const said = pick.querySelector('[data-tapped]')
const { lat: middle, lon: meridian, scale } = Object.fromEntries(Object.entries(pick.dataset).map(([key, value]) => [key, +value]))
const { width, height } = svg.viewBox.baseVal
const km = 111.32
const east = km * Math.cos(middle * Math.PI / 180)
let pin = svg.querySelector('.pin.farm')

function show() {
  said.hidden = lat.value === ''
  pin?.toggleAttribute('hidden', said.hidden)
}

svg.addEventListener('click', event => {
  const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse())
  lat.value = (middle + (height / 2 - spot.y) / scale / km).toFixed(5)
  lon.value = (meridian + (spot.x - width / 2) / scale / east).toFixed(5)
  if (!pin) {
    pin = document.createElementNS(svg.namespaceURI, 'g')
    pin.setAttribute('class', 'pin farm dot')
    pin.append(document.createElementNS(svg.namespaceURI, 'circle'))
    svg.append(pin)
  }
  pin.setAttribute('transform', `translate(${Math.round(spot.x)} ${Math.round(spot.y)})`)
  show()
})
pick.querySelector('[data-untap]').addEventListener('click', () => {
  lat.value = lon.value = ''
  show()
  document.getElementById('id_postcode').focus()
})
pick.classList.add('scripted')
pick.querySelector('[data-hint]').hidden = false
show()
