"""A likeness by embeddings: the user's own image encoder in an ONNX file, on the CPU (extra `similarity`).

Any encoder works that takes one batch of RGB pictures and gives one vector for each: the vision half of a CLIP, a
DINOv2. None comes with the package: their weights are a hundred times its size and have licences of their own.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from stories.errors import ConfigurationError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
"""Mean and deviation of CLIP's training pictures (Radford et al. 2021, as published with its weights); those of
ImageNet, which DINOv2 and others use, differ in the third digit."""
_USUAL_SIDE = 224
"""Width and height for encoders that take pictures of any size."""
_VECTOR_OUTPUTS = ("image_embeds", "pooler_output")
"""Names of the vector of the whole picture in exports of CLIP, SigLIP and DINOv2."""

_Vector = npt.NDArray[np.float32]


class Embeddings:
    """A `Likeness` by an image encoder; looks of different encoders are not comparable. Thread-safe."""

    def __init__(self, session: "InferenceSession", mark: str) -> None:
        """Use the encoder in this session; `mark` identifies it: a hash of its file."""
        self._session = session
        self._mark = mark
        self._input, self._type, self._size = _input_of(session)
        outputs = [output.name for output in session.get_outputs()]
        self._output = next((it for it in _VECTOR_OUTPUTS if it in outputs), outputs[0])

    def look(self, image: Image.Image) -> str:
        """Return the encoder's mark and the direction of its vector, at half precision in base64."""
        vector = self._encoded(image)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or not length:
            return ""
        return f"{self._mark}:{base64.b64encode((vector / length).astype('<f2').tobytes()).decode()}"

    def of_character(self, reference_look: str, scene_look: str) -> float | None:
        """Return the cosine of both looks, negative ones as 0; None for a look that is not of this encoder.

        It compares the whole scene, not the character alone.
        """
        one, other = self._vector(reference_look), self._vector(scene_look)
        return None if one is None or other is None else _cosine(one, other)

    def of_style(self, look: str, other_looks: Sequence[str]) -> float | None:
        """Return the cosine with the mean of the other looks, negative ones as 0; None without a look to compare."""
        own = self._vector(look)
        found = [vector for other in other_looks if (vector := self._vector(other)) is not None]
        return None if own is None or not found else _cosine(own, np.mean(found, axis=0))

    def _encoded(self, image: Image.Image) -> _Vector:
        """Encode the whole picture, squeezed into the encoder's shape so that nothing at its rim is cut off."""
        small = image.convert("RGB").resize(self._size, Image.Resampling.BICUBIC, reducing_gap=3)
        pixels = (np.asarray(small, dtype=np.float32) / 255 - _MEAN) / _DEVIATION
        batch = pixels.transpose(2, 0, 1)[None].astype(np.float16 if "float16" in self._type else np.float32)
        (found,) = self._session.run([self._output], {self._input: batch})
        vector = np.asarray(found, dtype=np.float32)[0]
        # Of one vector for each token, the first is for the whole picture.
        first: _Vector = vector.reshape(-1, vector.shape[-1])[0]
        return first

    def _vector(self, look: str) -> _Vector | None:
        mark, _, text = look.partition(":")
        if mark != self._mark:
            return None
        try:
            return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f2").astype(np.float32)
        except (binascii.Error, ValueError):
            return None


def read_embeddings(path: Path) -> Embeddings:
    """Read the encoder. Raises `ConfigurationError` for a file that is missing or no encoder, or without the extra."""
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise ConfigurationError("an encoder needs an extra: pip install 'depicta-stories[similarity]'") from exc
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # several images are encoded at the same time already, one for each download
    try:
        with path.open("rb") as file:
            mark = hashlib.file_digest(file, "sha256").hexdigest()[:8]
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except OSError as exc:
        raise ConfigurationError(f"the file cannot be read: {exc.strerror}") from exc
    except Exception as exc:  # the library has many exception classes and no common parent
        raise ConfigurationError(f"onnxruntime cannot read it as an encoder: {exc}") from exc
    return Embeddings(session, mark)


def _input_of(session: "InferenceSession") -> tuple[str, str, tuple[int, int]]:
    """Return name, element type, and (width, height) of the encoder's input; a dimension with a name is free."""
    taken = session.get_inputs()
    _, channels, *size = taken[0].shape if len(taken) == 1 and len(taken[0].shape) == 4 else (None, 0)
    if channels != 3 and not isinstance(channels, str):
        raise ConfigurationError(
            f"it takes {', '.join(f'{it.name} {it.shape}' for it in taken)}: an encoder of images is expected "
            "that takes one batch of shape [n, 3, height, width]; of a CLIP, give the vision half"
        )
    height, width = (it if isinstance(it, int) else _USUAL_SIDE for it in size)
    return taken[0].name, taken[0].type, (width, height)


def _cosine(one: _Vector, other: _Vector) -> float | None:
    if one.shape != other.shape:
        return None
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return max(0.0, min(1.0, float(one @ other) / lengths)) if lengths else None
