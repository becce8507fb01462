"""Images from a folder."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data import load_dataset
from data.errors import InputError
from data.sources import image_folder as source


def test_folders_are_classes_and_images_stay_files(image_folder: Path) -> None:
    dataset = load_dataset(str(image_folder))

    assert dataset.name == "images"
    assert dataset.task == "classification"
    assert dataset.class_names == ("dark", "light")
    assert dataset.image_shape == (6, 5, 1)
    assert all(Path(path).is_file() for path in dataset.train.x)


def test_colour_images_have_three_channels_and_large_ones_are_scaled_down(
    image_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (6, 5)).save(image_folder / "dark" / "colour.jpg")
    monkeypatch.setattr(source, "LARGEST_SIDE", 4)

    assert load_dataset(str(image_folder)).image_shape == (4, 4, 3)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp"])
def test_every_kind_of_file_is_decoded(image_folder: Path, ending: str) -> None:
    for name in ("dark", "light"):
        for path in (image_folder / name).iterdir():
            Image.open(path).convert("RGB").save(path.with_suffix(f".{ending}"))
    dataset = load_dataset(str(image_folder))

    assert dataset.preprocessed("train").x.shape == (len(dataset.train), *dataset.input_shape)


def test_empty_class_is_refused(image_folder: Path) -> None:
    (image_folder / "empty").mkdir()

    with pytest.raises(InputError, match=r"in each class folder .*received none in empty"):
        load_dataset(str(image_folder))


def test_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder for each class"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n cut off"])
def test_damaged_image_is_refused_by_name(image_folder: Path, content: bytes) -> None:
    (image_folder / "dark" / "damaged.png").write_bytes(content)

    with pytest.raises(
        InputError, match=r'1 of 21 cannot be read: ".*damaged\.png" \(no image\)'
    ) as refusal:
        load_dataset(str(image_folder))
    assert "\n" not in str(refusal.value)


def test_other_kinds_of_images_are_refused_and_other_files_ignored(image_folder: Path) -> None:
    (image_folder / "dark" / "notes.txt").write_text("no image")
    (image_folder / "dark" / ".hidden.png").write_text("no image")
    assert len(load_dataset(str(image_folder)).train) == 14

    (image_folder / "dark" / "photo.heic").write_text("an image, but not for Pillow")
    with pytest.raises(InputError, match=r"received .*photo\.heic: convert"):
        load_dataset(str(image_folder))


def test_images_are_read_while_the_stream_runs(image_folder: Path) -> None:
    """Not before, so that data may be larger than memory."""
    dataset = load_dataset(str(image_folder))
    stream = dataset.stream("test", batch_size=2)
    before = np.concatenate([x for x, _ in stream])
    for path in dataset.test.x:
        Image.new("L", (5, 6), color=255).save(path)
    after = np.concatenate([x for x, _ in stream])

    assert (after > before).all()
