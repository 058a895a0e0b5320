// The order page: plus and minus answer at once. The form is the basket; htmx posts it whole, with absolute quantities,
// so that a repeated or late request does no harm. The server's answer redraws basket and bar.
const form = document.querySelector('#basket-form')
const money = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const plain = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 3 })
const amountOf = input => Math.max(0, Number(input.value.replace(',', '.')) || 0)

function redraw() {
  let count = Number(form.dataset.otherCount) || 0, cents = Number(form.dataset.otherCents) || 0
  for (const row of form.querySelectorAll('[data-n]')) {
    const input = row.querySelector('.step input[type=number]')
    if (!input) continue
    const n = amountOf(input)
    row.dataset.n = n
    if (n) count += 1
    cents += Math.round(n * row.dataset.c)
  }
  for (const total of document.querySelectorAll('[data-total]')) total.textContent = '€\u00a0' + money.format(cents / 100)
  const bar = document.querySelector('#bar-count')
  if (bar) bar.textContent = plain.format(count)
}

form?.addEventListener('click', event => {
  const button = event.target.closest('.step button')
  if (!button) return
  event.preventDefault()
  const input = button.parentElement.querySelector('input[type=number]')
  const was = input.value
  button.name === 'plus' ? input.stepUp() : input.stepDown()
  if (input.value === was) return
  redraw()
  input.dispatchEvent(new Event('change', { bubbles: true }))
})
form?.addEventListener('input', redraw)
// Enter means "done", not "press the first button of the form".
form?.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !event.target.matches('.step input')) return
  event.preventDefault()
  event.target.blur()
})

const sync = document.querySelector('#sync')
const say = state => {
  if (!sync) return
  sync.textContent = sync.dataset[state]
  document.body.dataset.sync = state
}
// A row that was touched is always sent as changed; the others only when they differ from what this page first showed.
form?.addEventListener('change', event => {
  const was = event.target.parentElement?.querySelector('input[type=hidden]')
  if (was) was.value = ''
  say('saving')
})
document.addEventListener('htmx:after:request', event => {
  if (event.target !== form && event.detail?.ctx?.sourceElement !== form) return
  const status = event.detail.ctx.response?.status
  say(status < 400 ? 'saved' : status === 422 ? 'refused' : 'wait')
})
document.addEventListener('htmx:error', () => say('wait'))
addEventListener('online', () => form?.querySelector('.step input[type=number]')?.dispatchEvent(new Event('change', { bubbles: true })))
