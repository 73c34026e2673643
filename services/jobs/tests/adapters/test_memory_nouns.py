from __future__ import annotations

import pytest
from jobs_emails_contract import EmailsContract
from jobs_exports_contract import ExportsContract
from jobs_purges_contract import PurgesContract
from jobs_schedules_contract import SchedulesContract
from jobs_tenants_contract import TenantsContract

from common.clock import SystemClock
from jobs.adapters.memory_store import MemoryStore
from jobs.ports.store import Store


class _OnMemory:
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(clock=SystemClock())


class TestMemorySchedules(_OnMemory, SchedulesContract):
    pass


class TestMemoryTenants(_OnMemory, TenantsContract):
    pass


class TestMemoryEmails(_OnMemory, EmailsContract):
    pass


class TestMemoryPurges(_OnMemory, PurgesContract):
    pass


class TestMemoryExports(_OnMemory, ExportsContract):
    pass
