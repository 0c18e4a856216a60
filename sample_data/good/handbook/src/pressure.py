"""From pressure at the bottom to the height of the water above it."""

from __future__ import annotations

STANDARD_GRAVITY = 9.80665
SEA_WATER_KG_M3 = 1025.0


def height_m(bottom_hpa: float, air_hpa: float, density_kg_m3: float = SEA_WATER_KG_M3) -> float:
    """Metres of water over a sensor that reads ``bottom_hpa`` while the air weighs ``air_hpa``.

    The air must be measured, not assumed: a passing low of 30 hPa looks exactly like
    thirty centimetres of water. Raises ValueError where the sensor lies dry.
    """
    if bottom_hpa < air_hpa:
        raise ValueError(f"the sensor reads {bottom_hpa} hPa, less than the air ({air_hpa} hPa): it is dry")
    return (bottom_hpa - air_hpa) * 100.0 / (density_kg_m3 * STANDARD_GRAVITY)
