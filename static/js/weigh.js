// On the scales: Enter goes to the next line, and what could not be sent says so. Saving itself is htmx, and a button without scripts.
document.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !event.target.matches('.weigh .input')) return
  event.preventDefault()
  const all = [...document.querySelectorAll('.weigh .input')], next = all[all.indexOf(event.target) + 1]
  next ? (next.focus(), next.select()) : event.target.blur()
})
document.addEventListener('htmx:error', event => {
  const state = (event.detail?.ctx?.sourceElement ?? event.target)?.closest?.('.weigh')?.querySelector('.saved')
  if (!state) return
  state.dataset.state = 'failed'
  state.textContent = document.querySelector('[data-unsent]').dataset.unsent
})
