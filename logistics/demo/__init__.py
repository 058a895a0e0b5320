"""The demo network: what a visitor sees first. Built from `data/` by the product's own functions, the same for a seed."""
