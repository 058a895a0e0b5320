"""
How far and how long by road: by the fitted formulas (`formula`), or as a road server tells (`servers`). Knows no Django;
`logistics.roads` chooses between the two and remembers what a server told.
"""

from logistics.distances.formula import Floats, Matrix, Point, haversine, matrix, road_km, road_seconds
from logistics.distances.servers import Server, ask

__all__ = ["Floats", "Matrix", "Point", "Server", "ask", "haversine", "matrix", "road_km", "road_seconds"]
