"""Square pictures made by doubling: from a smallest map of 4 to 7 pixels, so many times."""

BASES = (4, 5, 6, 7)
SMALLEST, LARGEST = 8, 128
DOUBLINGS = range(1, 6)
SIZES = {base << times: (base, times) for base in BASES for times in DOUBLINGS if base << times <= LARGEST}
"""Sides that can be reached, in pixels, each with its smallest map and how often that is doubled."""


def stages(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """The side of the smallest map, and how often it is doubled. Raises ValueError for a size that can't be reached."""
    height, width, _ = image_shape
    if height == width and height in SIZES:
        return SIZES[height]
    nearest = min(SIZES, key=lambda side: abs(side - max(height or 0, width or 0)))
    there = ", ".join(map(str, sorted(SIZES)))
    told = f"pictures are {height}x{width}, and it makes squares of {there} pixels a side"
    raise ValueError(f"{told}. Set task.image_size: [{nearest}, {nearest}]")
