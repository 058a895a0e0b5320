// What was looked at and not applied yet is asked about before the page is left.
let letGo = false
document.addEventListener('submit', () => { letGo = true })
document.addEventListener('click', event => { letGo ||= !!event.target.closest('[data-let]') })
addEventListener('beforeunload', event => {
  if (!letGo && document.querySelector('[data-leave]')) event.preventDefault()
})
