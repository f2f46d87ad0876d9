"""What does the schema of answer.json say? Printed as JSON Schema 2020-12: ``python -m tundish.documents.schema``."""

from __future__ import annotations

import json
import sys

from tundish.documents.answer import VERSION, AnswerOut


def schema() -> str:
    """The schema of this version as JSON text, as it stands in ``docs/answer.schema.json``."""
    made = AnswerOut.model_json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"answer.json {VERSION}"}
    return json.dumps({**head, **{name: part for name, part in made.items() if name != "title"}}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
