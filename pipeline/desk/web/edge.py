"""Before the application: the part of the address that a proxy keeps for it, and HEAD."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD = "photoproof.head"  # the key of a scope whose GET was a HEAD


class Edge:
    """Puts every request under one path, and answers HEAD by what GET would say.

    A proxy may send the path as the browser asked for it or with the prefix taken off; the
    application sees it whole, with the prefix as `root_path`, as ASGI wants it.
    """

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        """Stand before `app`; `prefix` is "" or "/one" or "/one/two"."""
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = {**scope, **self._under(scope["path"])}
        if scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", HEAD: True}, receive, without_body)

    def _under(self, path: str) -> dict[str, str]:
        if not self.prefix:
            return {}
        whole = path if (path + "/").startswith(self.prefix + "/") else self.prefix + path
        if whole == self.prefix:  # the queue's address without its last slash
            whole += "/"
        return {"root_path": self.prefix, "path": whole}
