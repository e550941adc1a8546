"""What the OpenAPI document needs and FastAPI cannot see: bodies read as bytes, and what follows which call."""

from typing import Any

from pydantic import BaseModel

from stories.api.wire import ImageFormat

# FastAPI's type for a piece of the document.
Piece = dict[str, Any]
Answers = dict[int | str, Piece]

FOLLOW_UPS: Piece = {
    "description": "The story is in the queue.",
    "headers": {
        "Location": {"description": "Where the job is polled.", "schema": {"type": "string"}},
        "x-depicta-job-id": {"description": "The job's id once more.", "schema": {"type": "string"}},
    },
    "links": {
        "poll": {"operationId": "poll_story", "parameters": {"job_id": "$response.body#/job_id"}},
        "look": {"operationId": "look_at_job", "parameters": {"job_id": "$response.body#/job_id"}},
    },
}
LISTED: Piece = {
    "description": "The listing.",
    "links": {"look": {"operationId": "look_at_job", "parameters": {"job_id": "$response.body#/generations/0/job_id"}}},
}
# No other parameter may stand beside these three, nor one of them twice.
SIGNED_QUERY: Piece = {
    "parameters": [
        {"name": name, "in": "query", "required": True, "schema": {"type": "string", "pattern": pattern}}
        for name, pattern in (("exp", "^[0-9]{1,12}$"), ("kid", "^[0-9a-f]{8}$"), ("sig", "^[0-9a-f]{64}$"))
    ]
}
_TEXT: Piece = {"text/plain": {"schema": {"type": "string"}}}
IMAGE_ANSWERS: Answers = {
    200: {
        "description": "The file, byte for byte the same each time.",
        "content": {known.mime_type: {"schema": {"type": "string", "format": "binary"}} for known in ImageFormat},
    },
    403: {"description": "The signature is not good, or has expired: poll the job again.", "content": _TEXT},
    404: {"description": "There is no such picture.", "content": _TEXT},
}


def json_body(model: type[BaseModel]) -> Piece:
    """The request body of an operation that reads its JSON itself, for `openapi_extra`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(model)}}}}


def image_body(field: str, media_types: list[str]) -> Piece:
    """A multipart body with one image, for `openapi_extra`."""
    schema = {"type": "object", "required": [field], "properties": {field: {"type": "string", "format": "binary"}}}
    encoding = {field: {"contentType": ", ".join(media_types)}}
    content = {"multipart/form-data": {"schema": schema, "encoding": encoding}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(model: type[BaseModel]) -> Piece:
    """The model's schema with each definition in the place of its reference: the document has no other use for them."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def resolved(part: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            return resolved(definitions[name]) if name else {key: resolved(value) for key, value in part.items()}
        return [resolved(entry) for entry in part] if isinstance(part, list) else part

    inlined: Piece = resolved(schema)
    return inlined
