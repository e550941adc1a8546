"""What says that something is the studio's work and not the paid service's: a header and a line in each image."""

STUDIO_HEADER = "X-Depicta-Studio"
"""On every answer, with the studio's version."""

IMAGE_MARK = "Drawn by the depicta-stories studio, offline and at no cost; not made by the Depicta service"
"""In the metadata of every image; the pixels do not show it."""
