// The driver's stop and the volunteer's point: every tap is put in the outbox first, then shown, then sent when it can be.
const road = document.querySelector('#road')
const { url, person, stop, worker, one, many, kept, waits, unread, online } = road.dataset
const net = road.querySelector('[data-net]'), why = road.querySelector('[data-why]')
const $ = (selector, of = document) => [...of.querySelectorAll(selector)]
// Also what is in the templates of orders that were not opened yet.
const held = (selector, page = document) => [page, ...$('template', page).map(one => one.content)].flatMap(part => $(selector, part))
let made = +road.dataset.made, arrived = road.dataset.arrived !== '', last = 0, timer

for (const box of $('[data-act]')) box.dataset.was = box.getAttribute('aria-checked')

const here = row => row.url === url && row.stop === stop
const shown = row => outbox.waits(row) || row.sent > made
const set = (box, on, wait) => {
  box.setAttribute('aria-checked', on)
  wait ? box.dataset.wait = waits : delete box.dataset.wait
}

async function act(...found) {
  if (stop && !arrived) found.unshift({ kind: 'arrived' })
  arrived = true
  await outbox.put(...found.map(fields =>
    ({ id: crypto.randomUUID(), url, person: +person, stop, happened: last = Math.max(Date.now(), last + 1), ...fields })))
  clearTimeout(timer)
  timer = setTimeout(sync, 300)
}

async function show() {
  const rows = await outbox.all(), n = rows.filter(outbox.waits).length
  net.textContent = n ? (n > 1 ? many : one).replace('%n', n) : kept
  net.classList.toggle('pending', n > 0)
  for (const output of $('output[data-wait]')) delete output.dataset.wait
  for (const box of $('[data-act]')) set(box, box.dataset.was ??= box.getAttribute('aria-checked'))
  for (const row of rows.filter(row => here(row) && row.refused)) correct(row)
  for (const row of rows.filter(row => here(row) && !row.refused && shown(row))) {
    const box = row.row && document.getElementById(row.row)
    if (box?.dataset.act) set(box, box.dataset.act.startsWith(row.kind + ' '), outbox.waits(row))
    else if (box) {
      box.value = row.said
      outbox.waits(row) ? box.dataset.wait = waits : delete box.dataset.wait
    }
  }
  const list = road.querySelector('ul')
  list.replaceChildren(...rows.filter(row => row.refused).map(row => {
    const item = list.nextElementSibling.content.cloneNode(true)
    item.querySelector('span').textContent = (row.said ? row.said + ': ' : '') + row.refused
    item.querySelector('button').onclick = async () => { await outbox.drop(row.id); show() }
    return item
  }))
  count(rows.filter(row => row.url === url && !row.refused && shown(row)))
  for (const tally of $('[data-tally]')) tally.textContent = $('.checks .check[aria-checked=true]').length
}

// The page of a round counts what waits as well, and its button leads to the first stop where something is left to do.
function count(rows) {
  const crates = JSON.parse(document.getElementById('along')?.dataset.crates ?? '{}'), way = document.querySelector('[data-way]')
  let next
  if (rows.length) for (const start of $('.timeline > .now:not([data-at])')) start.className = 'done'
  for (const item of $('[data-at]')) {
    const here = rows.filter(row => row.stop === item.dataset.at), own = { ...crates[item.dataset.at] }
    for (const row of here) if (row.crate in own && /check/.test(row.kind)) own[row.crate] = row.kind === 'check'
    const all = Object.values(own), n = all.filter(Boolean).length, said = item.querySelector('[data-count]')
    said.textContent = said.textContent.replace(/\d+/, n)
    const done = all.length ? n === all.length : item.classList.contains('done') || here.some(row => row.kind === 'left')
    item.classList.toggle('done', done)
    if (!done) next ??= item
    if (rows.length) item.classList.toggle('now', item === next)
  }
  if (!way) return
  way.hidden = !next
  if (next) way.href = next.querySelector('a').href
  if (next) way.firstChild.data = way.firstChild.data.replace(/\d+/, parseInt(next.querySelector('a').textContent))
}

// What was refused is not noted: once, its form has back what was typed, unless something else was typed since.
const back = new Set()
function correct(row) {
  const output = document.getElementById(row.row), form = output?.form
  if (!form?.dataset.do) return
  if (output.value === row.said) output.value = output.defaultValue
  if (form.dataset.do !== 'note' || back.has(row.id)) return
  back.add(row.id)
  const fields = [...form.elements].filter(field => /^(text|time|select-one)$/.test(field.type))
  if (fields.some(field => field.value !== (field.defaultValue ?? field.value))) return
  for (const field of fields) field.value = row[field.name] ?? field.value
}

async function sync() {
  await show()
  const before = (await outbox.all()).filter(outbox.waits).length
  if (before) {
    navigator.serviceWorker?.ready.then(ready => ready.sync?.register('outbox')).catch(() => {})
    why.textContent = await outbox.flush().catch(() => '') || ''
  }
  const rows = await outbox.all()
  if (rows.filter(outbox.waits).length < before || rows.some(row => row.sent > made)) await again()
  await show()
}

// What others did meanwhile, or this phone from another page; and a fresh copy for the service worker.
async function again() {
  const text = await fetch(location.href).then(answer => answer.ok && !answer.redirected ? answer.text() : '', () => '')
  const page = new DOMParser().parseFromString(text, 'text/html'), fresh = page.querySelector('#road')
  if (!fresh) return
  made = +fresh.dataset.made
  const ours = Object.fromEntries(held('[data-act], [data-live]').map(part => [part.id, part]))
  for (const part of held('[data-act], [data-live]', page)) {
    if (!part.dataset.act) ours[part.id]?.replaceWith(part)
    else if (ours[part.id]) ours[part.id].dataset.was = part.getAttribute('aria-checked')
  }
}

const check = (box, on) => {
  const [yes, no] = box.dataset.act.split(' ')
  set(box, on, true)
  return { kind: on ? yes : no, row: box.id, said: box.dataset.said, ...Object.fromEntries(new URLSearchParams(box.dataset.with)) }
}

document.addEventListener('click', async event => {
  const box = event.target.closest('[data-act]'), away = event.target.closest('a[data-away]')
  if (event.target.closest('[data-online]') && !navigator.onLine) {
    event.preventDefault()
    why.textContent = online
    return road.scrollIntoView({ block: 'center' })
  }
  if (box) {
    event.preventDefault()
    navigator.vibrate?.(20)
    const first = document.getElementById(box.dataset.first), on = box.getAttribute('aria-checked') !== 'true'
    const age = first?.form.nextElementSibling
    if (age) age.hidden = !on || first.getAttribute('aria-checked') === 'true'
    if (age?.hidden === false) return first.focus()
    act(check(box, on))
  } else if (away) {
    event.preventDefault()
    await act({ kind: 'left' })
    location.assign(away.href)
  } else if (event.target.closest('[data-scan]')) {
    const { src } = event.target.closest('[data-scan]').dataset
    const field = event.target.closest('form').querySelector('input:not([type=hidden])')
    const { scan } = await import(src)
    const code = await scan(document.querySelector('#scanner')).catch(() => '')
    if (!code) return field.focus()
    field.value = code.replace(/\/$/, '').split('/').pop()
    field.dispatchEvent(new Event('input', { bubbles: true }))
    if (field.form.dataset.do === 'code') field.form.requestSubmit()
  }
})

// A photo as the server wants it: at most 1,600 pixels, and small enough to keep here for a day.
async function small(file) {
  const image = await createImageBitmap(file), scale = Math.min(1, 1600 / Math.max(image.width, image.height))
  const canvas = Object.assign(document.createElement('canvas'), { width: image.width * scale, height: image.height * scale })
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/jpeg', .75)
}

document.addEventListener('submit', async event => {
  const form = event.target, how = form.dataset.do, output = form.querySelector('output')
  if (!how) return
  event.preventDefault()
  if (how === 'find') return
  if (how === 'all') {
    await act(...$('.checks [data-act][aria-checked=false]').map(box => check(box, true)), { kind: 'left' })
    return location.assign(form.dataset.next)
  }
  const fields = {}, said = []
  let typed
  try {
    for (const [name, value] of new FormData(form)) {
      const field = form.elements[name]
      if (name === 'csrfmiddlewaretoken' || value === '' || value.size === 0) continue
      fields[name] = value.size ? await small(value) : value
      if (field.type === 'hidden') continue
      typed ||= !field.options
      said.push(field.selectedOptions?.[0].text ?? (value.size ? value.name : value))
    }
  } catch { return output.value = unread }
  if (form.dataset.empty && !typed) return output.value = form.dataset.empty
  const pad = form.querySelector('canvas[data-drawn]')
  if (pad) fields.image = pad.toDataURL()
  const box = how === 'code' && $('[data-code]').find(box => box.dataset.code === fields.code.trim().toUpperCase())
  await act(box ? check(box, true) : { ...fields, row: output.id, said: said.join(' · ') })
  if (box) output.value = box.dataset.said + ' ✓'
  if (box) box.scrollIntoView({ block: 'center' })
  form.reset()
})

document.addEventListener('input', event => {
  const { form, value } = event.target
  if (form?.dataset.do === 'find') {
    const wanted = value.trim().toLowerCase()
    for (const row of $('[data-find]')) {
      row.hidden = wanted !== '' && !row.dataset.find.includes(wanted) && !row.dataset.words.split(' ').includes(wanted)
    }
    const [row, other] = $('[data-find]:not([hidden])')
    for (const none of $('[data-none]')) none.hidden = !!row
    if (value.length > 7 && row && !other) row.querySelector('details').open = true
  }
  const warn = form?.querySelector('[data-warm]')
  if (warn) {
    const { most } = $('[name=storage_class]:not(select), option:checked', form)[0].dataset
    warn.hidden = !(+form.elements.celsius.value.replace(',', '.').replace('−', '-') > +most)
    warn.querySelector('b').textContent = most?.replace('.', ',')
  }
})

// What a volunteer rarely needs is made when an order is opened.
document.addEventListener('toggle', event => {
  const template = event.target.querySelector?.('template')
  if (template) (template.replaceWith(template.content), show())
}, true)

for (const pad of $('canvas')) {
  const pen = pad.getContext('2d')
  const clear = () => { pen.fillStyle = '#fff'; pen.fillRect(0, 0, pad.width, pad.height); delete pad.dataset.drawn }
  pad.onpointerdown = pad.onpointermove = event => {
    if (!event.buttons) return
    const at = [event.offsetX * pad.width / pad.clientWidth, event.offsetY * pad.height / pad.clientHeight]
    if (event.type === 'pointerdown') { pen.lineWidth = 3; pen.beginPath(); pen.moveTo(...at) }
    else { pen.lineTo(...at); pen.stroke(); pad.dataset.drawn = 1 }
  }
  pad.closest('form').addEventListener('reset', clear)
  clear()
}
for (const button of $('[data-scan]')) button.hidden = !('BarcodeDetector' in window)

for (const note of $('[data-lost]')) note.hidden = note.dataset.lost === location.pathname

navigator.serviceWorker?.register(worker).then(() => navigator.serviceWorker.ready)
  .then(ready => ready.active.postMessage(location.pathname)).catch(() => {})
navigator.storage?.persist?.()
addEventListener('online', sync)
addEventListener('pageshow', sync)
addEventListener('visibilitychange', () => document.hidden || sync())
setInterval(sync, 20000)
