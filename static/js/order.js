// Filling a basket. Plus and minus answer at once. What changed stays on this device until the server has answered for it, so
// that no bad connection, second tab or closed page loses anything. One request at a time, with absolute quantities: a
// repeated one does no harm, and none overtakes another.
const form = document.querySelector('#basket-form')
const buyer = form?.elements.buyer?.value
const $ = (what, within = document) => within.querySelector(what)
if (buyer) fill()

function fill() {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 3 })
  const money = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const euro = cents => '€\u00a0' + money.format(cents / 100)
  const sync = $('#sync'), said = $('#said'), small = $('#bar small'), closes = small.textContent
  const rows = () => form.querySelectorAll('[data-n]')
  const field = row => $('.step input[type=number]', row)
  const shown = input => input.nextElementSibling
  const amount = input => Math.max(0, Number(input.value) || 0)

  // What waits on this device, per buyer and delivery, by offer. In memory where the browser keeps nothing.
  const key = `basket ${buyer} ${form.action}`
  let memory
  const waiting = () => {
    try { return memory ?? JSON.parse(localStorage[key] ?? '{}') } catch { return memory ?? {} }
  }
  const keep = all => {
    try {
      if (Object.keys(all).length) localStorage[key] = JSON.stringify(all)
      else delete localStorage[key]
    } catch { memory = all }
  }
  const many = () => Object.keys(waiting()).length

  function redraw() {
    let { count, cents } = $('#basket-body').dataset
    for (const row of rows()) {
      const input = field(row)
      if (!input) continue
      const now = amount(input), was = Number(shown(input).value)
      if (row.dataset.n !== String(now)) row.dataset.n = now
      count = +count + (now > 0) - (was > 0)
      cents = +cents + Math.round(now * row.dataset.c) - Math.round(was * row.dataset.c)
    }
    for (const total of document.querySelectorAll('[data-total]')) total.textContent = euro(cents)
    $('#bar-count').textContent = number.format(count)
    return sync.dataset.now.replace('{count}', number.format(count)).replace('{total}', euro(cents))
  }

  function say(state, sentence = sync.dataset[state]) {
    const all = waiting(), stuck = state === 'wait' || state === 'out'
    for (const row of rows()) {
      const step = $('.step', row)
      if (stuck && all[row.id.slice(1)] !== undefined) step.dataset.wait = sync.dataset.here
      else delete step?.dataset.wait
    }
    small.textContent = stuck ? sync.dataset.unsent.replace('{number}', many()) : closes
    sync.textContent = sentence
    $('#sign-in').hidden = state !== 'out'
    const aloud = `${sentence} ${redraw()}`
    if (state !== 'saving' && said.textContent !== aloud) said.textContent = aloud
    document.body.dataset.sync = state
  }

  // What is wrong stands beside its product until that is changed again.
  function tell(row, error) {
    $('.error', row)?.remove()
    if (error) ($('th', row) ?? row).append(error)
  }

  function change(input, value) {
    const row = input.closest('[data-n]')
    tell(row)
    input.value = value
    keep({ ...waiting(), [row.id.slice(1)]: input.value })
    redraw()
    say('saving')
    soon()
  }

  let timer, busy = Promise.resolve(), heard = Date.now()
  const soon = () => { clearTimeout(timer); timer = setTimeout(send, 350) }
  const alone = work => navigator.locks ? navigator.locks.request(key, work) : busy = busy.then(work)
  const post = sent => fetch(form.action, {
    method: 'POST',
    headers: { 'HX-Request': 'true', 'X-CSRFToken': form.elements.csrfmiddlewaretoken.value },
    body: new URLSearchParams([['buyer', buyer], ['seen', $('#basket-body').dataset.seen],
      ...Object.entries(sent).map(([offer, value]) => ['q' + offer, value])]),
    keepalive: true,
    signal: AbortSignal.timeout(20000),
  }).then(async answer => ({ status: answer.status, text: await answer.text() })).catch(() => ({}))

  // Whoever signed in again in another tab made the token of this page void; the page as it is now has a new one.
  async function renewed() {
    const page = await fetch(location.href).then(answer => answer.text()).catch(() => '')
    const token = $('#basket-form [name=csrfmiddlewaretoken]', new DOMParser().parseFromString(page, 'text/html'))
    if (token) form.elements.csrfmiddlewaretoken.value = token.value
    return token
  }

  const send = look => alone(async () => {
    const sent = waiting()
    if (!look && !Object.keys(sent).length) return
    if (document.body.dataset.sync !== 'wait') say('saving')
    let { status, text } = await post(sent)
    if (status === 403 && await renewed()) ({ status, text } = await post(sent))
    const got = document.createElement('template')
    got.innerHTML = status === 200 || status === 422 ? text : ''
    const answered = $('#basket-body', got.content)
    if (answered || status === 409) {
      keep(Object.fromEntries(Object.entries(waiting()).filter(([offer, value]) => sent[offer] !== value)))
      heard = Date.now()
      if (answered) take(got.content, sent)
      say(status !== 200 ? 'refused' : many() ? 'saving' : 'saved', status === 409 ? text : undefined)
    } else if (status === 401 || status === 403) say('out')
    else {
      say('wait')
      clearTimeout(timer)
      timer = setTimeout(send, 10000)
    }
  })

  // The server's word on the basket: rows follow it, but for what was changed meanwhile.
  function take(got, sent) {
    const old = $('#basket-body'), fresh = $('#basket-body', got), at = document.activeElement
    const focused = old.contains(at) && at.id, open = $('details[open]', old)
    old.replaceWith(fresh)
    if (open) $('details', fresh)?.setAttribute('open', '')
    if (focused) document.getElementById(focused)?.focus()
    const all = waiting(), lines = {}
    for (const line of fresh.querySelectorAll('[data-offer]')) lines[line.dataset.offer] = line.dataset.q
    for (const row of rows()) {
      const input = field(row), offer = row.id.slice(1)
      if (!input) continue
      const typing = input === at && input.value !== (sent[offer] ?? shown(input).value)
      shown(input).value = lines[offer] ?? 0
      if (all[offer] === undefined && !typing) input.value = shown(input).value
    }
    for (const error of got.querySelectorAll('.error[data-offer]')) {
      const row = document.getElementById('p' + error.dataset.offer)
      if (row) tell(row, error)
    }
  }

  // What waited on this device when the page was loaded, or on rows that came later.
  function apply() {
    const all = waiting()
    for (const row of rows()) {
      const input = field(row), value = all[row.id.slice(1)]
      if (input && value !== undefined) input.value = value
    }
    redraw()
  }

  form.addEventListener('click', event => {
    const button = event.target.closest('.step button')
    if (!button) return
    event.preventDefault()
    const input = $('input', button.parentElement), steps = amount(input) / input.step
    const next = button.name === 'plus' ? Math.floor(steps + 1e-6) + 1 : Math.max(0, Math.ceil(steps - 1e-6) - 1)
    change(input, Number((next * input.step).toFixed(3)))
  })
  form.addEventListener('input', redraw)
  form.addEventListener('change', event => {
    if (!event.target.matches('.step input[type=number]')) return
    if (!event.target.validity.badInput) return change(event.target, event.target.value)
    event.target.value = shown(event.target).value
    redraw()
    const error = document.createElement('p')
    error.className = 'error'
    error.textContent = sync.dataset.number
    tell(event.target.closest('[data-n]'), error)
  })
  // Enter means "done", not "press the first button of the form".
  form.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !event.target.matches('.step input')) return
    event.preventDefault()
    event.target.blur()
  })
  // A link waits until what was changed is stored; the summary waits until it is, whatever that takes.
  document.addEventListener('click', async event => {
    const link = event.target.closest('a[href]')
    if (!link || !many() || event.defaultPrevented || event.ctrlKey || event.metaKey || link.getAttribute('href')[0] === '#') return
    event.preventDefault()
    clearTimeout(timer)
    const stored = send()
    if (link.id === 'to-summary') await stored
    else await Promise.race([stored, new Promise(late => setTimeout(late, 1500))])
    if (link.id !== 'to-summary' || !many() && document.body.dataset.sync === 'saved') location.href = link.href
  })
  // A page that comes back hears what is in the basket now, and keeps it.
  const look = () => send(Number($('#basket-body').dataset.count))
  addEventListener('online', look)
  addEventListener('pageshow', event => event.persisted && look())
  document.addEventListener('visibilitychange', () => document.hidden ? send() : Date.now() - heard > 300000 && look())
  document.addEventListener('htmx:after:swap', apply)
  apply()
  send()
}
