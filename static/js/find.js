// The list of the shop as it is filtered and grows: a category that goes on stays one list, and a new list is seen from its top.
const form = document.querySelector('#basket-form')

form && document.addEventListener('htmx:after:swap', event => {
  const goesOn = form.querySelector('[data-continues]')
  if (goesOn) {
    const list = '.grid, tbody'
    goesOn.previousElementSibling?.querySelector(list)?.append(...goesOn.querySelector(list).children)
    goesOn.remove()
  } else if (event.detail?.ctx?.target?.id === 'offers') {
    const shop = document.querySelector('.shop')
    if (shop.getBoundingClientRect().top < -200) shop.scrollIntoView()
  }
})
