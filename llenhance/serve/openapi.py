"""What the service offers, as an OpenAPI document (3.1), from the options that are checked."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from llenhance.serve.limits import Limits
from llenhance.serve.options import Look, Named, Options
from llenhance.version import __version__

_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "The bytes of a picture file, as they are.",
    "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "image/*": {"schema": {"type": "string", "format": "binary"}},
    },
}
_NAMED: Final[dict[str, Any]] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}
_SCHEMAS: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457), with a code that does not change.",
        "required": ["type", "title", "status", "detail", "code", "about", "remedy", "facts"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "about": {"type": "string"},
            "remedy": {"type": ["string", "null"]},
            "facts": {"type": "object"},
        },
    },
    "Note": {
        "type": "object",
        "required": ["code", "severity", "text", "remedy", "facts"],
        "properties": {
            "code": {"type": "string"},
            "severity": {"enum": ["warning", "note"]},
            "text": {"type": "string"},
            "remedy": {"type": ["string", "null"]},
            "facts": {"type": "object"},
        },
    },
    "Preview": {
        "type": "object",
        "required": ["id", "width", "height"],
        "properties": {
            "id": {"type": "string"},
            "width": {"type": "integer"},
            "height": {"type": "integer"},
        },
    },
    "Added": {
        "type": "object",
        "required": ["name", "notes"],
        "properties": {
            "name": {"type": "string", "description": "In the archive."},
            "notes": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}},
        },
    },
    "Health": {
        "type": "object",
        "required": ["status", "version", "model", "inside"],
        "properties": {
            "status": {"const": "ok"},
            "version": {"type": "string"},
            "model": {"type": "string"},
            "inside": {"type": "integer", "description": "Pictures that are enhanced, or wait."},
        },
    },
}


def document(limits: Limits, *, needs_token: bool) -> dict[str, Any]:
    """Return the OpenAPI document of a service with these limits."""
    megabytes = limits.body_bytes / 1e6
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "llenhance",
            "version": __version__,
            "description": "Turn dark photographs into well-lit ones. A picture may have up to "
            f"{megabytes:g} MB and {limits.megapixels:g} megapixels.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {"schemas": _SCHEMAS},
    }
    if needs_token:
        made["components"] |= {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        }
        made["security"] = [{"token": []}]
    return made


def _paths() -> dict[str, Any]:
    picture: dict[str, Any] = {"description": "A JPEG file.", "content": {"image/jpeg": {}}}
    return {
        "/enhance": {
            "post": {
                "summary": "Enhance a picture: bytes in, bytes out.",
                "parameters": _query(Options),
                "requestBody": _BODY,
                "responses": {
                    "200": {
                        "description": "The enhanced picture.",
                        "headers": {
                            "Llenhance-Notes": {
                                "description": "What its owner may want to know, in JSON.",
                                "content": {
                                    "application/json": {
                                        "schema": {
                                            "type": "array",
                                            "items": {"$ref": "#/components/schemas/Note"},
                                        }
                                    }
                                },
                            },
                            "Llenhance-Brightness": _number("The constant that made it."),
                            "Llenhance-Mean-Gray": _number("Of the result, 0 to 1."),
                        },
                        "content": {"image/*": {}},
                    },
                    **_failures(400, 408, 413, 415, 422, 503),
                },
            }
        },
        "/previews": {
            "post": {
                "summary": "Send a picture to try looks on a small copy of it.",
                "parameters": _query(Named),
                "requestBody": _BODY,
                "responses": {"201": _json("Preview"), **_failures(400, 408, 413, 415, 422, 503)},
            }
        },
        "/previews/{id}": {
            "delete": {
                "summary": "Let the small copy go.",
                "parameters": [_NAMED],
                "responses": {"204": {"description": "It is gone."}},
            }
        },
        "/previews/{id}/before": {
            "get": {
                "summary": "The small copy as it is.",
                "parameters": [_NAMED],
                "responses": {"200": picture, **_failures(404)},
            }
        },
        "/previews/{id}/after": {
            "get": {
                "summary": "The small copy as it would look.",
                "parameters": [_NAMED, *_query(Look)],
                "responses": {
                    "200": picture,
                    "204": {"description": "A later request for this copy has come."},
                    **_failures(400, 404),
                },
            }
        },
        "/archives": {
            "post": {
                "summary": "Begin a zip file of results.",
                "responses": {
                    "201": {
                        "description": "Its name.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id"],
                                    "properties": {"id": {"type": "string"}},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/archives/{id}": {
            "post": {
                "summary": "Enhance a picture, and put the result into the zip file.",
                "parameters": [_NAMED, *_query(Options)],
                "requestBody": _BODY,
                "responses": {
                    "201": _json("Added"),
                    **_failures(400, 404, 408, 409, 413, 415, 422, 503, 507),
                },
            },
            "get": {
                "summary": "Fetch the zip file, which then takes no more pictures.",
                "parameters": [_NAMED],
                "responses": {
                    "200": {"description": "It.", "content": {"application/zip": {}}},
                    **_failures(404),
                },
                "security": [],
            },
            "delete": {
                "summary": "Let the zip file go.",
                "parameters": [_NAMED],
                "responses": {"204": {"description": "It is gone."}},
            },
        },
        "/healthz": {
            "get": {
                "summary": "Whether the service works.",
                "responses": {"200": _json("Health")},
                "security": [],
            }
        },
    }


def _query(kind: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the options of a query as parameters."""
    described = kind.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.get("description", ""),
            "schema": {k: v for k, v in schema.items() if k not in ("title", "description")},
        }
        for name, schema in described.items()
    ]


def _json(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": schema, "content": content}


def _number(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "number"}}


def _failures(*statuses: int) -> dict[str, Any]:
    words = {
        400: "The query is wrong.",
        404: "It is not there, or not any longer.",
        408: "The body came too slowly.",
        409: "The archive was fetched already.",
        413: "The picture is too large.",
        415: "The body is of another kind.",
        422: "It is no picture that can be enhanced.",
        503: "The service is busy: try again after the seconds in Retry-After.",
        507: "There is no room for more.",
    }
    return {str(one): {"description": words[one], "content": _PROBLEM} for one in statuses}
