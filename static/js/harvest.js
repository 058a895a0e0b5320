// What is picked is ticked on this phone only, and stays so when the browser is closed. A tick is of a quantity: when that
// changes, the box is empty again and says why.
const name = 'picks-' + document.querySelector('[data-picks]').dataset.picks
const boxes = [...document.querySelectorAll('[data-tick]')]
let kept = {}
try { kept = JSON.parse(localStorage.getItem(name)) ?? {} } catch { /* nothing that can be read is kept */ }

function show() {
  for (const box of boxes) {
    const { tick, now } = box.dataset, was = box.closest('label').querySelector('[data-was]')
    box.checked = kept[tick] === now
    if (was) was.hidden = !(tick in kept) || box.checked
  }
  const picks = boxes.filter(box => box.closest('[data-picks]')), tally = document.querySelector('[data-tally]')
  tally.textContent = `${picks.filter(box => box.checked).length}/${picks.length}`
  tally.hidden = false
}

document.addEventListener('change', ({ target }) => {
  if (!target.dataset.tick) return
  navigator.vibrate?.(20)
  if (target.checked) kept[target.dataset.tick] = target.dataset.now
  else delete kept[target.dataset.tick]
  try { localStorage.setItem(name, JSON.stringify(kept)) } catch { /* a browser that keeps nothing still ticks */ }
  show()
})
show()
