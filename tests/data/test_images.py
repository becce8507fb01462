"""Files of images as arrays of pixels."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.errors import InputError
from data.images import ENDINGS, decode, find_images, read_image

RAMP = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
LEFT_RED = np.zeros((6, 8, 3), np.uint8)
LEFT_RED[:, :4, 0] = 255


def test_grey_stays_grey_and_channels_are_as_asked(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "grey.png")
    Image.fromarray(LEFT_RED).save(tmp_path / "red.png")

    np.testing.assert_array_equal(read_image(tmp_path / "grey.png")[..., 0], RAMP)
    np.testing.assert_array_equal(read_image(tmp_path / "red.png"), LEFT_RED)
    as_colour = read_image(tmp_path / "grey.png", 3)
    np.testing.assert_array_equal(as_colour, np.repeat(RAMP[..., np.newaxis], 3, axis=2))
    assert read_image(tmp_path / "red.png", 1).shape == (6, 8, 1)


@pytest.mark.parametrize(
    ("ending", "mode"),
    [(ending, mode) for ending in ENDINGS for mode in ("RGB", "L")]
    + [(ending, mode) for ending in (".png", ".gif", ".bmp", ".tif") for mode in ("P", "1")],
)
def test_every_kind_of_file_is_read(tmp_path: Path, ending: str, mode: str) -> None:
    image = Image.fromarray(LEFT_RED).convert(mode)
    image.save(tmp_path / f"a{ending}", "JPEG" if ending == ".jfif" else None)

    pixels = read_image(tmp_path / f"a{ending}", 3).astype(int)
    assert pixels.shape == (6, 8, 3)
    differ = np.abs(pixels - np.asarray(image.convert("RGB")))
    assert differ[:, [0, 1, 6, 7]].max() < 40  # JPEG blurs the edge.


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    deep = RAMP.astype(np.uint16) << 8
    for name in ("a.png", "a.tif", "a.pgm"):
        Image.fromarray(deep).save(tmp_path / name)
        np.testing.assert_array_equal(read_image(tmp_path / name)[..., 0], RAMP)


def test_colours_of_print_are_those_of_the_screen(tmp_path: Path) -> None:
    Image.fromarray(LEFT_RED).convert("CMYK").save(tmp_path / "a.jpg", quality=95)

    pixels = read_image(tmp_path / "a.jpg")
    assert pixels[3, 0, 0] > 200
    assert pixels[3, 0, 1:].max() < 60
    assert pixels[3, 7].max() < 60


BLACK_ON_NOTHING = {
    "RGBA": [(0, 0, 0, 255), (0, 0, 0, 0)],
    "LA": [(0, 255), (0, 0)],
    "P": [0, 1],
    "L": [0, 9],
    "RGB": [(0, 0, 0), (9, 9, 9)],
}


@pytest.mark.parametrize("mode", BLACK_ON_NOTHING)
def test_what_is_transparent_shows_a_white_ground(tmp_path: Path, mode: str) -> None:
    black, nothing = BLACK_ON_NOTHING[mode]
    image = Image.new(mode, (4, 4), nothing)
    if mode == "P":
        image.putpalette([0, 0, 0, 9, 9, 9])
    image.putpixel((0, 0), black)
    image.save(tmp_path / "a.png", transparency=None if "A" in mode else nothing)

    pixels = read_image(tmp_path / "a.png")
    assert pixels.shape[2] == (1 if mode in ("L", "LA") else 3)
    assert pixels[3, 3].min() == 255
    assert pixels[0, 0].max() == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_images_are_turned_as_the_camera_was_held(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # A quarter turn to the right shows it upright.
    Image.fromarray(LEFT_RED).save(tmp_path / "a", kind, exif=exif)

    pixels = read_image(tmp_path / "a")
    assert pixels.shape == (8, 6, 3)
    assert pixels[0, 3, 0] > 200  # What was on the left is above.
    assert pixels[7, 3, 0] < 60


def test_a_damaged_note_on_the_camera_is_no_damaged_image(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "a.jpg", exif=b"Exif\0\0no note at all")

    assert read_image(tmp_path / "a.jpg").shape == (6, 8, 1)


def test_of_several_frames_the_first_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    assert read_image(tmp_path / "a.gif")[0, 0].tolist() == [255, 0, 0]


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no image"),
        (b"<html>not found</html>", "no image"),
        (png(RAMP)[:-30], "truncated|broken"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "no image"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "a.png").write_bytes(content)

    with pytest.raises(InputError, match=rf'a\.png" cannot be read: .*({reason})'):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("pixels", "reason"), [(RAMP / np.float32(48), "fractions"), (RAMP.astype("int32") << 9, "32")]
)
def test_pixels_that_are_no_colours_are_refused(
    tmp_path: Path, pixels: np.ndarray, reason: str
) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.tif")

    with pytest.raises(InputError, match=f"cannot be read: pixels .*{reason}"):
        read_image(tmp_path / "a.tif")


def test_a_pipeline_reads_the_same_whatever_bytes_a_name_has(tmp_path: Path) -> None:
    import tensorflow as tf

    path = os.fsencode(tmp_path) + b"/gr\xfcn.png"
    Image.fromarray(LEFT_RED).save(os.fsdecode(path))
    images = tf.data.Dataset.from_tensors(path).map(lambda one: decode(one, 3))

    assert images.element_spec.shape.as_list() == [None, None, 3]
    for image in images:
        np.testing.assert_array_equal(image, read_image(os.fsdecode(path)))
    (tmp_path / "bad").write_bytes(b"")
    with pytest.raises(InputError, match=r"gr\\xfcn\.jpg"):
        read_image(os.fsdecode(path).replace("png", "jpg"))


def test_images_are_found_at_any_depth_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = ["b.PNG", "a/2.jfif", "a/deep/er/1.webp", "a/note.txt", ".hidden/x.png", "._b.png"]
    names += ["__MACOSX/x.png", ".DS_Store", "Thumbs.db"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "circle").symlink_to(tmp_path)
    images, others = find_images([tmp_path])

    found = [str(path.relative_to(tmp_path)) for path in images]
    assert found == ["a/2.jfif", "a/deep/er/1.webp", "b.PNG"]
    assert [path.name for path in others] == ["Thumbs.db", "note.txt"]
    # A file that is named is meant.
    assert find_images([tmp_path / "a/note.txt"]) == ([tmp_path / "a/note.txt"], [])


def test_a_missing_path_and_other_kinds_of_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'folder of images, but ".*nowhere" is missing'):
        find_images([tmp_path / "nowhere"])
    for i in range(7):
        (tmp_path / f"{i}.heic").touch()
    with pytest.raises(InputError, match=r"received .*0\.heic, .*4\.heic and 2 more: convert"):
        find_images([tmp_path])
