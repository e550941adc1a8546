"""Parts of the OpenAPI document that FastAPI cannot derive: bodies read as bytes, links between calls, image files."""

from typing import Any

from pydantic import BaseModel

from stories.api.wire import ImageFormat

# FastAPI's type for a part of the document.
Piece = dict[str, Any]
Answers = dict[int | str, Piece]

FOLLOW_UPS: Piece = {
    "description": "The story is in the queue.",
    "headers": {
        "Location": {"description": "The path at which the job is polled.", "schema": {"type": "string"}},
        "x-depicta-job-id": {"description": "The job's id, as in the body.", "schema": {"type": "string"}},
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
# A signed URL has exactly these three parameters, each once.
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
    403: {"description": "The signature is wrong or has expired: poll the job again.", "content": _TEXT},
    404: {"description": "The picture does not exist.", "content": _TEXT},
}


def json_body(model: type[BaseModel]) -> Piece:
    """Return the request body of an operation that parses its JSON itself, for `openapi_extra`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(model)}}}}


def image_body(field: str, media_types: list[str]) -> Piece:
    """Return a multipart body with one image, for `openapi_extra`."""
    schema = {"type": "object", "required": [field], "properties": {field: {"type": "string", "format": "binary"}}}
    encoding = {field: {"contentType": ", ".join(media_types)}}
    content = {"multipart/form-data": {"schema": schema, "encoding": encoding}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(model: type[BaseModel]) -> Piece:
    """Return the model's schema with each reference replaced by its definition, because nothing else refers to them."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def resolved(part: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            return resolved(definitions[name]) if name else {key: resolved(value) for key, value in part.items()}
        return [resolved(entry) for entry in part] if isinstance(part, list) else part

    inlined: Piece = resolved(schema)
    return inlined
