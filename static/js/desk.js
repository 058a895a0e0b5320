// The farmer's desk as a grid: Enter and the arrows go to the same field of the next product. What could not be sent says so
// and is sent again when the connection is back. Saving itself is htmx, and a button without scripts.
const fields = input => [...document.querySelectorAll(`.supply input[name=${input.name}]`)].filter(one => one.offsetParent)

document.addEventListener('keydown', event => {
  const input = event.target
  if (!input.matches?.('.supply .field input')) return
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  event.preventDefault()
  const all = fields(input)
  const next = all[all.indexOf(input) + step]
  next ? (next.focus(), next.select?.()) : input.blur()
})

// Cells pasted on a field fill this field and those below and beside it: the block goes to the page that shows what would change.
document.addEventListener('paste', event => {
  const input = event.target
  const text = event.clipboardData?.getData('text/plain') ?? ''
  const form = document.getElementById('pasted')
  if (!form || !input.matches?.('.supply [inputmode=decimal]') || !/[\t\n]/.test(text.trim())) return
  event.preventDefault()
  const all = fields(input), first = all.indexOf(input)
  const before = input.name === 'price' ? '\t' : ''
  const lines = text.replace(/\r/g, '').replace(/\n$/, '').split('\n').slice(0, all.length - first)
  form.elements.text.value = lines.map((line, i) => `${all[first + i].closest('.supply').dataset.code}\t${before}${line}`).join('\n')
  form.requestSubmit()
})

const unsent = new Set()
function missed(event) {
  const form = (event.detail?.ctx?.sourceElement ?? event.target)?.closest?.('.supply-row')
  if (!form) return
  unsent.add(form)
  const state = form.querySelector('.saved')
  state.dataset.state = 'failed'
  state.textContent = document.querySelector('[data-unsent]')?.dataset.unsent ?? ''
}
document.addEventListener('htmx:error', missed)
document.addEventListener('htmx:after:request', event => {
  if (event.detail?.ctx?.response?.status >= 500) missed(event)
})
addEventListener('online', () => {
  for (const form of unsent) if (form.isConnected) form.requestSubmit()
  unsent.clear()
})
