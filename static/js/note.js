// The forms of a stop and a point. What was refused is not noted: once, its form has back what was typed, unless more was typed since.
const back = new Set()
function correct(row) {
  const output = document.getElementById(row.row), form = output?.form
  if (!form?.dataset.do) return
  if (output.value === row.said) output.value = output.defaultValue
  if (form.dataset.do !== 'note' || back.has(row.id)) return
  back.add(row.id)
  const fields = [...form.elements].filter(field => /^(text|time|select-one)$/.test(field.type))
  if (fields.some(field => field.value !== (field.defaultValue ?? field.value))) return
  for (const field of fields) field.value = row[field.name] ?? field.value
}

// A photo as the server wants it: at most 1,600 pixels, and small enough to keep here for a day.
async function small(file) {
  const image = await createImageBitmap(file), scale = Math.min(1, 1600 / Math.max(image.width, image.height))
  const canvas = Object.assign(document.createElement('canvas'), { width: image.width * scale, height: image.height * scale })
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/jpeg', .75)
}

async function note(form, how, output) {
  const fields = {}, said = []
  let typed
  try {
    for (const [name, value] of new FormData(form)) {
      const field = form.elements[name]
      if (name === 'csrfmiddlewaretoken' || value === '' || value.size === 0) continue
      fields[name] = value.size ? await small(value) : value
      if (field.type === 'hidden') continue
      typed ||= !field.options
      said.push(field.selectedOptions?.[0].text ?? (value.size ? value.name : value))
    }
  } catch { return void (output.value = unread) }
  if (form.dataset.empty && !typed) return void (output.value = form.dataset.empty)
  const pad = form.querySelector('canvas[data-drawn]')
  if (pad) fields.image = pad.toDataURL()
  const box = how === 'code' && $('[data-code]').find(box => box.dataset.code === fields.code.trim().toUpperCase())
  await act(box ? check(box, true) : { ...fields, row: output.id, said: said.join(' · ') })
  if (box) output.value = box.dataset.said + ' ✓'
  if (box) box.scrollIntoView({ block: 'center' })
  form.reset()
  return how === 'note'
}

document.addEventListener('input', event => {
  const { form, value } = event.target
  if (form?.dataset.do === 'find') {
    const wanted = value.trim().toLowerCase()
    for (const row of $('[data-find]')) {
      row.hidden = wanted !== '' && !row.dataset.find.includes(wanted) && !row.dataset.words.split(' ').includes(wanted)
    }
    const [row, other] = $('[data-find]:not([hidden])')
    for (const none of $('[data-none]')) none.hidden = !!row
    if (value.length > 7 && row && !other) row.querySelector('details').open = true
  }
  const warn = form?.querySelector('[data-warm]')
  if (warn) {
    const { most } = $('[name=storage_class]:not(select), option:checked', form)[0].dataset
    warn.hidden = !(+form.elements.celsius.value.replace(',', '.').replace('−', '-') > +most)
    warn.querySelector('b').textContent = most?.replace('.', ',')
  }
})

for (const pad of $('canvas')) {
  const pen = pad.getContext('2d')
  const clear = () => { pen.fillStyle = '#fff'; pen.fillRect(0, 0, pad.width, pad.height); delete pad.dataset.drawn }
  pad.onpointerdown = pad.onpointermove = event => {
    if (!event.buttons) return
    const at = [event.offsetX * pad.width / pad.clientWidth, event.offsetY * pad.height / pad.clientHeight]
    if (event.type === 'pointerdown') { pen.lineWidth = 3; pen.beginPath(); pen.moveTo(...at) }
    else { pen.lineTo(...at); pen.stroke(); pad.dataset.drawn = 1 }
  }
  pad.closest('form').addEventListener('reset', clear)
  clear()
}
