"""A TCP proxy on loopback that can be slow, cut connections, swallow what it gets, or refuse; changed while traffic runs.

It lives in a thread with a loop of its own: whatever blocks the tests' loop does not hold up the traffic.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias, assert_never, cast

from harness import processes

_CALL_S: Final = 10.0
_PAUSE_READING_BYTES: Final = 256 * 1024
"""A side that takes no more makes the other one wait, as a network does."""
_APART_S: Final = 1e-5
"""The loop does not promise the order of what is due at the same moment."""
_RST: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends a reset in place of a proper end."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Everything goes through."""


@dataclass(frozen=True, kw_only=True)
class Slow:
    """Each piece arrives `latency_s` later, and at most `bytes_per_s` go each way of a connection."""

    latency_s: float = 0.0
    bytes_per_s: float = float("inf")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Each connection is reset, at both ends, when `after_bytes` more have gone through it, whichever way they went."""

    after_bytes: int


@dataclass(frozen=True, kw_only=True)
class HalfOpen:
    """The other end seems to be there: connections are taken, what is sent is swallowed, nothing ever comes back."""


@dataclass(frozen=True, kw_only=True)
class Refuse:
    """Nobody listens, and what was open is reset."""


Mode: TypeAlias = Pass | Slow | Cut | HalfOpen | Refuse
PASS: Final = Pass()


class FaultProxy:
    """Carries connections from `port` to a target; a context manager. What `set` is given holds for open and new connections.

    Connections that lost bytes are reset by the next change of mode: TCP has no way to go on after that.
    """

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._mode: Mode = PASS
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)

    @property
    def mode(self) -> Mode:
        """What happens to the traffic just now."""
        return self._mode

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._links)

    def set(self, mode: Mode) -> None:
        """Begins a fault, or ends it with `PASS`. Returns when it holds."""
        self._call(lambda: self._change(mode))

    def point_to(self, target_port: int) -> None:
        """New connections go there: the target was started again on another port."""
        self._target_port = target_port

    def start(self) -> Self:
        """Listens."""
        self._thread.start()
        self._call(self._listen)
        return self

    def close(self) -> None:
        """Ends all connections, and the thread."""
        if not self._thread.is_alive():
            return
        self._call(self._shut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_S)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, work: Callable[[], Any]) -> None:
        """Runs `work` in the proxy's thread, and waits."""

        async def run() -> None:
            result = work()
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(_CALL_S)

    async def _listen(self) -> None:
        self._listener = _bound(self.port or processes.free_port())
        self.port = self._listener.getsockname()[1]
        self._server = await self._loop.create_server(lambda: _Near(self), sock=self._listener)

    async def _change(self, mode: Mode) -> None:
        refused = isinstance(self._mode, Refuse)
        self._mode = mode
        if isinstance(mode, Refuse):
            if not refused:
                self._stop_listening()
            for link in list(self._links):
                link.reset()
            return
        if refused:
            assert self._listener is not None
            self._listener.close()
            await self._listen()
        for link in list(self._links):
            link.change(mode)

    def _stop_listening(self) -> None:
        assert self._server is not None
        self._server.close()
        # Bound and not listening: connections are refused, and nobody else takes the port meanwhile.
        self._listener = _bound(self.port)

    def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._listener is not None:
            self._listener.close()
        for link in list(self._links):
            link.reset()

    def opened(self, near: asyncio.Transport) -> _Link:
        """A client has connected."""
        link = _Link(near, loop=self._loop, mode=self._mode, forget=self._links.discard)
        self._links.add(link)
        if not isinstance(self._mode, HalfOpen):
            link.connect(self._target_port)
        return link


class _Link:
    """One connection: the client's side (near) and the target's (far)."""

    def __init__(
        self,
        near: asyncio.Transport,
        *,
        loop: asyncio.AbstractEventLoop,
        mode: Mode,
        forget: Callable[[_Link], None],
    ) -> None:
        self._loop = loop
        self._mode = mode
        self._forget = forget
        self._sides: dict[Literal["near", "far"], asyncio.Transport] = {"near": near}
        self._early: list[bytes] = []
        self._left = mode.after_bytes if isinstance(mode, Cut) else 0
        self._lost_bytes = isinstance(mode, HalfOpen)
        self._free_at = {"near": 0.0, "far": 0.0}
        self._last_at = {"near": 0.0, "far": 0.0}
        self._connecting: asyncio.Task[None] | None = None
        self._over = False

    def connect(self, port: int) -> None:
        """Connects to the target; what the client says meanwhile is kept."""
        self._connecting = self._loop.create_task(self._connect(port))

    async def _connect(self, port: int) -> None:
        try:
            far, _ = await self._loop.create_connection(lambda: _Far(self), "127.0.0.1", port)
        except OSError:
            self.reset()
            return
        if self._over:
            far.abort()
            return
        self._sides["far"] = far
        early, self._early = self._early, []
        for data in early:
            self._write("far", data)

    def change(self, mode: Mode) -> None:
        """Another mode holds from now on."""
        if self._lost_bytes:
            self.reset()
            return
        self._mode = mode
        if isinstance(mode, Cut):
            self._left = mode.after_bytes

    def carry(self, to: Literal["near", "far"], data: bytes) -> None:
        """Brings what one side said to the other."""
        if self._over:
            return
        mode = self._mode
        match mode:
            case HalfOpen():
                self._lost_bytes = True
            case Cut() if len(data) >= self._left:
                self._deliver(to, data[: self._left])
                # What was written goes into the kernel's hands first; nothing follows it.
                self._mode = HalfOpen()
                self._loop.call_later(0.002, self.reset)
            case Cut():
                self._left -= len(data)
                self._deliver(to, data)
            case Slow():
                self._deliver(to, data, latency_s=mode.latency_s, takes_s=len(data) / mode.bytes_per_s)
            case Pass() | Refuse():
                self._deliver(to, data)
            case _:
                assert_never(mode)

    def _deliver(
        self, to: Literal["near", "far"], data: bytes, *, latency_s: float = 0.0, takes_s: float = 0.0
    ) -> None:
        """Writes it in its time, and never before what came earlier."""
        now = self._loop.time()
        self._free_at[to] = max(now, self._free_at[to]) + takes_s
        at = max(self._free_at[to] + latency_s, self._last_at[to] + _APART_S)
        if at <= now + _APART_S:
            self._write(to, data)
        else:
            self._last_at[to] = at
            self._loop.call_at(at, self._write, to, data)

    def _write(self, to: Literal["near", "far"], data: bytes) -> None:
        side = self._sides.get(to)
        if side is None:
            if not self._over:
                self._early.append(data)
        elif not side.is_closing():
            side.write(data)

    def throttle(self, side: Literal["near", "far"], *, full: bool) -> None:
        """A side's buffer is full, or not any more: the other one is read, or not."""
        other = self._sides.get("far" if side == "near" else "near")
        if other is not None and not other.is_closing():
            if full:
                other.pause_reading()
            else:
                other.resume_reading()

    def ended(self, side: Literal["near", "far"], error: Exception | None) -> None:
        """One side is gone. While bytes are swallowed, the other doesn't hear of it."""
        if self._over:
            return
        if isinstance(self._mode, HalfOpen):
            self._lost_bytes = True
            self._sides.pop(side, None)
            if not self._sides:
                self._finish(reset=False)
            return
        self._finish(reset=error is not None)

    def reset(self) -> None:
        """RST at both ends."""
        self._finish(reset=True)

    def _finish(self, *, reset: bool) -> None:
        if self._over:
            return
        self._over = True
        self._forget(self)
        if (
            self._connecting is not None
            and not self._connecting.done()
            and self._connecting is not asyncio.current_task()
        ):
            self._connecting.cancel()
        for side in self._sides.values():
            if not reset:
                side.close()
                continue
            connection = cast("socket.socket | None", side.get_extra_info("socket"))
            if connection is not None and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            side.abort()


class _Near(asyncio.Protocol):
    """The client's side."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy
        self._link: _Link | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        near = cast("asyncio.Transport", transport)
        near.set_write_buffer_limits(high=_PAUSE_READING_BYTES)
        self._link = self._proxy.opened(near)

    def data_received(self, data: bytes) -> None:
        assert self._link is not None
        self._link.carry("far", data)

    def connection_lost(self, exc: Exception | None) -> None:
        assert self._link is not None
        self._link.ended("near", exc)

    def pause_writing(self) -> None:
        assert self._link is not None
        self._link.throttle("near", full=True)

    def resume_writing(self) -> None:
        assert self._link is not None
        self._link.throttle("near", full=False)


class _Far(asyncio.Protocol):
    """The target's side."""

    def __init__(self, link: _Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).set_write_buffer_limits(high=_PAUSE_READING_BYTES)

    def data_received(self, data: bytes) -> None:
        self._link.carry("near", data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.ended("far", exc)

    def pause_writing(self) -> None:
        self._link.throttle("far", full=True)

    def resume_writing(self) -> None:
        self._link.throttle("far", full=False)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound
