// The list of the shop as it is filtered and grows. Totals count what is in the basket but not on the page; what was typed
// a moment ago and is not saved yet stays, also when its row goes; a category that goes on stays one list.
const form = document.querySelector('#basket-form')
const offers = () => form.querySelector('#offers')
let typed = []

function count() {
  const lines = Object.entries(JSON.parse(offers().dataset.lines || '{}')).filter(([pk]) => !document.getElementById('p' + pk))
  form.dataset.otherCount = lines.length
  form.dataset.otherCents = lines.reduce((sum, [, cents]) => sum + cents, 0)
}

function unsaved() {
  if (!['saving', 'wait'].includes(document.body.dataset.sync)) return []
  return [...form.querySelectorAll('input[name^=w]')].filter(was => was.value === '')
    .map(was => [was.name.slice(1), form.elements['q' + was.name.slice(1)]?.value]).filter(([, value]) => value !== undefined)
}

function keep([pk, value]) {
  let input = form.elements['q' + pk]
  if (!input) {
    const kept = document.createElement('span')
    kept.className = 'kept'
    for (const name of ['w', 'q']) {
      const hidden = document.createElement('input')
      Object.assign(hidden, { type: 'hidden', name: name + pk, value: name === 'q' ? value : '' })
      kept.append(hidden)
    }
    form.append(kept)
    input = kept.lastChild
  }
  input.value = value
  input.dispatchEvent(new Event('change', { bubbles: true }))
}

if (form) {
  document.addEventListener('htmx:before:swap', () => { typed = unsaved() })
  document.addEventListener('htmx:after:swap', event => {
    const goesOn = form.querySelector('[data-continues]')
    if (goesOn) {
      const list = '.grid, tbody'
      goesOn.previousElementSibling?.querySelector(list)?.append(...goesOn.querySelector(list).children)
      goesOn.remove()
    } else if (event.detail?.ctx?.target?.id === 'offers') {
      form.querySelectorAll('.kept').forEach(kept => kept.remove())
      typed.forEach(keep)
      const shop = document.querySelector('.shop')
      if (shop.getBoundingClientRect().top < -200) shop.scrollIntoView()
    }
    if (offers()) count()
  })
}
