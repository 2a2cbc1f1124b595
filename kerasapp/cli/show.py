"""`kerasapp show`."""

from kerasapp.cli._common import Json, RecipeName, Settings, load_recipe, print_json


def verb(recipe: RecipeName, settings: Settings = None, json: Json = False) -> None:
    """A recipe with every effective value, and where each comes from: the recipe, --set, or whose default."""
    found = load_recipe(recipe, settings)
    if json:
        print_json(found.values)
        return
    brought = found.brought()
    rows = [(path, value, _origin(path, found, brought)) for path, value in found.flat().items()]
    width = max(len(path) for path, _, _ in rows)
    shown = max(min(len(_text(value)), 44) for _, value, _ in rows)
    print(f"# {found.file}")
    for path, value, origin in rows:
        print(f"{path:{width}}  {_text(value):{shown}}  {origin}")


def _origin(path: str, recipe, brought: dict[str, str]) -> str:
    if any(path == change or path.startswith(f"{change}.") for change in recipe.changes):
        return "--set"
    if path in recipe.given or (path.endswith(".name") and path.removesuffix(".name") in recipe.given):
        return "recipe"
    return f"default of {brought[path]}" if path in brought else "default"


def _text(value: object) -> str:
    from kerasapp.reading import dump

    return dump(value).strip().removesuffix("\n...")
