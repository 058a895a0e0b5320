"""The coordinator's changes of a plan: what each does to stops, times, versions, and what is refused."""
