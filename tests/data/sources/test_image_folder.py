"""Images from a folder."""

import contextlib
import io
import json
import os
import pickle
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
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


@pytest.mark.parametrize("images", [0, 3])
def test_folder_without_classes_is_refused(tmp_path: Path, images: int) -> None:
    for i in range(images):
        Image.new("L", (4, 4)).save(tmp_path / f"{i}.png")

    received = r"3 images without classes" if images else "no folders"
    with pytest.raises(
        InputError, match=rf"a folder for each class .*FOLDER/CLASS/IMAGE.* received {received}"
    ):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n cut off"])
def test_damaged_images_are_refused_by_name_all_at_once(image_folder: Path, content: bytes) -> None:
    for i in range(7):
        (image_folder / "light" / f"damaged {i}.png").write_bytes(content)

    with pytest.raises(InputError, match=r"7 of 27 cannot be read: ") as refusal:
        load_dataset(str(image_folder))
    message = str(refusal.value)
    assert [f"damaged {i}.png" in message for i in range(7)] == [True] * 5 + [False] * 2
    assert "and 2 more: repair or remove them" in message
    assert "\n" not in message


def test_a_damaged_image_is_found_wherever_it_is(image_folder: Path) -> None:
    path = sorted((image_folder / "light").iterdir())[-1]
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(InputError, match=rf"1 of 20 cannot be read: .*{path.name}"):
        load_dataset(str(image_folder))


def test_what_is_used_and_what_is_skipped_is_counted(image_folder: Path) -> None:
    (image_folder / "light" / "notes.txt").write_text("no image")
    (image_folder / "Thumbs.db").write_text("no image")
    (image_folder / "dark" / ".hidden.png").write_text("no image")
    (image_folder / "__MACOSX").mkdir()
    dataset = load_dataset(str(image_folder))

    assert dataset.notes == (
        "images: 20 images of 2 classes used (dark 10, light 10); "
        "skipped 2 files that are no images: Thumbs.db, notes.txt",
    )


def test_images_beside_the_classes_are_left_out_and_said(image_folder: Path) -> None:
    Image.new("L", (4, 4)).save(image_folder / "loose.png")
    dataset = load_dataset(str(image_folder))

    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 20
    assert dataset.notes[1:] == ("images: left out, since not in the folder of a class: loose.png",)


def test_images_of_sixteen_bits_are_said(image_folder: Path) -> None:
    Image.fromarray(np.full((6, 5), 30_000, np.uint16)).save(image_folder / "dark" / "deep.png")

    assert load_dataset(str(image_folder)).notes[1:] == (
        "images: of 16 bits a pixel the upper 8 are used (images: 1)",
    )


def test_other_kinds_of_images_are_refused(image_folder: Path) -> None:
    (image_folder / "dark" / "photo.heic").write_text("an image, but not for Pillow")

    with pytest.raises(InputError, match=r"received .*photo\.heic: convert"):
        load_dataset(str(image_folder))


def test_folders_below_a_class_belong_to_it(image_folder: Path) -> None:
    deep = image_folder / "light" / "more" / "of it"
    deep.mkdir(parents=True)
    for i in range(10):
        Image.new("L", (5, 6), 200).save(deep / f"{i}.png")
    dataset = load_dataset(str(image_folder))

    assert dataset.class_names == ("dark", "light")
    assert dataset.notes == ("images: 30 images of 2 classes used (dark 10, light 20)",)
    y = np.concatenate([dataset[name].y for name in ("train", "validation", "test")])
    assert np.bincount(y).tolist() == [10, 20]


@pytest.fixture
def splits_folder(tmp_path: Path) -> Path:
    """Folders train (20 images), val (8) and test (6), each with two classes."""
    for split, count, side in (("train", 10, 6), ("val", 4, 9), ("test", 3, 12)):
        for i, name in enumerate(("dark", "light")):
            folder = tmp_path / "photos" / split / name
            folder.mkdir(parents=True)
            for k in range(count):
                Image.new("L", (side, side), 100 * i + k).save(folder / f"{k}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("called", ["val", "valid", "validation", "dev", "Val"])
def test_folders_of_splits_are_splits(splits_folder: Path, called: str) -> None:
    (splits_folder / "val").rename(splits_folder / called)
    dataset = load_dataset(str(splits_folder))

    expected = (("train", "train", 20), ("validation", called, 8), ("test", "test", 6))
    for name, place, count in expected:
        assert len(dataset[name]) == count
        assert all(path.startswith(f"{splits_folder / place}/") for path in dataset[name].x)
    assert dataset.image_shape == (6, 6, 1)  # That of the images that train.
    assert dataset.notes == (
        "photos: 34 images of 2 classes used (dark 17, light 17), "
        f"20 in train, 8 in {called}, 6 in test",
    )


@pytest.mark.parametrize("missing", ["val", "test"])
def test_a_missing_split_is_drawn_from_train(splits_folder: Path, missing: str) -> None:
    shutil.rmtree(splits_folder / missing)
    dataset = load_dataset(str(splits_folder))

    drawn = dataset["validation" if missing == "val" else "test"]
    assert all("/train/" in path for path in drawn.x)
    assert len(drawn) + len(dataset.train) == 20
    assert len(drawn) == 3


def test_train_alone_is_all_there_is(splits_folder: Path) -> None:
    shutil.rmtree(splits_folder / "val")
    shutil.rmtree(splits_folder / "test")

    assert load_dataset(str(splits_folder)).class_names == ("dark", "light")


def test_a_class_that_is_not_in_train_is_refused(splits_folder: Path) -> None:
    (splits_folder / "test" / "light").rename(splits_folder / "test" / "Light")

    with pytest.raises(
        InputError,
        match=r'classes of .*train in .*test \(dark, light\), received Light too.*mean "light"\?',
    ):
        load_dataset(str(splits_folder))


def test_splits_without_folders_of_classes_are_refused(splits_folder: Path) -> None:
    for path in (splits_folder / "test").glob("*/*"):
        path.rename(splits_folder / "test" / f"{path.parent.name}{path.name}")
    for path in (splits_folder / "test").iterdir():
        if path.is_dir():
            path.rmdir()

    with pytest.raises(InputError, match=r"class .* in .*test, received 6 images without classes"):
        load_dataset(str(splits_folder))


def test_folders_of_splits_that_contradict_each_other_are_refused(splits_folder: Path) -> None:
    (splits_folder / "unsorted").mkdir()
    with pytest.raises(InputError, match=r"nothing but the folders of splits .* unsorted too"):
        load_dataset(str(splits_folder))

    (splits_folder / "unsorted").rename(splits_folder / "dev")
    with pytest.raises(InputError, match=r"one folder for the validation split .* dev, val"):
        load_dataset(str(splits_folder))

    (splits_folder / "dev").rmdir()
    shutil.rmtree(splits_folder / "train")
    with pytest.raises(InputError, match=r"a folder train beside test, val"):
        load_dataset(str(splits_folder))


def test_a_class_may_be_called_as_a_split_is(image_folder: Path) -> None:
    (image_folder / "light").rename(image_folder / "test")

    assert load_dataset(str(image_folder)).class_names == ("dark", "test")


def test_names_may_have_any_bytes(image_folder: Path) -> None:
    odd = os.fsdecode(os.fsencode(image_folder) + b"/gr\xfcn")
    (image_folder / "light").rename(odd)
    for path in Path(odd).iterdir():
        path.rename(os.fsdecode(os.fsencode(path.parent) + b"/\xe4" + os.fsencode(path.name)))
    dataset = pickle.loads(pickle.dumps(load_dataset(str(image_folder))))

    assert dataset.class_names == ("dark", r"gr\xfcn")
    assert json.loads(json.dumps(dataset.notes)) == list(dataset.notes)
    assert "\n".join(dataset.notes).encode("utf-8")
    assert dataset.preprocessed("train").x.shape == (14, 6, 5, 1)


def test_images_are_read_while_the_stream_runs(image_folder: Path) -> None:
    """Not before, so that data may be larger than memory."""
    dataset = load_dataset(str(image_folder))
    stream = dataset.stream("test", batch_size=2)
    before = np.concatenate([x for x, _ in stream])
    for path in dataset.test.x:
        Image.new("L", (5, 6), color=255).save(path)
    after = np.concatenate([x for x, _ in stream])

    assert (after > before).all()


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"]
KINDS = {".png": "PNG", ".jpg": "JPEG", ".gif": "GIF", ".bmp": "BMP", ".webp": "WEBP"}
KINDS |= {".tif": "TIFF", ".jfif": "JPEG", ".ppm": "PPM", ".txt": "PNG"}
NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=8)
NAMES |= st.sampled_from([os.fsdecode(b"\xff"), "a\nb", "val", ".git", "%s"])
LAYOUTS = [[""], ["train", "val", "test"], ["train", "test"], ["Train", "dev"]]


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw the ending and the content of a file: mostly an image, some cut off or with noise."""
    ending = draw(st.sampled_from(sorted(KINDS)))
    size = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    file = io.BytesIO()
    try:
        Image.new(draw(st.sampled_from(MODES)), size).save(file, KINDS[ending])
    except (OSError, ValueError):  # Not every kind of file has every mode.
        Image.new("RGB", size).save(file, KINDS[ending])
    content = file.getvalue()
    at = draw(st.integers(0, len(content) - 1))
    damage = draw(st.integers(0, 60))
    if damage == 1:
        content = content[:at]
    elif damage == 2:
        content = content[:at] + draw(st.binary(max_size=20)) + content[at + 5 :]
    return ending, content


@st.composite
def folders(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw what is in a folder: contents by paths."""
    contents = {}
    classes = draw(st.lists(NAMES, min_size=2, max_size=3, unique=True))
    for split in draw(st.sampled_from(LAYOUTS)):
        for name in classes:
            for ending, content in draw(st.lists(files(), min_size=1, max_size=3)):
                below = [*draw(st.lists(NAMES, max_size=1)), draw(NAMES)]
                for i in range(6):
                    path = os.path.normpath(os.path.join(split, name, *below))
                    contents[f"{path}{i}{ending}"] = content
    return contents


@given(folders())
@settings(max_examples=25)
def test_any_folder_gives_a_dataset_or_is_refused(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as place:
        for name, content in contents.items():
            path = Path(place, "in", name)
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        try:
            dataset = load_dataset(place + "/in")
        except InputError as refusal:
            event(" ".join(str(refusal).split()[:4]))
            return
        event("a dataset")
        "".join(dataset.notes + dataset.class_names).encode("utf-8")
        assert dataset.preprocessed("train").x.shape == (len(dataset.train), *dataset.image_shape)
