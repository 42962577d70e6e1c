"""One module per route: `_route` speaks HTTP, `_impl` speaks data. See docs/http_api.md."""
