"""Lists: pages, filters and order from the query string, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from allonova.adapters.http.fields import Day, Instant, Searched
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort

MAX_PAGE = 1_000_000
MAX_PARTS = 50
DATED = ("date_from", "date_to")
SEARCH = "q"
FROM_HINT = "A day (`2026-03-29`) from its beginning, or an instant, included."
TO_HINT = "A day (`2026-03-29`), included, or an instant, excluded."


class Paging(BaseModel):
    """The query string of a list; unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    page: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    sort: Annotated[str, Field(max_length=200)] = ""


def read_query[M: BaseModel](model: type[M], pairs: Iterable[tuple[str, str]]) -> M:
    """The query string as a model. `seats>=2` arrives as the key `seats>`; a client that encodes it, as `seats>=`."""
    values: dict[str, str] = {}
    for key, value in pairs:
        name = key.rstrip("=")
        if name in values:
            raise _refused(name, "repeated", "given twice")
        values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError(
            [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors(include_url=False)]
        ) from error


def sort_of(text: str, allowed: Sequence[str]) -> tuple[Sort, ...]:
    """`departure_time,-created_at` over a declared set of fields."""
    order = []
    for part in filter(None, text.split(",")):
        name = part.removeprefix("-")
        if name not in allowed:
            raise _refused("sort", "unknown_field", f"one of {', '.join(allowed)}")
        order.append(Sort(name, descending=part.startswith("-")))
    return tuple(order)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list's declared filters (name → type of its value) and sortable fields, by their names on the wire.

    Filters are `field=value`, `field=in:a,b`, and for those in `ranges` also `field_gte=`, `field_lte=`.

    Args:
        extra: parameters that the route reads by itself.
        nullable: filters of which `field=null` asks for rows where it holds nothing.
        dated: the field that `date_from` and `date_to` are about: a day (the last one included) of the zone that the
            list lives in, or an instant (half-open).
        searched: whether there is a `q`, which filters by the list's condition of that name; an empty one by nothing.
    """

    filters: Mapping[str, Any]
    sortable: Sequence[str]
    ranges: Sequence[str] = ()
    extra: Sequence[str] = ()
    nullable: Sequence[str] = ()
    dated: str | None = None
    searched: bool = False

    def depends(self) -> Any:
        """The dependency that reads a ListQuery."""

        async def read(request: Request) -> ListQuery:
            return self.read(request)

        return Depends(read)

    def read(self, request: Request) -> ListQuery:
        """Raises RequestValidationError for what is not declared."""
        names = self._names()
        values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in values and name in names:
                raise _refused(name, "repeated", "given twice")
            values[name] = value
        own = {*names, *self.extra}
        paging = read_query(Paging, [pair for pair in request.query_params.multi_items() if pair[0] not in own])
        order = sort_of(paging.sort, self.sortable)
        return ListQuery(tuple(self._filters(values)), order, paging.page, paging.page_size)

    def _names(self) -> list[str]:
        ranges = [f"{name}_{op}" for name in self.ranges for op in ("gte", "lte")]
        return [*self.filters, *ranges, *(DATED if self.dated else ()), *([SEARCH] if self.searched else ())]

    def _filters(self, values: Mapping[str, str]) -> Iterator[Filter]:
        yield from self._compared(values)
        for key, of_day, of_instant in (("date_from", Op.FROM_DAY, Op.GTE), ("date_to", Op.TO_DAY, Op.LT)):
            if self.dated and key in values:
                is_instant = "t" in values[key].lower()
                edge = _value(key, Instant if is_instant else Day, values[key])
                yield Filter(self.dated, of_instant if is_instant else of_day, edge)
        if self.searched and SEARCH in values and (words := _value(SEARCH, Searched, values[SEARCH])):
            yield Filter(SEARCH, Op.EQ, words)

    def _compared(self, values: Mapping[str, str]) -> Iterator[Filter]:
        for name, kind in self.filters.items():
            if name in values:
                raw = values[name]
                if raw == "null" and name in self.nullable:
                    yield Filter(name, Op.NULL, None)
                elif raw.startswith("in:"):
                    parts = raw.removeprefix("in:").split(",")
                    if len(parts) > MAX_PARTS:
                        raise _refused(name, "too_many", f"at most {MAX_PARTS}")
                    yield Filter(name, Op.IN, tuple(_value(name, kind, part) for part in parts))
                else:
                    yield Filter(name, Op.EQ, _value(name, kind, raw))
            for op in (Op.GTE, Op.LTE):
                key = f"{name}_{op.value}"
                if name in self.ranges and key in values:
                    yield Filter(name, op, _value(key, kind, values[key]))

    def parameters(self) -> list[dict[str, Any]]:
        """What the OpenAPI says of it."""
        described = [
            _parameter("page", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1}),
            _parameter("page_size", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
            _parameter("sort", {"type": "string", "pattern": _sort_pattern(self.sortable)}),
        ]
        hints = {DATED[0]: FROM_HINT, DATED[1]: TO_HINT, SEARCH: "Case and accents do not count."}
        for name in self._names():
            hint = hints.get(name) or f"`{name}=value` or `{name}=in:a,b`"
            null = f", `{name}=null` for none" if name in self.nullable else ""
            described.append(_parameter(name, {"type": "string"}, hint + null))
        return described


def parameters_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    """What the OpenAPI says of a query string that a model reads. Definitions are put in place: those of a query's
    model are not among the document's components.
    """
    schema = model.model_json_schema(by_alias=True, ref_template="{model}")
    fields = _inlined({"properties": schema["properties"]}, schema.get("$defs", {}))["properties"]
    required = set(schema.get("required", ()))
    return [
        _parameter(name, {key: value for key, value in field.items() if key not in ("description", "title")})
        | {"required": name in required, "description": field.get("description", "")}
        for name, field in fields.items()
    ]


def _inlined(value: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    meant = {**definitions.get(value.get("$ref", ""), {}), **value}
    return {key: _inlined(item, definitions) for key, item in meant.items() if key != "$ref"}


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _sort_pattern(fields: Sequence[str]) -> str:
    one = f"-?({'|'.join(fields)})"
    return f"^({one}(,{one})*)?$"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)  # which costs more than the value does


def _value(name: str, kind: Any, raw: str) -> object:
    try:
        return _adapter(kind).validate_strings(raw)
    except ValidationError as error:
        raise _refused(name, error.errors()[0]["type"], "not a value of this field") from error


def _refused(name: str, code: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": code, "loc": ("query", name), "msg": message}])
