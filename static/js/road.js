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
  for (const row of rows.filter(row => here(row) && row.refused)) window.correct?.(row)
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
  for (const row of rows.filter(row => here(row) && row.kind === 'trouble' && !row.refused && shown(row))) {
    for (const onward of $('[data-onward]')) onward.hidden = false
    for (const box of $(`#crate${+row.crate}`)) box.toggleAttribute('data-gone', row.trouble === 'missing')
  }
  window.count?.(rows.filter(row => row.url === url && !row.refused && shown(row)))
  for (const tally of $('[data-tally]')) tally.textContent = $('.checks .check[aria-checked=true]').length
}

async function sync() {
  await show()
  const before = (await outbox.all()).filter(outbox.waits).length
  if (before) {
    navigator.serviceWorker?.ready.then(ready => ready.sync?.register('outbox')).catch(() => {})
    why.textContent = await outbox.flush(+person).catch(() => '') || ''
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

document.addEventListener('submit', async event => {
  const form = event.target, how = form.dataset.do, output = form.querySelector('output')
  if (!how) return
  event.preventDefault()
  if (how === 'find') return
  if (how === 'all') {
    const there = $('.checks [data-act][aria-checked=false]:not([data-gone])')
    await act(...there.map(box => check(box, true)), { kind: 'left' })
    return location.assign(form.dataset.next)
  }
  if (form.busy) return // tapped twice
  form.busy = true
  const noted = await note(form, how, output)
  setTimeout(() => form.busy = false, noted ? 700 : 0)
})

// What a volunteer rarely needs is made when an order is opened.
document.addEventListener('toggle', event => {
  const template = event.target.querySelector?.('template')
  if (template) (template.replaceWith(template.content), show())
}, true)

for (const button of $('[data-scan]')) button.hidden = !('BarcodeDetector' in window)

for (const note of $('[data-lost]')) note.hidden = note.dataset.lost === location.pathname

navigator.serviceWorker?.register(worker).then(() => navigator.serviceWorker.ready)
  .then(ready => ready.active.postMessage(location.pathname)).catch(() => {})
navigator.storage?.persist?.()
addEventListener('online', sync)
addEventListener('pageshow', sync)
addEventListener('visibilitychange', () => document.hidden || sync())
setInterval(sync, 20000)
