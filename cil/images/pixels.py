"""From the bytes of one picture file to its pixels at a given size."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cil.errors import UserError

# What pictures come as; fewer decoders, fewer ways to be attacked.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
RESAMPLING = "shorter side fitted, centre crop; box filter (bicubic where enlarged)"


def load_picture(
    content: bytes, name: str | Path, side: int, original: int | None = None
) -> np.ndarray:
    """The picture in `content` as side×side×3 uint8, its shorter side fitted, its centre kept.

    Files are taken for what they are, whatever their names say (ImageNet has a PNG named .JPEG),
    and greyscale, palette and CMYK pictures become RGB. A picture that says in its EXIF data how
    it was held is turned upright.

    Args:
        name: what to call the picture in an error.
        original: if given, the side that the picture must have before it is resized.

    Raises UserError if the bytes are not a whole picture, or of another size than `original`.
    """
    try:
        with warnings.catch_warnings():
            # Damaged EXIF data, or a palette with transparency, does no harm to the pixels.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                if original and picture.size != (original, original):
                    width, height = picture.size
                    raise UserError(
                        f"{name}: {width}×{height} pixels, expected {original}×{original}"
                    )
                # A JPEG can be decoded at a fraction of its size, in a fraction of the time; from
                # four times the side the pixels hardly differ (from twice: by 6 grey levels).
                picture.draft("RGB", (4 * side, 4 * side))
                return _fit(upright_rgb(picture), side)
    except UserError:
        raise
    except UnidentifiedImageError:
        raise UserError(f"{name}: not a picture; it begins with {content[:16]!r}") from None
    except Exception as error:
        # Decoders answer damage with a dozen kinds of exceptions.
        raise UserError(f"{name}: a damaged picture ({error})") from None


def upright_rgb(picture: Image.Image) -> Image.Image:
    """The picture as RGB, turned as its EXIF data says; of 16 bits of grey the upper 8."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):  # Pillow would make white of all above 255
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    return picture.convert("RGB")


def _fit(picture: Image.Image, side: int) -> np.ndarray:
    # The box filter averages the pixels that fall into one, as Downsampled ImageNet's authors do.
    shrinks = min(picture.size) >= side
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return np.asarray(ImageOps.fit(picture, (side, side), method=method))
