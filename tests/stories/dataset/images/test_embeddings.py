"""Likeness by an encoder whose vector is the mean colour of each of sixteen fields."""

import sys
import threading
from pathlib import Path

import pytest
from onnx import TensorProto
from PIL import Image

from stories.dataset.images.embeddings import Embeddings
from stories.dataset.images.similarity import likeness_named
from stories.errors import ConfigurationError
from tests.doubles.image_encoder import FIELDS, write_encoder, write_text_encoder
from tests.doubles.pictures import BLUE, GREEN, RED, WHITE
from tests.doubles.pictures import figures_before as picture

ANY_SIZE = ("batch", "num_channels", "height", "width")


@pytest.fixture
def encoder(tmp_path: Path) -> Embeddings:
    return made(write_encoder(tmp_path / "encoder.onnx"))


def made(path: Path) -> Embeddings:
    found = likeness_named(str(path))
    assert isinstance(found, Embeddings)
    return found


def likeness(encoder: Embeddings, one: str, other: str) -> float:
    found = encoder.of_character(one, other)
    assert found is not None
    return found


def test_a_picture_is_most_like_itself_and_the_less_like_others_the_more_they_differ(encoder: Embeddings) -> None:
    mira, same, other = (encoder.look(picture(*colours)) for colours in ((WHITE, RED), (WHITE, RED), (GREEN, BLUE)))
    assert encoder.of_character(mira, same) == pytest.approx(1.0)
    nearly = encoder.look(picture(WHITE, RED, BLUE))
    assert 0 <= likeness(encoder, mira, other) < likeness(encoder, mira, nearly) < 1


def test_a_style_is_measured_by_the_mean_of_the_others(encoder: Embeddings) -> None:
    one, two, odd = (encoder.look(picture(colour)) for colour in (RED, RED, BLUE))
    assert encoder.of_style(one, [two]) == pytest.approx(1.0, abs=1e-3)
    similar, different = encoder.of_style(one, [two, odd]), encoder.of_style(odd, [one, two])
    assert similar is not None
    assert different is not None
    assert different < 0.5 < similar


@pytest.mark.parametrize("look", ["", "zz", "00" * 128, "12345678:AAAA"])
def test_looks_of_other_encoders_and_of_palettes_are_like_nothing(
    encoder: Embeddings, tmp_path: Path, look: str
) -> None:
    there = encoder.look(picture(WHITE, RED))
    other = made(write_encoder(tmp_path / "other.onnx", scale=2.0)).look(picture(WHITE, RED))
    for foreign in (look, other, f"{there[:9]}%%%", f"{there[:9]}AAAA"):
        assert encoder.of_character(foreign, there) is None
        assert encoder.of_style(there, [foreign]) is None
    assert encoder.of_style(there, []) is None


def test_a_look_is_short_and_does_not_change_the_picture(encoder: Embeddings) -> None:
    image = picture(WHITE, RED)
    before = image.tobytes()
    look = encoder.look(image)
    assert image.tobytes() == before
    assert len(look) == len("12345678:") + 4 * -(-FIELDS * 3 * 2 // 3)


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "CMYK", "1"])
def test_a_picture_of_any_mode_and_shape_has_a_look(encoder: Embeddings, mode: str) -> None:
    look = encoder.look(picture(WHITE, RED).resize((300, 100)).convert(mode))
    assert encoder.of_character(look, look) == pytest.approx(1.0)


def test_encoders_of_any_size_are_given_the_usual_one_and_halves_are_halved(tmp_path: Path) -> None:
    free = made(write_encoder(tmp_path / "free.onnx", ANY_SIZE, side=224))
    half = made(write_encoder(tmp_path / "half.onnx", precision=TensorProto.FLOAT16))
    for encoder in (free, half):
        one, other = encoder.look(picture(WHITE, RED)), encoder.look(picture(GREEN, BLUE))
        assert likeness(encoder, one, other) < 0.5 < likeness(encoder, one, one)


def test_one_encoder_serves_many_threads(encoder: Embeddings) -> None:
    pictures = [picture(WHITE, RED), picture(GREEN, BLUE), Image.new("RGB", (64, 64), BLUE)] * 4
    looks: list[str] = [""] * len(pictures)

    def look(number: int) -> None:
        looks[number] = encoder.look(pictures[number])

    threads = [threading.Thread(target=look, args=(number,)) for number in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert looks == [encoder.look(shown) for shown in pictures]


def test_a_file_that_is_no_encoder_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    write_text_encoder(tmp_path / "text.onnx")
    for name, message in {
        "missing.onnx": "No such file",
        "broken.onnx": "onnxruntime cannot read it as an encoder",
        "text.onnx": r"it takes pixels \[1, 77\]: an encoder of images is expected",
    }.items():
        with pytest.raises(ConfigurationError, match=message) as raised:
            likeness_named(str(tmp_path / name))
        assert name in str(raised.value)


@pytest.mark.parametrize("module", ["numpy", "onnxruntime"])
def test_without_the_extra_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.delitem(sys.modules, "stories.dataset.images.embeddings", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=r"pip install 'depicta-stories\[similarity\]'"):
        likeness_named(str(write_encoder(tmp_path / "encoder.onnx")))
