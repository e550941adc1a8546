"""The pictures of a story and their file names, in URLs and on disk."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from stories.api.wire import ImageFormat

_FILE_NAME = re.compile(r"(scene|character|location)-([0-9]{2,4})\.(png|jpg|webp)")


class Role(StrEnum):
    """The subject of a picture: a scene, or the reference of a character or a location."""

    SCENE = "scene"
    CHARACTER = "character"
    LOCATION = "location"


@dataclass(frozen=True)
class Picture:
    """The picture of one entry of a storyboard; `position` counts from 0, file names from 1."""

    role: Role
    position: int

    @property
    def formats(self) -> tuple[ImageFormat, ...]:
        """Return the formats of its files: all three for a scene, PNG for a reference."""
        return tuple(ImageFormat) if self.role is Role.SCENE else (ImageFormat.PNG,)

    def file_name(self, image_format: ImageFormat) -> str:
        return f"{self.role}-{self.position + 1:02d}.{image_format.extension}"

    @classmethod
    def from_file_name(cls, name: str) -> tuple[Self, ImageFormat] | None:
        """Return the picture and the format of a file name, or None for any other text."""
        match = _FILE_NAME.fullmatch(name)
        if match is None:
            return None
        picture = cls(Role(match[1]), int(match[2]) - 1)
        image_format = next(known for known in ImageFormat if known.extension == match[3])
        spelled_alike = image_format in picture.formats and picture.file_name(image_format) == name
        return (picture, image_format) if spelled_alike else None
