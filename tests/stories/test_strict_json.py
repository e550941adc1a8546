"""A document has one meaning or is refused, and one canonical spelling."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from stories.strict_json import (
    MAX_DEPTH,
    JsonDocumentError,
    canonical_json,
    name_of_type,
    parse_json,
    parse_json_object,
    sha256_hex,
)

LARGE = 1024 * 1024
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=50)
@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_said(document: JsonValue) -> None:
    assert parse_json(json.dumps(document).encode(), max_bytes=LARGE) == document


@settings(deadline=None, max_examples=50)
@given(VALUES)
@example(1e21)
@example(4.418503164517715e16)
def test_a_canonical_spelling_reads_back_to_itself(document: JsonValue) -> None:
    once = canonical_json(document)
    assert canonical_json(parse_json(once, max_bytes=LARGE)) == once


@pytest.mark.parametrize(
    ("content", "document"),
    [
        (b"\xef\xbb\xbf{}", {}),
        (b'\r\n{"a":\t1}\r\n', {"a": 1}),
        (b'{"a": {"k": 1}, "b": {"k": 1}}', {"a": {"k": 1}, "b": {"k": 1}}),
        (b'"[[[[{{{{ \\" ]"', '[[[[{{{{ " ]'),
        (b"1" * 400, int("1" * 400)),
        (b"-0.0", 0.0),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" + b"[]," * 200 + b"[]]", [[]] * 201),
        (b'["' + b"[" * 200 + b'"]', ["[" * 200]),
    ],
)
def test_plain_json_is_read(content: bytes, document: JsonValue) -> None:
    read = parse_json(content, max_bytes=LARGE)
    assert document is None or read == document


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1"),
        (b"{}\n{}", "line 2, column 1"),
        (b"<html>", "line 1"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'{"a": 1, "a": 1}', "'a' stands twice"),
        (b'[{"b": {"a": 1, "a": 2}}]', "'a' stands twice"),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"1e999", "too large"),
        (b"-1e999", "too large"),
        (b"1" * 401, "401 digits"),
        (b"1" * 5000, "5,000 digits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper"),
        (b'{"a":' * 200_000, "nested deeper"),
        (b'["\\"", ' + b"[" * 100, "nested deeper"),
        (b" " * (LARGE + 1), "more than the 1,048,576"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(JsonDocumentError, match=why):
        parse_json(content, max_bytes=LARGE)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"null", "null"),
        (b"true", "a boolean"),
        (b"1", "a number"),
        (b"1.5", "a number"),
        (b'"x"', "a text"),
        (b"[]", "a list"),
    ],
)
def test_an_object_is_asked_for_by_name(content: bytes, kind: str) -> None:
    with pytest.raises(JsonDocumentError, match=f"this is {kind}"):
        parse_json_object(content, max_bytes=LARGE)
    assert parse_json_object(b"{}", max_bytes=LARGE) == {}
    assert name_of_type({}) == "an object"


def test_equal_documents_have_equal_bytes() -> None:
    left = parse_json(b'{"b": 1.0, "a": "\\u00e9"}', max_bytes=LARGE)
    right = parse_json('{"a":"é","b":1}'.encode(), max_bytes=LARGE)
    assert canonical_json(left) == canonical_json(right) == '{"a":"é","b":1}'.encode()
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("number", "spelling"),
    [
        (2**53, b"9007199254740992"),
        (10**16, b"10000000000000000"),
        (1e16, b"10000000000000000"),
        (-(10**20), b"-100000000000000000000"),
        (1e21, b"1e+21"),
        (2**53 - 1, b"9007199254740991"),
        (True, b"true"),
    ],
)
def test_a_number_is_spelled_as_a_double(number: JsonValue, spelling: bytes) -> None:
    assert canonical_json([{"n": number}]) == b'[{"n":' + spelling + b"}]"


@pytest.mark.parametrize(
    "document", [2**53 + 1, [{"a": -(2**53) - 1}], 2**60, 10**21, 10**400, "\ud800", {"\udfff": 1}, [float("inf")]]
)
def test_what_has_no_canonical_spelling_is_refused(document: JsonValue) -> None:
    with pytest.raises(JsonDocumentError, match="canonical"):
        canonical_json(document)
