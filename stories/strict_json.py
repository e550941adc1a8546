"""Strict JSON in, canonical JSON out: the one place that turns bytes into documents and documents into an identity."""

import hashlib
import json
from typing import NoReturn

import rfc8785
from pydantic import JsonValue

JsonObject = dict[str, JsonValue]
MAX_DEPTH = 64

_MAX_DIGITS = 400
_SAFE_INTEGER = 2**53 - 1


class JsonDocumentError(ValueError):
    """The bytes are not a JSON document that every reader would understand alike; the text says where and why."""


def parse_json(content: bytes, *, max_bytes: int) -> JsonValue:
    """Parse UTF-8 JSON that has one meaning only.

    A byte-order mark is accepted. Raises `JsonDocumentError` for bytes that are not UTF-8, more than `max_bytes`,
    duplicate keys, NaN and infinities, and nesting deeper than 64: Python's parser accepts the middle three silently
    and dies on the last (measured, fact F10).
    """
    if len(content) > max_bytes:
        raise JsonDocumentError(f"{len(content):,} bytes are more than the {max_bytes:,} allowed")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise JsonDocumentError(f"not UTF-8 (byte {exc.start})") from exc
    if text.count("[") + text.count("{") > MAX_DEPTH:  # few documents, and the scan costs 20 times the parse
        _refuse_deep_nesting(text)
    try:
        document: JsonValue = json.loads(
            text,
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
    except json.JSONDecodeError as exc:
        raise JsonDocumentError(f"line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    return document


def parse_json_object(content: bytes, *, max_bytes: int) -> JsonObject:
    """`parse_json` for a document that has to be an object; raises `JsonDocumentError` when it is something else."""
    document = parse_json(content, max_bytes=max_bytes)
    if not isinstance(document, dict):
        raise JsonDocumentError(f"a JSON object is expected, this is {name_of_type(document)}")
    return document


def canonical_json(document: JsonValue) -> bytes:
    """The one spelling of a document (RFC 8785): equal documents give equal bytes, whatever their key order.

    Raises `JsonDocumentError` for what RFC 8785 cannot spell: integers that no double spells, lone surrogates.
    """
    try:
        return rfc8785.dumps(_with_doubles(document))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as exc:
        raise JsonDocumentError(f"cannot be written as canonical JSON: {exc}") from exc


def sha256_hex(content: bytes) -> str:
    """SHA-256 of the bytes, 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def name_of_type(document: JsonValue) -> str:
    """The type of a value in words that a person reads: `a list`, `an object`."""
    match document:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def _refuse_deep_nesting(text: str) -> None:
    depth, inside_string, escaped = 0, False, False
    for character in text:
        if inside_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside_string = False
        elif character == '"':
            inside_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonDocumentError(f"nested deeper than {MAX_DEPTH}")
        elif character in "]}":
            depth -= 1


def _with_doubles(document: JsonValue) -> JsonValue:
    """The document with the integers as floats that are the canonical spelling of one.

    RFC 8785 spells the float 1e16 as an integer, which its library would refuse to spell again.
    """
    match document:
        case int() if abs(document) > _SAFE_INTEGER and _spells_a_double(document):
            return float(document)
        case list():
            return [_with_doubles(entry) for entry in document]
        case dict():
            return {key: _with_doubles(entry) for key, entry in document.items()}
        case _:
            return document


def _spells_a_double(number: int) -> bool:
    return abs(number) < 10**21 and rfc8785.dumps(float(number)) == str(number).encode()


def _object_without_duplicates(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    document: JsonObject = {}
    for key, value in pairs:
        if key in document:
            raise JsonDocumentError(f"the key {key!r} stands twice in one object")
        document[key] = value
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise JsonDocumentError(f"{name} is not JSON")


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:  # Python refuses to read more than 4,300, with an error of its own
        raise JsonDocumentError(f"a number of {len(text):,} digits is too long")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise JsonDocumentError(f"the number {text} is too large")
    return number
