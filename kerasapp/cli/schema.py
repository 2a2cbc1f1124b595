"""`kerasapp schema`."""

from kerasapp.cli._common import Json, print_json


def verb(json: Json = False) -> None:
    """The JSON Schema of recipes, on stdout; name it in a recipe's first line and an editor completes and checks it."""
    from kerasapp.schema import schema

    print_json(schema())
