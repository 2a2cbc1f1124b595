"""Square pictures made by doubling: from a smallest map of 4 to 7 pixels, so many times; small ones from 2 or 3."""

SIZES: dict[int, tuple[int, int]] = {}
"""Sides that can be reached, in pixels, each with its smallest map and how often that is doubled."""
for _base in (4, 5, 6, 7):
    for _times in range(1, 6):
        _halved = _times == 1 and _base % 2 == 0  # one layer each way makes little of a picture
        if _base << _times <= 128:
            SIZES[_base << _times] = (_base // 2, 2) if _halved else (_base, _times)


def stages(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """The side of the smallest map, and how often it is doubled. Raises ValueError for a size that can't be reached."""
    height, width, _ = image_shape
    if height == width and height in SIZES:
        return SIZES[height]
    nearest = min(SIZES, key=lambda side: abs(side - max(height or 0, width or 0)))
    there = ", ".join(map(str, sorted(SIZES)))
    told = f"pictures are {height}x{width}, and it makes squares of {there} pixels a side"
    raise ValueError(f"{told}. Set task.image_size: [{nearest}, {nearest}]")
