// The page of a round counts what waits as well, and its button leads to the first stop where something is left to do.
function count(rows) {
  const crates = JSON.parse(document.getElementById('along')?.dataset.crates ?? '{}'), way = document.querySelector('[data-way]')
  let next
  if (rows.length) for (const start of $('.timeline > .now:not([data-at])')) start.className = 'done'
  for (const item of $('[data-at]')) {
    const here = rows.filter(row => row.stop === item.dataset.at), own = { ...crates[item.dataset.at] }
    for (const row of here) if (row.crate in own && /check/.test(row.kind)) own[row.crate] = row.kind === 'check'
    const all = Object.values(own), n = all.filter(Boolean).length, said = item.querySelector('[data-count]')
    said.textContent = said.textContent.replace(/\d+/, n)
    const left = 'left' in item.dataset || here.some(row => row.kind === 'left')
    const done = all.length ? n === all.length : item.classList.contains('done') || left
    item.classList.toggle('done', done)
    if (!done && !left) next ??= item
    if (rows.length) item.classList.toggle('now', item === next)
  }
  if (!way) return
  way.hidden = !next
  if (next) way.href = next.querySelector('a').href
  if (next) way.firstChild.data = way.firstChild.data.replace(/\d+/, parseInt(next.querySelector('a').textContent))
}
