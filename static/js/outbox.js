// What was done on this phone and not yet sent, in IndexedDB; shared by pages and the service worker. Every action carries an
// id of its own: the server stores it once, however often it arrives. It leaves only when the server has answered for it.
self.outbox = (() => {
  let opened
  const open = () => opened ??= new Promise((ok, fail) => {
    const request = indexedDB.open('kouter', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('outbox', { keyPath: 'id' })
    request.onsuccess = () => ok(request.result)
    request.onerror = () => fail(request.error)
  })
  const run = async (mode, work) => {
    const transaction = (await open()).transaction('outbox', mode)
    return new Promise((ok, fail) => {
      const request = work(transaction.objectStore('outbox'))
      transaction.oncomplete = () => ok(request?.result)
      transaction.onerror = transaction.onabort = () => fail(transaction.error)
    })
  }
  const put = (...rows) => run('readwrite', store => { for (const row of rows) store.put(row) })
  const drop = (...ids) => run('readwrite', store => { for (const id of ids) store.delete(id) })
  const all = async () => (await run('readonly', store => store.getAll()))
    .filter(row => row.kind).sort((a, b) => a.happened - b.happened)
  const waits = row => !row.sent && !row.refused
  const ask = (url, options) =>
    fetch(url, { credentials: 'same-origin', signal: AbortSignal.timeout(20000), ...options }).catch(() => null)
  const reason = async answer => (await answer?.json().catch(() => null))?.detail ?? ''

  // At most 100 at a time, and pictures one by one. What is too much at once is halved; what is wrong by itself is refused.
  async function post(url, csrf, rows) {
    const many = rows.findIndex((row, i) => i === 100 || (i && (row.image || rows[i - 1].image)))
    if (many > 0) return await post(url, csrf, rows.slice(0, many)) ?? post(url, csrf, rows.slice(many))
    const clock = await run('readonly', store => store.get('clock'))
    const answer = await ask(url, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf },
      body: JSON.stringify({ person: rows[0].person, now: Date.now(), offset: clock?.offset ?? 0,
        actions: rows.map(({ url, person, said, row, ...action }) => action) }) })
    if (answer?.ok) {
      const { now, offset, answers } = await answer.json()
      const of = Object.fromEntries(answers.map(one => [one.id, one]))
      return put({ id: 'clock', offset }, ...rows.map(({ image, ...row }) =>
        of[row.id].outcome === 'refused' ? { ...row, refused: of[row.id].sentence } : { ...row, sent: now }))
    }
    const why = await reason(answer)
    if (answer?.status !== 413 && answer?.status !== 400) return why
    if (rows.length === 1) return put({ ...rows[0], image: '', refused: why })
    const half = rows.length >> 1
    return await post(url, csrf, rows.slice(0, half)) ?? post(url, csrf, rows.slice(half))
  }

  // One at a time, also between pages and the service worker. Nothing when all is sent, else why not ('': no reception).
  // What `who` did on a round that is there no more is refused.
  const flush = who => navigator.locks.request('outbox', async () => {
    const rows = await all(), todo = rows.filter(waits)
    let why
    for (const url of new Set(todo.map(row => row.url))) {
      const answer = await ask(url)
      if (who && answer?.status === 404) {
        const lost = await reason(answer)
        await put(...todo.filter(row => row.url === url && row.person === who).map(row => ({ ...row, image: '', refused: lost })))
        continue
      }
      const { csrf, person } = answer?.ok ? await answer.json() : {}
      const mine = todo.filter(row => row.url === url && row.person === person)
      why = (csrf ? mine.length ? await post(url, csrf, mine) : undefined : await reason(answer)) ?? why
    }
    await drop(...rows.filter(row => row.sent < Date.now() - 3 * 864e5).map(row => row.id))
    return why
  })
  return { put, drop, all, waits, flush }
})()
