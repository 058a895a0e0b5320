// A chosen photo, shown in its place before it is sent; one that is too large is said at once, not after minutes of sending.
const card = document.querySelector(".product-photo")
const field = card?.querySelector("input[type=file]")

field?.addEventListener("change", () => {
  const file = field.files[0]
  const large = file?.size > Number(card.dataset.most)
  card.querySelector("[data-large]").hidden = !large
  if (large) field.value = ""
  if (large || !file?.type.startsWith("image/")) return
  const reader = new FileReader()
  reader.addEventListener("load", () => {
    const image = new Image()
    image.src = reader.result
    image.alt = ""
    card.querySelector(".tile").replaceChildren(image)
  })
  reader.readAsDataURL(file)
})
