"""The second engine: every template must compile in it and render as it does in MiniJinja, so the way back stays open."""

import functools

import jinja2

from wardline.platform.render import FILTERS, GLOBALS, source_of


@functools.cache
def jinja2_environment() -> jinja2.Environment:
    """The product's filters, globals, escaping and strictness, on Jinja2."""
    twin = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    twin.filters.update(FILTERS)
    twin.globals.update(GLOBALS)
    return twin


def load(name: str) -> str:
    source = source_of(name)
    if source is None:
        raise jinja2.TemplateNotFound(name)
    return source
