"""Make PNG pictures smaller without a visible change."""

from io import BytesIO

from PIL import Image, ImageChops, ImageStat

# Of 255: below what an eye sees in a plot's lines and flat areas.
LARGEST_CHANGE, MEAN_CHANGE = 24, 0.6


def smaller_png(png: bytes) -> bytes:
    """Return the smallest of the picture: as it is, packed, or with a palette where nobody sees it.

    Raises ``PIL.UnidentifiedImageError`` for bytes that are no picture.
    """
    image = Image.open(BytesIO(png)).convert("RGBA")
    if image.getextrema()[3] == (255, 255):
        image = image.convert("RGB")
    candidates = [png, _packed(image)]
    palette = image.quantize(256, dither=Image.Dither.NONE)
    change = ImageChops.difference(image, palette.convert(image.mode))
    largest = max(high for _, high in ImageStat.Stat(change).extrema)
    if largest <= LARGEST_CHANGE and max(ImageStat.Stat(change).mean) <= MEAN_CHANGE:
        candidates.append(_packed(palette))
    return min(candidates, key=len)


def _packed(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
