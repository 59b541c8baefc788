"""Compiled query: a query of a list page whose SQL is written once, not for each visit.

Django takes several times as long to write such a query as PostgreSQL takes to answer it. Only for
queries of which nothing differs but the ids.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connections

if TYPE_CHECKING:
    from django.db.models import QuerySet


class CompiledQuery:
    """The rows of `make(ids)`, a queryset of `values_list` that names the ids once."""

    def __init__(self, make: "Callable[[tuple[int, ...]], QuerySet[Any, Any]]") -> None:
        self.make = make
        self._compile = lru_cache(maxsize=64)(self._compile_for)

    def rows(self, ids: Iterable[int] | None = None) -> list[tuple[Any, ...]]:
        """Run it for these ids, or for none if it names no ids; at most one query."""
        given = tuple(ids) if ids is not None else ()
        if ids is not None and not given:
            return []
        compiler, sql, before, after = self._compile(len(given))
        with connections[compiler.using].cursor() as cursor:
            cursor.execute(sql, (*before, *given, *after))
            return list(compiler.results_iter([cursor.fetchall()], tuple_expected=True))

    def _compile_for(self, count: int) -> tuple[Any, str, tuple[Any, ...], tuple[Any, ...]]:
        """Django's compiler for so many ids, the SQL, and its parameters before and after them."""
        examples = tuple(range(-count, 0))
        queryset = self.make(examples)
        compiler = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        start = parameters.index(-count) if count else len(parameters)
        if tuple(parameters[start : start + count]) != examples:
            raise ValueError("the query must name the ids once, in their order")
        return compiler, sql, tuple(parameters[:start]), tuple(parameters[start + count :])
