"""The gate of the operators' HTTP API: who comes in, in which role, and the line that says what they did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Final, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from common.clock import Clock
from common.errors import SuiteError
from common.observability.logs import get_logger
from common.operations.operators import Operator, Operators, Role
from common.operations.reasons import masked
from common.web.problems import Forbidden, TooManyRequests, Unauthorized
from common.web.ratelimit import RateLimiter
from common.web.server import note, route_template

_REALM: Final = 'Bearer realm="operators"'


class NoOperators(SuiteError):
    """This service has no operators."""

    slug: ClassVar[str] = "no-operators"
    status = 404


class Act:
    """One request of one operator. What is told to it stands in the audit line."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.fields: dict[str, object] = {}

    def tell(self, **fields: object) -> None:
        """Adds fields to the audit line: what was acted upon. No personal data."""
        self.fields.update(fields)

    def because(self, reason: str) -> None:
        """Adds the operator's reason, without what looks like a number to call or an address."""
        self.fields["reason"] = masked(reason)


OperatorHandler: TypeAlias = Callable[[web.Request, Act], Awaitable[web.StreamResponse]]


class OperatorGate:
    """Lets operators in. Without a file of tokens there are none, and every path answers 404 `no-operators`."""

    def __init__(self, service: str, operators: Operators | None, *, clock: Clock) -> None:
        self._operators = operators
        self._log = get_logger(service)
        # Only who shows a wrong token is slowed down: nobody can keep an operator out by trying.
        self._strangers = RateLimiter(clock, burst=30, per_second=1.0)

    def guarded(self, role: Role, handler: OperatorHandler, *, action: str = "") -> Handler:
        """A handler for aiohttp that demands the role. With `action` each request leaves an audit line `operator_action`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            act = Act(self.admit(request, role, action=action))
            if not action:
                return _unkept(await handler(request, act))
            response: web.StreamResponse
            try:
                response = await handler(request, act)
            except SuiteError as error:
                self._audit(action, act, outcome=error.slug)
                raise
            except BaseException as error:
                # It may have happened or not: the line says that somebody tried.
                self._audit(action, act, outcome=f"unknown: {type(error).__name__}")
                raise
            self._audit(action, act, outcome="done")
            return _unkept(response)

        return handle

    def admit(self, request: web.Request, role: Role, *, action: str = "") -> Operator:
        """The operator of a request. Raises `NoOperators`, `Unauthorized`, `Forbidden` or `TooManyRequests`."""
        if self._operators is None:
            raise NoOperators("Set OPERATOR_TOKENS_FILE on it.")
        token = _token_in(request)
        if not token:
            raise Unauthorized("Send an operator's token: Authorization: Bearer <token>.", challenge=_REALM)
        operator = self._operators.find(token)
        if operator is None:
            self._log.warning("operator_refused", cause="unknown-token", action=action, path=route_template(request))
            if not self._strangers.allow(request.remote or ""):
                raise TooManyRequests("Too many wrong tokens from here.")
            raise Unauthorized("Nobody has this token.", challenge=f'{_REALM}, error="invalid_token"')
        note(request, operator=operator.name)
        if not operator.may(role):
            self._log.warning(
                "operator_refused",
                cause="role",
                actor=operator.name,
                role=operator.role,
                needed=role,
                action=action,
                path=route_template(request),
            )
            raise Forbidden(
                f"This needs the role {role}; {operator.name} is {operator.role}.",
                challenge=f'{_REALM}, error="insufficient_scope", scope="{role}"',
            )
        return operator

    def _audit(self, action: str, act: Act, *, outcome: str) -> None:
        self._log.info(
            "operator_action",
            action=action,
            actor=act.operator.name,
            role=act.operator.role,
            outcome=outcome,
            **act.fields,
        )


def _token_in(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _unkept(response: web.StreamResponse) -> web.StreamResponse:
    """No cache keeps what operators see."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
