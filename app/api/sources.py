"""Where adverts come from and how the last pulls, imports and pushes went."""

from __future__ import annotations

from app.api.base import ReadApi, Rows
from app.api.docs import described
from app.models import Source, SourceRun


class SourceApi(ReadApi):
    resource_name = "sources"
    # Neither options nor secrets: an address may carry a key.
    list_columns = ["id", "key", "name", "adapter", "is_enabled", "every_minutes", "health", "errors_in_row",
                    "last_ok_at", "next_pull_at", "covered_until", "created_at"]  # fmt: skip
    show_columns = list_columns
    datamodel = Rows(Source, list_columns)
    class_permission_name = "SourceApi"
    search_columns = ["id", "key", "adapter", "is_enabled", "health"]
    order_columns = ["id", "next_pull_at", "last_ok_at"]


class SourceRunApi(ReadApi):
    resource_name = "source_runs"
    list_columns = ["id", "source_id", "kind", "started_at", "finished_at", "health", "read", "new", "changed",
                    "price_changed", "unchanged", "rejected", "vehicles_new"]  # fmt: skip
    show_columns = [*list_columns, "window_since", "window_until", "rejected_reasons", "missed", "error", "file_name"]
    datamodel = Rows(SourceRun, list_columns)
    class_permission_name = "SourceRunApi"
    names = {"source": ("source_id", "source")}
    search_columns = ["id", "source_id", "kind", "health", "started_at"]
    order_columns = ["id", "started_at"]


described(SourceApi, "Sources")
described(SourceRunApi, "Sources")
