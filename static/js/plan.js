// The plan as it is changed: after a swap the focus is where it was, and stops can be dragged by their row's handle. Every
// change is a button too, without scripts; dragging only presses one.
let focus = ''
let open = []

document.addEventListener('htmx:before:request', () => {
  focus = document.activeElement?.id ?? ''
  open = [...document.querySelectorAll('#plan details.tools[open]')].map(one => one.id)
})
document.addEventListener('htmx:after:swap', () => {
  for (const id of open) document.getElementById(id)?.setAttribute('open', '')
  handles()
  if (!focus) return
  const [what, pk] = focus.split('-')
  const there = [focus, { up: 'down', down: 'up' }[what] + '-' + pk].map(id => document.getElementById(id))
  const target = there.find(one => one && !one.disabled && one.checkVisibility()) ??
    document.querySelector(`#moves-${CSS.escape(pk ?? '')} summary`) ?? document.getElementById('undo')
  target?.focus({ preventScroll: true })
})

function handles() {
  for (const row of document.querySelectorAll('[data-open] [data-stop]')) {
    const cell = row.querySelector('.change')
    if (!cell.querySelector('[id^=up-]') || cell.querySelector('.handle')) continue
    const handle = Object.assign(document.createElement('span'), { className: 'handle' })
    handle.setAttribute('aria-hidden', 'true')
    handle.addEventListener('pointerdown', event => drag(event, row))
    cell.prepend(handle)
  }
}

function drag(start, row) {
  start.preventDefault()
  const leg = row.parentElement.dataset.open
  let target, before
  start.target.setPointerCapture(start.pointerId)
  row.classList.add('dragged')
  const clear = () => document.querySelectorAll('.above, .below').forEach(one => one.classList.remove('above', 'below'))
  const move = event => {
    if (event.clientY < 60) scrollBy(0, -12)
    if (event.clientY > innerHeight - 60) scrollBy(0, 12)
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-stop]')
    clear()
    target = over && over !== row && over.parentElement.dataset.open === leg ? over : undefined
    if (!target) return
    const box = target.getBoundingClientRect()
    before = event.clientY < box.top + box.height / 2
    target.classList.add(before ? 'above' : 'below')
  }
  const end = event => {
    start.target.removeEventListener('pointermove', move)
    row.classList.remove('dragged')
    clear()
    if (event.type === 'pointerup' && target) drop(row, target, before)
  }
  start.target.addEventListener('pointermove', move)
  start.target.addEventListener('pointerup', end, { once: true })
  start.target.addEventListener('pointercancel', end, { once: true })
}

function drop(row, target, before) {
  const others = [...target.parentElement.children].filter(one => one !== row)
  const place = others.indexOf(target) + (before ? 1 : 2)
  const form = document.getElementById('edit')
  const button = Object.assign(document.createElement('button'), { name: 'do', hidden: true,
    value: `drag ${row.dataset.stop}-${target.parentElement.dataset.round}-${place}` })
  form.append(button)
  form.requestSubmit(button)
  button.remove()
}

handles()
