"""From the bytes of one picture file to its pixels at a given size."""

import contextlib
import functools
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cil.errors import UserError

# What pictures come as; fewer decoders, fewer ways to be attacked.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
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
            with Image.open(io.BytesIO(content), formats=open_formats()) as picture:
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
        raise UserError(f"{name}: {unreadable(content)}") from None
    except Exception as error:
        # Decoders answer damage with a dozen kinds of exceptions.
        raise UserError(f"{name}: a damaged picture ({error})") from None


def upright_rgb(picture: Image.Image) -> Image.Image:
    """The picture as RGB, turned as its EXIF data says; of 16 bits of grey the upper 8."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # Pillow would make white of all above 255
        values = np.asarray(picture).astype(np.int64)
        if values.min() < 0 or values.max() > 65_535:
            raise ValueError(f"its greys lie between {values.min()} and {values.max()}")
        deep = picture.mode != "I" or values.max() > 255
        picture = Image.fromarray((values >> (8 if deep else 0)).astype(np.uint8))
    elif picture.mode == "F":  # and black of all from 0 to 1
        values = np.asarray(picture)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 255):
            raise ValueError("its values are numbers of other than 0 to 1 or 0 to 255")
        picture = Image.fromarray(np.rint(values * (255 if values.max() <= 1 else 1)).astype("u1"))
    return picture.convert("RGB")


@functools.cache
def open_formats() -> tuple[str, ...]:
    """Those of FORMATS that can be opened here; HEIC with the package pillow-heif alone."""
    with contextlib.suppress(ModuleNotFoundError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def unreadable(content: bytes) -> str:
    """Why what Pillow cannot identify is no picture to us, in words."""
    brand = content[4:12]
    if brand[:4] == b"ftyp":
        heic = brand[4:] in (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc")
        if heic or brand[4:] in (b"avif", b"avis"):
            kind, package = ("HEIC", "pillow-heif") if heic else ("AVIF", "pillow>=11.3")
            return f"unsupported format {kind}; install {package}, or save it as JPEG"
    return (
        f"not a picture; it begins with {content[:16]!r}"
        if content
        else "not a picture; it is empty"
    )


def _fit(picture: Image.Image, side: int) -> np.ndarray:
    # The box filter averages the pixels that fall into one, as Downsampled ImageNet's authors do.
    shrinks = min(picture.size) >= side
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return np.asarray(ImageOps.fit(picture, (side, side), method=method))
