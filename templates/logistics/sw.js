importScripts('{% static "js/outbox.js" %}')
// Keeps the pages of the road on the phone: a round with all its stops as soon as it is opened, or named by the list of rounds
// as what is driven next (`data-whole`), the point a volunteer mans, the picking lists of a farm as soon as its days are looked
// at, and the order with the number and code with which a household collects it. Pages come from the network first and from
// here when it takes longer than three seconds (an order, which its buyer may just have changed, only when there is no
// network); files with a hash in their name from here first. In the place of a page that is not here comes the list of rounds,
// which says so. Who signs out or loses a round leaves nothing behind; what waits in the outbox stays.
const PAGES = 'kouter-pages', FILES = 'kouter-files'
const ROAD = /^\/(rounds\/(\d+\/(\d+\/)?)?|(deliveries|orders)\/\d+\/|farm\/[\w-]+\/harvest\/(\d+\/)?)$/
const STATIC = '{% get_static_prefix %}'
const bare = request => new URL(request.url ?? request, location.origin).pathname

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

// What was kept longest ago makes room.
async function put(cache, key, answer) {
  await cache.put(key, answer)
  for (const old of (await cache.keys()).slice(0, -200)) await cache.delete(old)
}

async function file(url) {
  const cache = await caches.open(FILES), kept = await cache.match(url)
  if (kept) return kept
  const answer = await fetch(url)
  if (answer.ok) await put(cache, url, answer.clone())
  return answer
}

// The page from the network, and its last copy replaced; forgotten when it is not ours (any more).
async function fresh(request) {
  const answer = await fetch(request)
  const cache = await caches.open(PAGES)
  if (answer.type === 'opaqueredirect' || answer.redirected || answer.status === 401) await caches.delete(PAGES)
  else if (answer.status === 403 || answer.status === 404) await cache.delete(bare(request))
  else if (answer.ok && !new URL(answer.url).search) await put(cache, bare(request), answer.clone())
  return answer
}

async function page(request) {
  const slow = new Promise(ok => bare(request).startsWith('/orders/') || setTimeout(ok, 3000))
  const asked = fresh(request)
  asked.catch(() => {})
  const answer = await Promise.race([asked, slow]).catch(() => null)
  if (answer?.status < 500) return answer
  return await caches.match(bare(request), { cacheName: PAGES }) ?? asked.catch(async () =>
    await caches.match('{% url "logistics:my_rounds" %}', { cacheName: PAGES }) ?? Response.error())
}

async function keep(path, whole) {
  const answer = await fresh(new Request(path, { redirect: 'manual', credentials: 'same-origin' }))
  if (!answer.ok) return
  const text = await answer.text()
  const named = [...text.matchAll(/(?:href|src)="([^"#]+)/g)].map(found => found[1])
  await Promise.allSettled([...new Set(named)].map(url =>
    url.startsWith(STATIC) ? file(url)
      : whole && url.startsWith(path) && ROAD.test(url) && url !== path ? keep(url, text.includes(`data-whole href="${url}"`)) : null))
}

self.addEventListener('message', event => {
  const path = event.data
  if (!ROAD.test(path)) return
  const [round] = path.match(/^\/rounds\/\d+\//) ?? [path]
  event.waitUntil(caches.match(round, { cacheName: PAGES }).then(kept => keep(kept ? path : round, true)).catch(() => {}))
})

self.addEventListener('fetch', event => {
  const { request } = event, url = new URL(request.url)
  if (url.origin !== location.origin) return
  if (request.method !== 'GET') return url.pathname.startsWith('/accounts/') && event.waitUntil(caches.delete(PAGES))
  if (url.pathname.startsWith(STATIC)) event.respondWith(file(request.url.split('#')[0]))
  else if (ROAD.test(url.pathname)) event.respondWith(page(request))
})

self.addEventListener('sync', event => {
  if (event.tag === 'outbox') event.waitUntil(outbox.flush().then(why => { if (why !== undefined) throw new Error(why) }))
})
