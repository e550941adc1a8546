import pytest

from illustrator.parsing.styles import style_of
from illustrator.scene import Style


@pytest.mark.parametrize("style", Style)
def test_each_style_is_understood_by_its_name(style: Style) -> None:
    assert style_of(style.value) == (style, True)


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("gouache", Style.WATERCOLOR),
        ("classic storybook illustration", Style.WATERCOLOR),
        ("soft pastels", Style.WATERCOLOR),
        ("manga", Style.INK),
        ("pencil sketch", Style.INK),
        ("Japanese woodcut", Style.INK),
        ("ink wash", Style.INK),
        ("8-bit", Style.PIXEL),
        ("retro video game", Style.PIXEL),
        ("Saturday morning cartoon", Style.COMIC),
        ("anime", Style.COMIC),
        ("collage", Style.PAPER_CUT),
        ("layered cut paper", Style.PAPER_CUT),
        ("vector art", Style.FLAT),
        ("bold flat travel poster", Style.FLAT),
        ({"name": "comic", "line": "thick outlines"}, Style.COMIC),
        (["paper", "collage"], Style.PAPER_CUT),
    ],
)
def test_free_words_lead_to_the_nearest_style(words: object, style: Style) -> None:
    assert style_of(words) == (style, True)


@pytest.mark.parametrize("words", [None, "", "xyzzy", 7, {}, ["?"]])
def test_other_words_give_watercolor_and_are_not_understood(words: object) -> None:
    assert style_of(words) == (Style.WATERCOLOR, False)
